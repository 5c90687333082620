// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// The folder of a cross-validation: `folds/`, in which finished folds are kept, and `results.json`.
///
/// Every file appears whole or not at all.
struct CrossValidationFolder: Sendable {
    /// The version of a kept fold that is written, and the only one that is read.
    private static let version = 3

    private struct Content: Codable {
        var version: Int
        var identity: FoldIdentity
        var fold: CrossValidationResults.Fold
    }

    private let url: URL
    private var folds: URL { url.appendingPathComponent("folds") }

    init(at url: URL) throws(CrossValidationError) {
        self.url = url
        do throws(FileWriteError) {
            try AtomicFile.prepare(folder: url)
            try AtomicFile.prepare(folder: url.appendingPathComponent("folds"))
        } catch { throw .file(error) }
    }

    private func file(of task: CrossValidationPlan.Task) -> URL {
        folds.appendingPathComponent("seed-\(task.seed)-fold-\(task.fold).json")
    }

    /// The result of a fold that an earlier run finished, found to be of this very cross-validation; nil where there is
    /// none.
    func fold(
        of task: CrossValidationPlan.Task, identity: FoldIdentity
    ) throws(CrossValidationError) -> CrossValidationResults.Fold? {
        let file = file(of: task)
        AtomicFile.removeRemains(of: file)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        let content: Content = try ResultsCoding.content(of: file, version: Self.version)
        guard content.identity == identity else {
            throw .differs(path: file.path, differences: identity.differences(from: content.identity))
        }
        return content.fold
    }

    func write(
        _ fold: CrossValidationResults.Fold, of task: CrossValidationPlan.Task, identity: FoldIdentity
    ) throws(CrossValidationError) {
        try write(Content(version: Self.version, identity: identity, fold: fold), to: file(of: task))
    }

    func write(_ results: CrossValidationResults) throws(CrossValidationError) {
        try write(results, to: url.appendingPathComponent("results.json"))
    }

    private func write(_ value: some Encodable, to file: URL) throws(CrossValidationError) {
        let data: Data
        do { data = try ResultsCoding.encoder.encode(value) } catch {
            throw .file(FileWriteError(path: file.path, reason: "\(error)"))
        }
        do throws(FileWriteError) { try AtomicFile.write(data + Data("\n".utf8), to: file) } catch {
            throw .file(error)
        }
    }
}
