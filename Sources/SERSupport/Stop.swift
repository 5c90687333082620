// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Stops the program with a message on standard error: for a use that no program means, as an array stops it at a wrong
/// index. `preconditionFailure` alone says nothing in optimised builds, and a mistake cannot be found from silence.
@inline(never)
package func stop(_ message: String, file: StaticString = #fileID, line: UInt = #line) -> Never {
    FileHandle.standardError.write(Data("\(file):\(line): Fatal error: \(message)\n".utf8))
    preconditionFailure(message)
}
