// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels

/// What a ``Tuning`` found: every trial with its settings and scores, and what the settings decided. None of it is of the
/// test part.
public struct TuningResults: ResultsDocument {
    public static let kind = ResultsKind.tuning
    public static let currentVersion = 1

    /// What these results are.
    public let header: ResultsHeader
    /// The corpus's name.
    public let corpus: String
    /// Whether its recordings are made up.
    public let synthetic: Bool
    /// The classes.
    public let labels: [String]
    /// How trials are trained and scored, in words.
    public let cut: String
    /// Whether scores are means over inner folds.
    public let hasFolds: Bool
    /// What each trial is trained on, chooses its best epoch by, and is scored by: one, or one for each inner fold.
    public let parts: [Part]
    /// What settings are drawn from.
    public let space: SearchSpace
    /// Decides what is drawn, the weights, and the order of clips.
    public let seed: UInt64
    /// The epochs after which trials are compared; the last is the whole training.
    public let rungs: [Int]
    /// One of so many goes on from each rung.
    public let reduction: Int
    /// How many trials were to be drawn.
    public let plannedTrials: Int
    /// Whether all of them were trained as far as they come.
    public internal(set) var isComplete = false
    /// The trials that have finished the first rung, in the order of their numbers.
    public internal(set) var trials: [Trial] = []
    /// What the settings decided, the most important first; empty with few trials.
    public internal(set) var importance: [SettingImportance] = []
    /// What an interval of a score is over: `speakers`, `clips` or `folds`.
    public internal(set) var intervalUnit: String?
    /// How the best trial was trained; nil before there is one.
    public internal(set) var training: TrainingSettings?
    /// What a reader must know, in sentences.
    public let warnings: [String]
    /// Clips without features, which were left out.
    public internal(set) var skipped: [String] = []
    /// The command that trains with the best settings and tests it; nil where a program of its own tuned.
    public package(set) var next: [String]?

    enum CodingKeys: String, CodingKey {
        case header, corpus, synthetic, labels, cut, hasFolds, parts, space, seed, rungs, reduction, plannedTrials
        case isComplete, trials, importance, intervalUnit, training, warnings, skipped, next
    }

    /// How many clips a trial is trained on, chooses its best epoch by, and is scored by, and how many speakers those are.
    public struct Part: Codable, Sendable, Equatable {
        /// Numbers of clips.
        public let train, validation, scored: Int
        /// The speakers of the clips that score; nil where some are not known.
        public let scoredSpeakers: Int?
    }

    /// Settings that were drawn together, and what came of them.
    public struct Trial: Codable, Sendable, Equatable {
        /// The number, from 1.
        public let number: Int
        /// What it drew.
        public let settings: DrawnSettings
        /// What it gave after each rung that it has reached, in order.
        public internal(set) var rungs: [Rung]

        /// What it gave after the last rung that it has reached.
        public var last: Rung? { rungs.last }

        fileprivate func isBetter(than other: Trial) -> Bool {
            if rungs.count != other.rungs.count { return rungs.count > other.rungs.count }
            let scores = (last?.score ?? -1, other.last?.score ?? -1)
            return scores.0 == scores.1 ? number < other.number : scores.0 > scores.1
        }
    }

    /// A trial after some epochs.
    public struct Rung: Codable, Sendable, Equatable {
        /// The epochs.
        public let epochs: Int
        /// UAR of the clips that score, by the weights of the best epoch so far; the mean over folds. nil where a training
        /// diverged in its first epoch.
        public let score: Double?
        /// Its 95 % interval; nil where there is none.
        public let interval: ConfidenceInterval?
        /// The UAR of each fold.
        public let foldScores: [Double]
        /// The best epoch of each fold's training, from 1.
        public let bestEpochs: [Int]
        /// The epoch in which a training diverged, from 1; such a trial goes no further.
        public let divergedInEpoch: Int?
        /// Duration of all its trainings from their beginning, in seconds.
        public let seconds: Double
    }

    /// The trials, the best first: those that came farther, then those with a higher score, of equals the earlier.
    public var ranked: [Trial] {
        trials.sorted { $0.isBetter(than: $1) }
    }

    /// The best trial; nil where none has a score.
    public var best: Trial? { ranked.first { $0.last?.score != nil && $0.last?.divergedInEpoch == nil } }

    init(of plan: TuningPlan) {
        let settings = plan.settings, data = settings.data
        header = ResultsHeader(of: Self.self, command: settings.command)
        corpus = data.corpus.name
        synthetic = data.corpus.isSynthetic
        labels = data.corpus.labels
        cut = data.summary
        hasFolds = data.hasFolds
        parts = data.splits.map { split in
            let scored = data.scored(split), speakers = scored.clips.map { $0.identity(by: .speaker) }
            return Part(
                train: split.train.count, validation: split.validation.count, scored: scored.count,
                scoredSpeakers: speakers.contains(nil) ? nil : Set(speakers).count)
        }
        space = settings.space
        seed = settings.seed
        rungs = settings.rungs
        reduction = settings.reduction
        plannedTrials = settings.trials
        warnings = plan.warnings
    }

    /// Adds what a training gave.
    mutating func add(_ rung: Rung, of job: SuccessiveHalving.Job, settings: DrawnSettings) {
        if let place = trials.firstIndex(where: { $0.number == job.trial }) {
            trials[place].rungs.append(rung)
        } else {
            trials.append(Trial(number: job.trial, settings: settings, rungs: [rung]))
        }
    }
}
