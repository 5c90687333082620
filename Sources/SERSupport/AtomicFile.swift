import Foundation

/// Why a file could not be written; the message names the path.
public struct FileWriteError: Error, Equatable, Sendable, LocalizedError, CustomStringConvertible {
    /// The file or folder.
    public let path: String
    /// What the system said.
    public let reason: String

    package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    init(path: String, code: Int32) { self.init(path: path, reason: String(cString: strerror(code))) }

    public var description: String {
        "\(path): cannot be written (\(reason)); check the folder, its permissions and the space left"
    }

    public var errorDescription: String? { description }
}

/// Files that are written whole or not at all.
package enum AtomicFile {
    /// Writes `data` to a temporary file in the same folder, then gives it the name of `url` in one step.
    ///
    /// A device or a pipe is written to directly. On failure the temporary file is removed and what stood at `url`
    /// stays as it was.
    package static func write(_ data: Data, to url: URL) throws(FileWriteError) {
        switch kind(of: url.path) {
        case S_IFDIR: throw FileWriteError(path: url.path, reason: "a folder has that name")
        case nil, S_IFREG: try replace(url.resolvingSymlinksInPath(), with: data, named: url.path)
        default: try fill(url.path, with: data, flags: O_WRONLY, named: url.path)
        }
    }

    /// Makes sure that files can be written in a folder, which is made if it is missing, before hours of work are spent.
    package static func prepare(folder url: URL) throws(FileWriteError) {
        if let kind = kind(of: url.path), kind != S_IFDIR {
            throw FileWriteError(path: url.path, reason: "it is a file, not a folder")
        }
        try makeFolder(url)
        let probe = temporary(beside: url.appendingPathComponent("probe"))
        defer { unlink(probe) }
        try fill(probe, with: Data(), flags: O_WRONLY | O_CREAT | O_EXCL, named: url.path)
    }

    /// Makes sure that a file can be written, before hours of work are spent.
    package static func prepare(file url: URL) throws(FileWriteError) {
        guard kind(of: url.path) != S_IFDIR else {
            throw FileWriteError(path: url.path, reason: "a folder has that name")
        }
        try prepare(folder: url.deletingLastPathComponent())
    }

    private static func replace(_ target: URL, with data: Data, named name: String) throws(FileWriteError) {
        let part = temporary(beside: target)
        do throws(FileWriteError) {
            try fill(part, with: data, flags: O_WRONLY | O_CREAT | O_EXCL, named: name)
            guard rename(part, target.path) == 0 else { throw FileWriteError(path: name, code: errno) }
        } catch {
            unlink(part)
            throw error
        }
    }

    private static func fill(
        _ path: String, with data: Data, flags: Int32, named name: String
    ) throws(FileWriteError) {
        let file = open(path, flags, 0o666)
        guard file >= 0 else { throw FileWriteError(path: name, code: errno) }
        var failure: Int32 = 0
        data.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count, failure == 0 {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
                let count = Foundation.write(file, rest.baseAddress, rest.count)
                if count > 0 {
                    written += count
                } else if errno != EINTR {
                    failure = errno
                }
            }
        }
        if close(file) != 0, failure == 0 { failure = errno }
        guard failure == 0 else { throw FileWriteError(path: name, code: failure) }
    }

    private static func temporary(beside url: URL) -> String {
        // Short, so that a name near the longest allowed still has room.
        let name = ".\(url.lastPathComponent.prefix(40)).\(UUID().uuidString.prefix(8)).part"
        return url.deletingLastPathComponent().appendingPathComponent(name).path
    }

    private static func kind(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    private static func makeFolder(_ url: URL) throws(FileWriteError) {
        guard kind(of: url.path) == nil, mkdir(url.path, 0o777) != 0, errno != EEXIST else { return }
        let parent = url.deletingLastPathComponent()
        guard errno == ENOENT, parent.path != url.path, kind(of: parent.path) == nil else {
            throw FileWriteError(path: url.path, code: errno)
        }
        try makeFolder(parent)
        guard mkdir(url.path, 0o777) == 0 || errno == EEXIST else { throw FileWriteError(path: url.path, code: errno) }
    }
}
