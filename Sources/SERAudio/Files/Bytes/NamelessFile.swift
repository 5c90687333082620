// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A temporary file without a name: it vanishes with its last descriptor, whatever becomes of the program.
final class NamelessFile {
    private var descriptor: Int32
    private var bytes = 0
    /// The system's number for why it takes no more; 0 while it does.
    private(set) var failure: Int32 = 0

    init() throws(FFmpegFailure) {
        let path = TemporaryCopy.newPath
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .noRoom(reason: String(cString: strerror(errno))) }
        unlink(path)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Adds bytes; false where they cannot be kept.
    func append(_ piece: UnsafeRawBufferPointer) -> Bool {
        failure = writeAll(piece, to: descriptor)
        bytes += piece.count
        return failure == 0
    }

    /// The bytes, which are an AU file that a program wrote without going back: the length is put into its header. Nil
    /// where there is no sound. The file is another's then.
    func soundOfAU() throws(FFmpegFailure) -> ByteSource? {
        var header = [UInt8](repeating: 0, count: 8)
        guard pread(descriptor, &header, 8, 0) == 8 else { return nil }
        let start = header[4...].reduce(0) { $0 << 8 | Int($1) }
        guard header.starts(with: ".snd".utf8), bytes > start, let length = UInt32(exactly: bytes - start) else {
            return nil
        }
        var field = length.bigEndian
        guard pwrite(descriptor, &field, 4, 8) == 4 else {
            throw .noRoom(reason: String(cString: strerror(errno)))
        }
        defer { descriptor = -1 }
        return ByteSource(descriptor: descriptor, count: bytes)
    }
}

/// Bytes in memory as a temporary file, for as long as this lives.
final class TemporaryCopy {
    let path: String

    static var newPath: String {
        FileManager.default.temporaryDirectory.appendingPathComponent("ser.\(UUID().uuidString)").path
    }

    init(of source: ByteSource) throws(FFmpegFailure) {
        path = Self.newPath
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .noRoom(reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        let bytes = source.bytes(at: 0, count: source.count) ?? []
        let code = bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
        guard code == 0 else {
            unlink(path)
            throw .noRoom(reason: String(cString: strerror(code)))
        }
    }

    deinit { unlink(path) }
}

/// Writes bytes to a descriptor, and answers the system's number for why that failed, or 0.
private func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
    var written = 0
    while written < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
        let count = write(descriptor, rest.baseAddress, rest.count)
        if count > 0 {
            written += count
        } else if errno != EINTR {
            return errno
        }
    }
    return 0
}
