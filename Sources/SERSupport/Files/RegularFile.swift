// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Why a file could not be read; the message names the path.
package struct FileReadError: Error, Equatable, Sendable, LocalizedError, CustomStringConvertible {
    package let path: String
    /// What the system said, or what stands there in place of a file.
    package let reason: String

    package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    /// What a folder is told by, so that others can say what to name instead.
    package static let folder = "it is a folder, not a file"
    /// What a file is told by that holds more than was to be read.
    package static func tooLarge(most: Int) -> String { "it holds more than \(most) bytes" }

    init(path: String, code: Int32) { self.init(path: path, reason: String(cString: strerror(code))) }

    package var description: String { "\(path): cannot be read (\(reason))" }
    package var errorDescription: String? { description }
}

/// A file that is open for reading, and no pipe, device or folder: what is none of a corpus or of results is told when
/// it is opened, and never waited for.
package final class RegularFile {
    private let descriptor: Int32
    private let path: String
    /// Bytes, as far as the system tells.
    private let size: Int

    /// Opens a file.
    /// - Parameter takesPipes: Whether a pipe or device may stand there, which is waited for.
    package init(_ path: String, takesPipes: Bool = false) throws(FileReadError) {
        // O_NONBLOCK: opening a pipe to which nobody writes would wait for ever.
        let opened = open(path, O_RDONLY | O_CLOEXEC | (takesPipes ? 0 : O_NONBLOCK))
        guard opened >= 0 else {
            throw errno == ENOENT || errno == ENOTDIR
                ? FileReadError(path: path, reason: "there is no such file") : FileReadError(path: path, code: errno)
        }
        var status = stat()
        guard fstat(opened, &status) == 0 else {
            let code = errno
            close(opened)
            throw FileReadError(path: path, code: code)
        }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG || takesPipes && kind != S_IFDIR else {
            close(opened)
            throw FileReadError(path: path, reason: kind == S_IFDIR ? FileReadError.folder : "it is not a regular file")
        }
        descriptor = opened
        size = Int(status.st_size)
        self.path = path
    }

    deinit { close(descriptor) }

    /// Reads to the end, at most a megabyte at a time.
    package func forEachPiece(
        _ body: (UnsafeRawBufferPointer) throws(FileReadError) -> Void
    ) throws(FileReadError) {
        let space = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { space.deallocate() }
        while true {
            let count = read(descriptor, space.baseAddress, space.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileReadError(path: path, code: errno) }
            guard count > 0 else { return }
            try body(UnsafeRawBufferPointer(rebasing: space[..<count]))
        }
    }

    /// All of the file, where it has no more than so many bytes; whatever size the system tells, no more is held.
    package func contents(most: Int) throws(FileReadError) -> Data {
        func tooLarge() -> FileReadError { FileReadError(path: path, reason: FileReadError.tooLarge(most: most)) }
        guard size <= most else { throw tooLarge() }
        var data = Data()
        try forEachPiece { (piece) throws(FileReadError) in
            guard data.count + piece.count <= most else { throw tooLarge() }
            data.append(contentsOf: piece)
        }
        return data
    }
}

extension Data {
    /// All of a regular file, where it has no more than so many bytes.
    package init(
        ofFile url: URL, most: Int, takesPipes: Bool = false
    ) throws(FileReadError) {
        self = try RegularFile(url.path, takesPipes: takesPipes).contents(most: most)
    }
}
