// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// What is kept of finished work in a file of its own, with all that decides what it is.
protocol KeptContent: Codable {
    associatedtype Identity: Equatable
    /// The version that is written, and the only one that is read.
    static var currentVersion: Int { get }
    var version: Int { get }
    var identity: Identity { get }
}

/// A folder of results in which one piece of work at a time keeps what it has finished, so that another goes on from
/// there: a folder for that within it, and `results.json`.
///
/// Every file appears whole or not at all.
struct KeptWork: Sendable {
    private struct Beginning: Decodable { var version: Int }

    private let url, inner: URL
    private let lock: WorkLock

    /// Takes a folder, which is made if it is missing.
    /// - Throws: ``ExperimentError/inUse(path:)`` where others have it.
    init(at url: URL, in name: String) throws(ExperimentError) {
        self.url = url
        inner = url.appendingPathComponent(name)
        do throws(FileWriteError) {
            try AtomicFile.prepare(folder: url)
            try AtomicFile.prepare(folder: inner)
        } catch { throw .file(error) }
        guard let lock = WorkLock(folder: inner) else { throw .inUse(path: url.path) }
        self.lock = lock
    }

    /// Lets others have the folder.
    func unlock() { lock.unlock() }

    /// Where something of this name is kept.
    func file(_ name: String) -> URL { inner.appendingPathComponent(name) }

    /// What a file holds; nil where there is none.
    func content<Content: KeptContent>(of file: URL) throws(ExperimentError) -> Content? {
        AtomicFile.removeRemains(of: file)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        let data: Data
        do throws(FileReadError) { data = try Data(ofFile: file, most: ResultsFile.mostBytes) } catch {
            throw .unreadable(path: file.path, reason: error.reason)
        }
        do {
            let found = try ResultsCoding.decoder.decode(Beginning.self, from: data).version
            guard found == Content.currentVersion else {
                throw ExperimentError.version(path: file.path, found: found, known: Content.currentVersion)
            }
            return try ResultsCoding.decoder.decode(Content.self, from: data)
        } catch let error as ExperimentError { throw error } catch {
            throw .unreadable(path: file.path, reason: ResultsCoding.reason(error, in: data))
        }
    }

    func write(_ content: some KeptContent, to file: URL) throws(ExperimentError) {
        let data: Data
        do { data = try ResultsCoding.encoder.encode(content) } catch {
            throw .file(FileWriteError(path: file.path, reason: "\(error)"))
        }
        do throws(FileWriteError) { try AtomicFile.write(data + Data("\n".utf8), to: file) } catch {
            throw .file(error)
        }
    }

    func write(_ results: some ResultsDocument) throws(ExperimentError) {
        do throws(FileWriteError) { try results.write(to: url.appendingPathComponent("results.json")) } catch {
            throw .file(error)
        }
    }
}
