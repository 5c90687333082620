// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// The folder of a tuning: `trials/`, in which finished rungs and checkpoints are kept, and `results.json`.
struct TuningFolder: Sendable {
    /// A trial's rung as it is kept.
    struct Finished: Codable, Sendable, Equatable {
        var rung: TuningResults.Rung
        /// Clips without features.
        var skipped: [String]
        /// What the score's interval is over.
        var intervalUnit: String?
    }

    private struct Content: KeptContent {
        static let currentVersion = 1
        var version: Int
        var identity: TrialIdentity
        var finished: Finished
    }

    private let kept: KeptWork

    init(at url: URL) throws(ExperimentError) { kept = try KeptWork(at: url, in: "trials") }

    /// Lets another tuning have the folder.
    func unlock() { kept.unlock() }

    private func file(of trial: Int, epochs: Int) -> URL { kept.file("trial-\(trial)-epochs-\(epochs).json") }

    /// Where the training of a trial on a fold (both from 1) keeps what it takes to go on.
    func checkpoint(of trial: Int, fold: Int) -> URL { kept.file("trial-\(trial)-fold-\(fold).checkpoint") }

    /// A rung that an earlier tuning finished, found to be of this very one; nil where there is none.
    func rung(of trial: Int, epochs: Int, identity: TrialIdentity) throws(ExperimentError) -> Finished? {
        let file = file(of: trial, epochs: epochs)
        guard let content: Content = try kept.content(of: file) else { return nil }
        guard content.identity == identity else {
            throw .differs(path: file.path, differences: identity.differences(from: content.identity))
        }
        let rung = content.finished.rung
        guard rung.epochs == epochs, rung.isPossible(folds: identity.trainings.count) else {
            throw .unreadable(path: file.path, reason: "it holds a score that no trial can have")
        }
        return content.finished
    }

    func write(
        _ finished: Finished, of trial: Int, epochs: Int, identity: TrialIdentity
    ) throws(ExperimentError) {
        try kept.write(
            Content(version: Content.currentVersion, identity: identity, finished: finished),
            to: file(of: trial, epochs: epochs))
    }

    func write(_ results: TuningResults) throws(ExperimentError) { try kept.write(results) }
}
