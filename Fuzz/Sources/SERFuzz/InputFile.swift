// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The file that the readers are given, rewritten for every input; in memory where the system has such a place.
final class InputFile: Sendable {
    /// The folder, which holds nothing else, and goes when the process ends.
    let folder: URL
    let url: URL

    init(_ name: String) throws {
        let memory = URL(fileURLWithPath: "/dev/shm")
        let exists = FileManager.default.fileExists(atPath: memory.path)
        let place = exists ? memory : FileManager.default.temporaryDirectory
        folder = place.appendingPathComponent("ser-fuzz-\(UUID().uuidString)", isDirectory: true)
        url = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        Cleaning.add(folder)
    }

    /// Fills the file with other bytes.
    func fill(_ bytes: UnsafeRawBufferPointer) {
        let file = open(url.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        defer { close(file) }
        expect(file >= 0 && write(file, bytes.baseAddress, bytes.count) == bytes.count, "the input cannot be written")
    }
}

/// Folders that are removed at the end.
private enum Cleaning {
    private static let lock = NSLock()
    nonisolated(unsafe) private static var folders: [URL] = []

    static func add(_ folder: URL) {
        lock.withLock {
            if folders.isEmpty { atexit { Cleaning.run() } }
            folders.append(folder)
        }
    }

    private static func run() {
        lock.withLock { for folder in folders { try? FileManager.default.removeItem(at: folder) } }
    }
}
