// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels
import SERSupport

/// Trains networks on the same parts of a corpus and tests each once: what `ser train` and `ser compare` do.
///
/// ```swift
/// let own = Candidate("own", trainer: Trainer(features: LogMel(.librosa))) { labels, seed in
///     try Model(input: [.time, 128], seed: seed) { GRU(64); Dense(labels.count) }
/// }
/// let results = try Comparison([own, Architecture.cnn.candidate()], seed: 1).run(on: split)
/// ```
/// All networks see the same clips, each with the features of its own trainer; each keeps the weights of the epoch that
/// was best on the validation part. Features that several networks read are computed once.
public struct Comparison: Sendable {
    /// What is trained, in the order of training. Names differ.
    public var candidates: [Candidate]
    /// Decides the weights, the order of clips and what dropout drops, for every candidate.
    public var seed: UInt64
    /// The recordings that are the same sound in different files (`Corpus.nearCopies(progress:)`), for the
    /// audit; nil leaves them unsearched.
    public var copies: NearCopies?
    /// The command that is run, as it was typed: kept in the results.
    public var command: [String]?

    /// A comparison of candidates whose trainings have the same seed.
    public init(_ candidates: [Candidate], seed: UInt64 = 1) {
        self.candidates = candidates
        self.seed = seed
    }

    /// What became of one network.
    public struct Outcome: Sendable {
        /// The candidate's name.
        public let name: String
        /// The network and the story of its training.
        public let trained: TrainedModel
        /// Its provenance filled in, ready to be saved.
        public let recognizer: Recognizer
        /// What it made of the test part.
        public let test: Evaluation
        /// The clips of the test part that could be used, in the order of the evaluation.
        public let clips: [TestedClip]
        /// Clips of any part that have no features, and why: they were left out.
        public let skipped: [FeatureStore.Failure]
        /// Clips of any part that are longer than the network hears, with the part that it heard.
        public let partlyHeard: [EvaluationResults.HeardClip]
        /// The figures for `results.json`.
        public let entry: ComparisonResults.Entry
    }

    /// Trains and tests all networks.
    ///
    /// - Parameters:
    ///   - split: Which clips train, validate and test.
    ///   - progress: Makes an observer for each candidate; by default one that does nothing.
    ///   - completed: Called after each network that was trained to the end, with the results so far.
    ///   - isCancelled: Asked between steps. When it says yes, the network in training is given up, and the results
    ///     name it as missing with those that were to come.
    /// - Throws: ``TrainingError``, before any training where settings cannot work; and what `completed` throws.
    public func run(
        on split: DataSplit,
        progress: (Candidate) -> @Sendable (Trainer.Event) -> Void = { _ in { _ in } },
        completed: (Outcome, ComparisonResults) throws -> Void = { _, _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws -> ComparisonResults {
        var results = emptyResults(on: split)
        // All networks are built before the first is trained: what cannot work is told at once.
        let all = try prepared(on: split)
        let store = FeatureStore()
        for (candidate, ready) in zip(candidates, all) {
            let trained: TrainedModel
            do {
                trained = try ready.trainer.fit(
                    ready.network, on: split, store: store, observe: progress(candidate),
                    stop: StopSignal(asking: isCancelled))
            } catch TrainingError.cancelled {
                break
            }
            if trained.wasCancelled { break }
            let outcome = try test(trained, candidate.name, ready.trainer, on: split)
            try add(outcome, to: &results, on: split)
            try completed(outcome, results)
        }
        return results
    }

    /// Trains one candidate and tests it once. When it is cancelled after an epoch, the best weights so far are tested.
    ///
    /// - Parameters:
    ///   - candidate: What to train; it need not be one of ``candidates``.
    ///   - split: What to train, choose the epoch and test on.
    ///   - checkpoint: Where to keep what it takes to go on later, after each epoch.
    ///   - observe: Told what happens; by default nobody.
    ///   - isCancelled: Asked between steps, from any thread; true ends the training.
    /// - Throws: ``TrainingError``; ``TrainingError/cancelled`` when it is cancelled before the first epoch ended.
    public func train(
        _ candidate: Candidate, on split: DataSplit, checkpoint: Checkpoint? = nil,
        observe: (@Sendable (Trainer.Event) -> Void)? = nil,
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws(TrainingError) -> Outcome {
        let ready = try prepared(candidate, on: split)
        let trained = try ready.trainer.fit(
            ready.network, on: split, checkpoint: checkpoint, observe: observe ?? { _ in },
            stop: StopSignal(asking: isCancelled))
        return try test(trained, candidate.name, ready.trainer, on: split)
    }

    /// The results of one network that ``train(_:on:checkpoint:observe:isCancelled:)`` trained.
    /// - Throws: ``TrainingError``.
    public func results(of outcome: Outcome, on split: DataSplit) throws(TrainingError) -> ComparisonResults {
        var results = emptyResults(on: split)
        try add(outcome, to: &results, on: split)
        return results
    }

    /// Builds all networks and checks all that can be checked before any sound is read.
    /// - Throws: ``TrainingError`` where settings, features, networks and data do not fit together.
    public func check(on split: DataSplit) throws(TrainingError) { _ = try prepared(on: split) }

    private func prepared(on split: DataSplit) throws(TrainingError) -> [Candidate.Prepared] {
        if let name = candidates.repeatedName { throw .setting(Candidate.repeated(name)) }
        var all: [Candidate.Prepared] = []
        for candidate in candidates { all.append(try prepared(candidate, on: split)) }
        return all
    }

    private func prepared(_ candidate: Candidate, on split: DataSplit) throws(TrainingError) -> Candidate.Prepared {
        // A corpus of one label is told as such, whatever its parts hold.
        if split.labels.count > 1 { try checkSizes(of: split, for: candidate) }
        return try candidate.prepared(labels: split.labels, seed: seed)
    }

    private func checkSizes(of split: DataSplit, for candidate: Candidate) throws(TrainingError) {
        for part in split.partitions where part.isEmpty { throw .emptyPart(part.role.rawValue) }
        let batchSize = candidate.trainer.batchSize
        guard batchSize <= split.train.count else {
            throw .setting(
                "the \(candidate.name.uppercased()) trains on batches of \(batchSize) clips, and there are only "
                    + "\(split.train.count) to train on. Bring more clips.")
        }
    }

    private func add(
        _ outcome: Outcome, to results: inout ComparisonResults, on split: DataSplit
    ) throws(TrainingError) {
        if results.models.isEmpty {
            results.clips = outcome.clips
            results.skipped = outcome.skipped(of: split)
            results.partlyHeard = outcome.partlyHeard
        }
        // Features that some clips do not have would make the networks answer for different clips.
        guard outcome.clips == results.clips else {
            let skipped = Set(results.skipped).symmetricDifference(outcome.skipped(of: split)).sorted()
            throw .setting(
                "\(outcome.name) and \(results.models[0].name) cannot be compared: one has features of "
                    + "\(skipped.joined(separator: ", ")), the other has none. Leave those clips out of the corpus.")
        }
        results.append(outcome.entry, logits: outcome.test.logits)
    }

    private func test(
        _ trained: TrainedModel, _ name: String, _ trainer: Trainer, on split: DataSplit
    ) throws(TrainingError) -> Outcome {
        let (test, used, untested) = try trained.recognizer.measured(
            split.test, store: trained.store, isStrict: trainer.isStrict)
        let clips = TestedClip.list(used, targets: test.targets, in: split.corpus)
        let parameters = trained.recognizer.model.parameterCount
        let entry = ComparisonResults.Entry(
            name: name, parameters: parameters, test: test.metrics, history: trained.history,
            trainSeconds: trained.history.seconds, temperature: test.temperature,
            settings: try TrainingSettings(
                name: name, trainer: trainer, pipeline: trained.recognizer.pipeline, parameters: parameters),
            divergedInEpoch: trained.stopped.divergedInEpoch)
        let heard = try trained.store.heard(
            split.partitions.flatMap(\.clips), of: split.corpus, pipeline: trained.recognizer.pipeline)
        var recognizer = trained.recognizer
        recognizer.provenance.network = name
        recognizer.provenance.testAccuracy = entry.testAccuracy
        recognizer.provenance.testUAR = test.metrics.unweightedAverageRecall
        recognizer.provenance.testLoss = entry.testLoss
        return Outcome(
            name: name, trained: trained, recognizer: recognizer, test: test, clips: clips,
            skipped: trained.skipped + untested, partlyHeard: heard.filter { !$0.part.isWhole }, entry: entry)
    }

    /// What the parts of a split have in common, near copies included where they were searched.
    public func audit(of split: DataSplit) -> SplitAudit { copies.map { split.audit(with: $0) } ?? split.audit }

    private func emptyResults(on split: DataSplit) -> ComparisonResults {
        let audit = audit(of: split)
        let shared = audit.tested?.speakers ?? []
        return ComparisonResults(
            corpus: split.corpus.name, synthetic: split.corpus.isSynthetic, labels: split.labels, seed: seed,
            split: .init(
                method: split.summary, train: split.train.count, validation: split.validation.count,
                test: split.test.count, sharedSpeakers: shared, warnings: audit.warnings),
            epochs: candidates.map(\.trainer.epochs).max() ?? 0, asked: candidates.map(\.name), audit: audit,
            command: command)
    }
}

extension Comparison.Outcome {
    /// Clips of the test part that have no features, and what training left out.
    fileprivate func skipped(of split: DataSplit) -> [String] {
        let root = commonFolder(of: split.corpus.clips.map(\.path.path))
        return skipped.map { $0.clip.name(below: root) }.sorted()
    }
}
