// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// The digests of files that were read, for as long as the files stay as they are: to tell whether a file is still the
/// one that a corpus was made of takes a look at its times, and not at its bytes.
enum KnownFiles {
    /// What the system says of a file, and changes when anybody writes to it or puts another in its place.
    private struct Stamp: Equatable {
        let device, inode: UInt64
        let size: Int64
        let modified, changed: Int64  // nanoseconds

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            device = UInt64(truncatingIfNeeded: status.st_dev)
            inode = UInt64(truncatingIfNeeded: status.st_ino)
            size = Int64(status.st_size)
            #if canImport(Darwin)
                let times = (status.st_mtimespec, status.st_ctimespec)
            #else
                let times = (status.st_mtim, status.st_ctim)
            #endif
            modified = Int64(times.0.tv_sec) * 1_000_000_000 + Int64(times.0.tv_nsec)
            changed = Int64(times.1.tv_sec) * 1_000_000_000 + Int64(times.1.tv_nsec)
        }

        /// Whether another change would give other times: of changes that follow at once, they may tell one only. Some
        /// file systems count in steps of two seconds.
        func isSettled(at now: Double) -> Bool { now - Double(max(modified, changed)) * 1e-9 > 3 }
    }

    private struct Entry {
        let stamp: Stamp
        let content: ContentDigest
    }

    private static let known = Mutex<[String: Entry]>([:])

    /// The digest of a regular file's bytes; nil where it cannot be read.
    static func content(of url: URL) -> ContentDigest? {
        let path = url.path
        guard let stamp = Stamp(path) else { return nil }
        if let entry = known.withLock({ $0[path] }), entry.stamp == stamp { return entry.content }
        let now = Date().timeIntervalSince1970
        guard let content = ContentDigest(contentsOf: url) else { return nil }
        if stamp.isSettled(at: now), Stamp(path) == stamp {
            known.withLock { $0[path] = Entry(stamp: stamp, content: content) }
        }
        return content
    }
}
