// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where a program's results and its remarks go. Writing tells of failure, and never ends the program by itself.
package enum StandardStream: Int32, Sendable {
    case output = 1
    case errors = 2

    /// Writes a text at once and whole.
    /// - Returns: The system's number for why that failed, or 0.
    @discardableResult
    package func write(_ text: String) -> Int32 {
        var text = text
        return text.withUTF8 { bytes in
            var written = 0
            while written < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[written...])
                let count = Foundation.write(rawValue, rest.baseAddress, rest.count)
                if count > 0 {
                    written += count
                } else if errno == EAGAIN {
                    var waiting = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
                    poll(&waiting, 1, -1)
                } else if errno != EINTR {
                    return errno
                }
            }
            return 0
        }
    }
}
