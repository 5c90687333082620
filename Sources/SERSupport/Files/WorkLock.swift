// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A folder or a file that one piece of work at a time may use, of this process or another; free again when it is
/// unlocked, the lock is gone or the process has ended, however it did.
package final class WorkLock: Sendable {
    private let descriptor: Int32
    /// The file beside a locked one that stands for it; nil for folders, which are locked themselves.
    private let mark: String?

    /// Takes a folder; nil where somebody else has it. Of file systems that know no locks, every folder is free.
    package init?(folder: URL) {
        let opened = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if opened >= 0, Self.isTaken(opened) {
            close(opened)
            return nil
        }
        descriptor = opened
        mark = nil
    }

    /// Takes a file, whether it is there or not; nil where somebody else has it. The file may be replaced meanwhile, so
    /// another beside it is locked, which is removed at the end. Where that cannot be made, every file is free.
    package init?(file: URL) {
        let target = file.resolvingSymlinksInPath()
        let mark = target.deletingLastPathComponent().appendingPathComponent(".\(target.lastPathComponent).lock").path
        var opened: Int32
        repeat {
            opened = open(mark, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            if opened < 0 { break }
            if Self.isTaken(opened) {
                close(opened)
                return nil
            }
            if Self.stands(opened, at: mark) { break }
            // Whoever had it before has removed it just now: this one locks nothing.
            close(opened)
        } while true
        descriptor = opened
        self.mark = mark
    }

    private static func isTaken(_ descriptor: Int32) -> Bool {
        flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    private static func stands(_ descriptor: Int32, at path: String) -> Bool {
        var own = stat(), named = stat()
        return fstat(descriptor, &own) == 0 && stat(path, &named) == 0 && own.st_ino == named.st_ino
            && own.st_dev == named.st_dev
    }

    /// Lets others have it.
    package func unlock() {
        guard descriptor >= 0 else { return }
        if let mark, Self.stands(descriptor, at: mark), flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(mark) }
        // Closing would not do: a child that is being started holds the descriptor too, until its program runs.
        flock(descriptor, LOCK_UN)
    }

    deinit {
        unlock()
        if descriptor >= 0 { close(descriptor) }
    }
}
