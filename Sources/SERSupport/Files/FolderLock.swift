// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A folder that one piece of work at a time may use, of this process or another; free again when it is unlocked, the
/// lock is gone or the process has ended, however it did.
package final class FolderLock: Sendable {
    private let descriptor: Int32

    /// Takes a folder; nil where somebody else has it. Of file systems that know no locks, every folder is free.
    package init?(_ folder: URL) {
        descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
            close(descriptor)
            return nil
        }
    }

    /// Lets others have the folder.
    package func unlock() {
        // Closing would not do: a child that is being started holds the descriptor too, until its program runs.
        if descriptor >= 0 { flock(descriptor, LOCK_UN) }
    }

    deinit {
        unlock()
        if descriptor >= 0 { close(descriptor) }
    }
}
