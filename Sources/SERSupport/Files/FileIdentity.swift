// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Which file a name leads to, whatever links are on the way: the file system, and the file's number in it.
package struct FileIdentity: Hashable, Sendable {
    private let device, inode: UInt64

    /// The file that is there; nil where there is none.
    package init?(_ url: URL) {
        var status = stat()
        guard stat(url.path, &status) == 0 else { return nil }
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(truncatingIfNeeded: status.st_ino)
    }
}
