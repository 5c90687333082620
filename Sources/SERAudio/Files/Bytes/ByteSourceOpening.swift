// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

extension ByteSource {
    /// The most bytes that are taken from a pipe, 512 MiB: they are held in memory.
    static let mostSpooledBytes = 1 << 29

    /// The bytes of a regular file or, where `takesPipes`, what a named pipe gives up to its end, which it gives once.
    static func open(_ path: String, takesPipes: Bool) throws(AudioError) -> ByteSource {
        // O_NONBLOCK: opening a pipe to which nobody writes would wait for ever.
        let descriptor = Foundation.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { throw .missing(path: path) }
            throw .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        var status = stat()
        let kind = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : 0
        if kind == S_IFREG, status.st_size > 0 {
            return ByteSource(descriptor: descriptor, count: Int(status.st_size))
        }
        defer { close(descriptor) }
        switch kind {
        case S_IFREG: throw .emptyFile(path: path)
        case S_IFIFO where takesPipes: return try spooling(descriptor, name: path, awaitsWriter: true)
        default: throw .notAFile(path: path)
        }
    }

    /// All that an open descriptor gives, held in memory.
    /// - Parameters:
    ///   - descriptor: Is left open.
    ///   - name: For messages.
    ///   - awaitsWriter: Whether the other end may have to be opened yet, for which half a second is left.
    /// - Throws: ``AudioError/emptyFile(path:)``, ``AudioError/unreadable(path:reason:)``, also where somebody asks to
    ///   stop meanwhile, ``AudioError/endless(path:limit:)``, and ``AudioError/notAFile(path:)`` for a pipe to which
    ///   nobody writes.
    static func spooling(_ descriptor: Int32, name: String, awaitsWriter: Bool) throws(AudioError) -> ByteSource {
        var bytes: [UInt8] = []
        var waits = awaitsWriter ? 50 : 0
        let block = 1 << 16
        while true {
            guard !Interruption.isRequested, !Task.isCancelled else {
                throw .unreadable(path: name, reason: "reading was stopped")
            }
            // In short waits, so that a request to stop is heard while nothing comes.
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, waits > 0 ? 10 : 100)
            if ready < 0, errno == EINTR { continue }
            // Whether anybody writes to a named pipe is told by reading alone.
            if ready == 0, !awaitsWriter { continue }
            let (got, fits) = withUnsafeTemporaryAllocation(byteCount: block, alignment: 16) { space in
                let got = Foundation.read(descriptor, space.baseAddress, block)
                // Looked at before the bytes are taken in: an array that must grow is held twice meanwhile.
                guard got > 0, bytes.count + got <= mostSpooledBytes else { return (got, got <= 0) }
                bytes.append(contentsOf: space.prefix(got))
                return (got, true)
            }
            guard fits else { throw .endless(path: name, limit: mostSpooledBytes) }
            if got > 0 { continue }
            if got < 0, errno == EINTR { continue }
            if got < 0, errno == EAGAIN {
                waits = 0  // somebody has it open
                continue
            }
            if got < 0 { throw .unreadable(path: name, reason: String(cString: strerror(errno))) }
            if !bytes.isEmpty { return ByteSource(bytes) }
            guard waits > 0 else { throw awaitsWriter ? .notAFile(path: name) : .emptyFile(path: name) }
            waits -= 1
            if ready != 0 { usleep(10_000) }
        }
    }
}
