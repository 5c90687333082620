// SPDX-License-Identifier: Apache-2.0

import SERModels

/// What networks reached over one split or over folds: the contents of `results.json`, with the outputs for every clip
/// that was tested.
public struct ExperimentResults: ResultsDocument {
    public static let kind = ResultsKind.experiment
    public static let currentVersion = 1

    /// How the corpus was cut.
    public struct Cut: Codable, Sendable, Equatable {
        /// The protocol in words, such as `grouped by speaker, 5 folds`.
        public let summary: String
        /// Whether there are folds, so that clips were tested in turn; one split if not.
        public let hasFolds: Bool
        /// What decided that which the cut left to chance; nil for a split that somebody else made.
        public let seed: UInt64?
        /// The share of each class of a fold's rest that validates; nil for a split that somebody else made.
        public let validation: Double?
        /// What validation parts have to themselves; nil for nothing.
        public let validatedBy: Grouping?

        package init(
            summary: String, hasFolds: Bool, seed: UInt64? = nil, validation: Double? = nil,
            validatedBy: Grouping? = nil
        ) {
            self.summary = summary
            self.hasFolds = hasFolds
            self.seed = seed
            self.validation = validation
            self.validatedBy = validatedBy
        }
    }

    /// The parts of one fold; one split is one fold.
    public struct Fold: Codable, Sendable, Equatable {
        /// How it was cut, in words.
        public let name: String
        /// Number of clips of each part.
        public let train, validation, test: Int
        /// What the parts have in common.
        public let audit: SplitAudit
        /// The clips that were tested, in the order of each run's logits; none before the first run of the fold.
        public package(set) var clips: [TestedClip] = []
        /// Clips of any part without features, which were left out.
        public package(set) var skipped: [String] = []

        package init(name: String, train: Int, validation: Int, test: Int, audit: SplitAudit) {
            self.name = name
            self.train = train
            self.validation = validation
            self.test = test
            self.audit = audit
        }
    }

    /// What these results are.
    public let header: ResultsHeader
    /// The name of the corpus; a synthetic corpus is called so.
    public package(set) var corpus: String
    /// Whether its sounds were made by the library's own synthesiser.
    public let synthetic: Bool
    /// The names of the classes.
    public package(set) var labels: [String]
    /// How the corpus was cut.
    public let cut: Cut
    /// The folds' parts, what they share, and the clips that were tested.
    public package(set) var folds: [Fold]
    /// The seeds of the weights and the order of clips; each is a training on each fold.
    public let seeds: [UInt64]
    /// What is compared: the candidates' names, or one name where inner folds choose among them.
    public let networks: [String]
    /// How each candidate was trained.
    public let candidates: [TrainingSettings]
    /// How the inner folds were cut that chose among the candidates, in words; nil where each was tested.
    public let choice: String?
    /// What a reader of the results must know, in sentences.
    public package(set) var warnings: [String]
    /// What is to be known of how the corpus was read, in sentences; nil in results that do not tell.
    public package(set) var remarks: [String]?
    /// Recordings that nobody could listen to in the search for copies; nil where there was no search.
    public let unheard: [UnreadableFile]?
    /// Clips of any part that are longer than the first network hears, with the part that it heard, by their names.
    public package(set) var partlyHeard: [HeardClip] = []
    /// The same of each network, by its name, where they hear clips of different lengths; nil where they do not.
    public package(set) var partlyHeardBy: [String: [HeardClip]]?
    /// The networks' trainings and tests, by network, then by seed, then by fold.
    public package(set) var runs: [Run] = []
    /// The networks that were not trained and tested on every fold with every seed, because somebody stopped it.
    public package(set) var missing: [String]
    /// Measures of the other networks, over all folds.
    public package(set) var summaries: [NetworkSummary] = []
    /// What the networks differ in, as a report tells it; nil before that was computed.
    public var differences: [NetworkDifference]?

    /// Results before the first run.
    package init(
        corpus: String, synthetic: Bool, labels: [String], cut: Cut, folds: [Fold], seeds: [UInt64],
        networks: [String], candidates: [TrainingSettings], choice: String? = nil, unheard: [UnreadableFile]? = nil,
        command: [String]? = nil
    ) {
        header = ResultsHeader(of: Self.self, command: command)
        self.corpus = corpus
        self.synthetic = synthetic
        self.labels = labels
        self.cut = cut
        self.folds = folds
        self.seeds = seeds
        self.networks = networks
        self.candidates = candidates
        self.choice = choice
        self.unheard = unheard
        missing = networks
        var seen = Set<String>()
        warnings = folds.flatMap(\.audit.warnings).filter { seen.insert($0).inserted }
        warnings += [candidates.filter(\.hearsVoices).map(\.name).warningOfHeardVoices].compactMap { $0 }
    }

    /// How many runs there are when nothing is missing.
    public var plannedRuns: Int { networks.count * seeds.count * folds.count }

    /// Whether every network was trained and tested on every fold with every seed.
    public var isComplete: Bool { missing.isEmpty }

    /// Clips of any part of any fold without features, which were left out.
    public var skipped: [String] { Set(folds.flatMap(\.skipped)).sorted() }

    /// Number of clips of all parts of all folds, each once.
    package var clipCount: Int {
        // Folds test all clips in turn, or leave some in every training part, as lists and two corpora do.
        max(folds.reduce(0) { $0 + $1.test }, folds.map { $0.train + $0.validation + $0.test }.max() ?? 0)
    }
}

extension ExperimentResults {
    /// The clips that a run tested or left out otherwise than an earlier run of the same fold, with a network of that
    /// run; nil where all tested the same.
    func misfit(of tested: TestedRun) -> (network: String, clips: [String])? {
        let fold = folds[tested.run.fold - 1]
        guard let earlier = runs.first(where: { $0.fold == tested.run.fold }), fold.clips != tested.clips else {
            return nil
        }
        return (earlier.network, Set(fold.skipped).symmetricDifference(tested.skipped).sorted())
    }

    /// Adds a run at its place; with the last run of a network, its summary.
    package mutating func add(_ tested: TestedRun) throws(EvaluationError) {
        let run = tested.run, fold = run.fold - 1
        folds[fold].clips = tested.clips
        folds[fold].skipped = Set(folds[fold].skipped + tested.skipped).sorted()
        runs.insert(run, at: runs.firstIndex { place(of: $0) > place(of: run) } ?? runs.endIndex)
        hear(tested)
        if let warning = run.divergence(names: self), !warnings.contains(warning) { warnings.append(warning) }
        guard runs.count(where: { $0.network == run.network }) == seeds.count * folds.count else { return }
        let summary = try NetworkSummary(of: run.network, in: self)
        let after = summaries.firstIndex { index(of: $0.network) > index(of: run.network) }
        summaries.insert(summary, at: after ?? summaries.endIndex)
        missing.removeAll { $0 == run.network }
    }

    private func index(of network: String) -> Int { networks.firstIndex(of: network) ?? networks.endIndex }

    private func place(of run: Run) -> Int {
        let seed = seeds.firstIndex(of: run.seed) ?? seeds.endIndex
        return (index(of: run.network) * (seeds.count + 1) + seed) * (folds.count + 1) + run.fold
    }
}
