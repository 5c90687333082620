// SPDX-License-Identifier: Apache-2.0

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

/// Files that are written whole or not at all, and are on the disk when the writing returns.
package enum AtomicFile {
    /// Whether a file that was written survives that the power fails.
    package enum Durability: Sendable {
        /// The bytes and the name are flushed to the disk before the writing returns.
        case flushed
        /// The system writes them when it likes; a file of this name may then be empty after a power cut. For files by
        /// the thousand that can be made again.
        case unflushed
    }

    /// A file being written. After a failure it takes no more; the failure is told at the end.
    package final class Output {
        private let descriptor: Int32
        private let calls: FileCalls
        fileprivate var failure: Int32 = 0

        fileprivate init(_ descriptor: Int32, _ calls: FileCalls) {
            self.descriptor = descriptor
            self.calls = calls
        }

        /// Adds bytes at the end.
        package func append(_ bytes: UnsafeRawBufferPointer) {
            var written = 0
            while written < bytes.count, failure == 0 {
                let count = calls.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[written...]))
                if count > 0 {
                    written += count
                } else if errno != EINTR {
                    failure = errno
                }
            }
        }
    }

    /// Writes `data` to a temporary file in the same folder, flushes it to the disk, gives it the name of `url` in one
    /// step, and flushes the folder: after a power cut there is the old file or the new one, and the new one from the
    /// moment on that this returns.
    ///
    /// A device or a pipe is written to directly. On failure the temporary file is removed and what stood at `url`
    /// stays as it was.
    package static func write(
        _ data: Data, to url: URL, _ durability: Durability = .flushed, calls: FileCalls = .system
    ) throws(FileWriteError) {
        try write(to: url, durability, calls: calls) { output in data.withUnsafeBytes { output.append($0) } }
    }

    /// The same for what `body` writes piece by piece, so that large files need not be put together in memory.
    package static func write(
        to url: URL, _ durability: Durability = .flushed, calls: FileCalls = .system, _ body: (Output) -> Void
    ) throws(FileWriteError) {
        switch kind(of: url.path) {
        case S_IFDIR: throw FileWriteError(path: url.path, reason: "a folder has that name")
        case nil, S_IFREG: try replace(url.resolvingSymlinksInPath(), named: url.path, durability, calls, body)
        default: try fill(url.path, flags: O_WRONLY, named: url.path, .unflushed, calls, body)
        }
    }

    /// Removes the temporary files that writers of `url` left when they were killed. None may be at work.
    package static func removeRemains(of url: URL) {
        let folder = url.deletingLastPathComponent()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let prefix = ".\(url.lastPathComponent.prefix(40))."
        for name in names where name.hasPrefix(prefix) && name.hasSuffix(".part") && name.count == prefix.count + 13 {
            unlink(folder.appendingPathComponent(name).path)
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
        try fill(probe, flags: O_WRONLY | O_CREAT | O_EXCL, named: url.path, .unflushed, .system) { _ in }
    }

    /// Makes sure that a file can be written, before hours of work are spent.
    package static func prepare(file url: URL) throws(FileWriteError) {
        guard kind(of: url.path) != S_IFDIR else {
            throw FileWriteError(path: url.path, reason: "a folder has that name")
        }
        try prepare(folder: url.deletingLastPathComponent())
    }

    private static func replace(
        _ target: URL, named name: String, _ durability: Durability, _ calls: FileCalls, _ body: (Output) -> Void
    ) throws(FileWriteError) {
        let part = temporary(beside: target)
        do throws(FileWriteError) {
            try fill(part, flags: O_WRONLY | O_CREAT | O_EXCL, named: name, durability, calls, body)
            guard calls.rename(part, target.path) == 0 else { throw FileWriteError(path: name, code: errno) }
        } catch {
            _ = calls.remove(part)
            throw error
        }
        if durability == .flushed { try flushNames(in: target.deletingLastPathComponent(), named: name, calls) }
    }

    private static func fill(
        _ path: String, flags: Int32, named name: String, _ durability: Durability, _ calls: FileCalls,
        _ body: (Output) -> Void
    ) throws(FileWriteError) {
        let file = calls.open(path, flags)
        guard file >= 0 else { throw FileWriteError(path: name, code: errno) }
        let output = Output(file, calls)
        body(output)
        var failure = output.failure
        if failure == 0, durability == .flushed { failure = flush(file, calls) }
        if calls.close(file) != 0, failure == 0 { failure = errno }
        guard failure == 0 else { throw FileWriteError(path: name, code: failure) }
    }

    /// The error of flushing, or 0; file systems that know no flushing have nothing to flush.
    private static func flush(_ file: Int32, _ calls: FileCalls) -> Int32 {
        while calls.flush(file) != 0 {
            if errno == EINTR { continue }
            return [EINVAL, ENOTSUP, ENOSYS].contains(errno) ? 0 : errno
        }
        return 0
    }

    /// Brings the names in a folder to the disk; a folder that may be written to and not be read cannot be flushed.
    private static func flushNames(in folder: URL, named name: String, _ calls: FileCalls) throws(FileWriteError) {
        let descriptor = calls.open(folder.path, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else {
            if errno == EACCES { return }
            throw FileWriteError(path: name, code: errno)
        }
        let failure = flush(descriptor, calls)
        _ = calls.close(descriptor)
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
        guard kind(of: url.path) == nil else { return }
        let parent = url.deletingLastPathComponent()
        guard mkdir(url.path, 0o777) != 0 else { return try flushNames(in: parent, named: url.path, .system) }
        if errno == EEXIST { return }
        guard errno == ENOENT, parent.path != url.path, kind(of: parent.path) == nil else {
            throw FileWriteError(path: url.path, code: errno)
        }
        try makeFolder(parent)
        guard mkdir(url.path, 0o777) == 0 || errno == EEXIST else { throw FileWriteError(path: url.path, code: errno) }
        try flushNames(in: parent, named: url.path, .system)
    }
}
