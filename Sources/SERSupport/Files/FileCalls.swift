// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The system's calls that write files, each returning -1 and setting `errno` where it fails.
///
/// Tests put a disk in their place that loses what was not flushed.
package struct FileCalls {
    package var open: (_ path: String, _ flags: Int32) -> Int32
    package var write: (_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int
    /// Returns when what was written to the file, or the names in the folder, are on the disk.
    package var flush: (_ file: Int32) -> Int32
    package var close: (_ file: Int32) -> Int32
    package var rename: (_ from: String, _ to: String) -> Int32
    package var remove: (_ path: String) -> Int32

    package init(
        open: @escaping (_ path: String, _ flags: Int32) -> Int32,
        write: @escaping (_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int,
        flush: @escaping (_ file: Int32) -> Int32, close: @escaping (_ file: Int32) -> Int32,
        rename: @escaping (_ from: String, _ to: String) -> Int32, remove: @escaping (_ path: String) -> Int32
    ) {
        self.open = open
        self.write = write
        self.flush = flush
        self.close = close
        self.rename = rename
        self.remove = remove
    }

    /// Those of the system.
    package static var system: FileCalls {
        FileCalls(
            open: { Foundation.open($0, $1 | O_CLOEXEC, 0o666) },
            write: { Foundation.write($0, $1.baseAddress, $1.count) }, flush: flushed, close: { Foundation.close($0) },
            rename: { Foundation.rename($0, $1) }, remove: { unlink($0) })
    }

    private static func flushed(_ file: Int32) -> Int32 {
        #if canImport(Darwin)
            // fsync leaves the bytes in the drive's cache there; file systems without the stronger call have that one.
            if fcntl(file, F_FULLFSYNC) == 0 { return 0 }
        #endif
        return fsync(file)
    }
}
