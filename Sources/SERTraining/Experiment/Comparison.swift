// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERSupport

/// Trains networks on the same parts of a corpus and tests each once: what `ser train` and `ser compare` do.
///
/// All networks see the same clips and the same features; each keeps the weights of the epoch that was best on the
/// validation part.
public struct Comparison: Sendable {
    /// The networks, in the order of training.
    public var architectures: [Architecture]
    /// The features that all networks read.
    public var features: MFCC
    /// How much of each clip is used, in seconds.
    public var duration: Double
    /// What the ANN reads of a clip.
    public var summary: ClipSummary
    /// How often every training clip is seen.
    public var epochs: Int
    /// How gradients move the weights.
    public var optimizer = OptimizerConfiguration.adam()
    /// How the learning rate changes from step to step.
    public var schedule = LearningRateSchedule.constant
    /// How large gradients are tamed.
    public var clipping: GradientClipping?
    /// Decides the weights, the order of clips and what dropout drops.
    public var seed: UInt64
    /// Whether confidences are calibrated on the validation part (``Trainer/calibrates``).
    public var calibrates: Bool
    /// Whether a clip without features is an error; if not, it is left out.
    public var isStrict: Bool
    /// The recordings that are the same sound in different files (``Corpus/nearCopies(progress:)``), for the
    /// audit; nil leaves them unsearched.
    public var copies: NearCopies?
    /// The command that is run, as it was typed: kept in the results.
    public var command: [String]?

    /// A comparison with the report's settings, unless told otherwise.
    public init(
        _ architectures: [Architecture] = Architecture.allCases, features: MFCC = MFCC(.librosa, coefficients: 40),
        duration: Double = 3, summary: ClipSummary = .means, epochs: Int = 100, seed: UInt64 = 1,
        calibrates: Bool = false, isStrict: Bool = false
    ) {
        self.architectures = architectures
        self.features = features
        self.duration = duration
        self.summary = summary
        self.epochs = epochs
        self.seed = seed
        self.calibrates = calibrates
        self.isStrict = isStrict
    }

    /// What became of one network.
    public struct Outcome: Sendable {
        /// Which network.
        public let architecture: Architecture
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
    ///   - progress: Makes an observer for each network; by default one that does nothing.
    ///   - completed: Called after each network that was trained to the end, with the results so far.
    ///   - isCancelled: Asked between steps. When it says yes, the network in training is given up, and the results
    ///     name it as missing with those that were to come.
    /// - Throws: ``TrainingError``, before any training where settings cannot work; and what `completed` throws.
    public func run(
        on split: DataSplit,
        progress: (Architecture) -> @Sendable (Trainer.Event) -> Void = { _ in { _ in } },
        completed: (Outcome, ComparisonResults) throws -> Void = { _, _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws -> ComparisonResults {
        var results = emptyResults(on: split)
        // All networks are built before the first is trained: what cannot work is told at once.
        let networks = try architectures.map { try network($0, on: split) }
        let store = FeatureStore()
        for (architecture, network) in zip(architectures, networks) {
            let trained: TrainedModel
            do {
                trained = try trainer(for: architecture).fit(
                    network, on: split, store: store, observe: progress(architecture),
                    stop: StopSignal(asking: isCancelled))
            } catch TrainingError.cancelled {
                break
            }
            if trained.wasCancelled { break }
            let outcome = try test(trained, architecture, on: split)
            add(outcome, to: &results, on: split)
            try completed(outcome, results)
        }
        return results
    }

    /// Trains one network and tests it once. When it is cancelled after an epoch, the best weights so far are tested.
    ///
    /// - Parameters:
    ///   - architecture: The network to train.
    ///   - split: What to train, choose the epoch and test on.
    ///   - checkpoint: Where to keep what it takes to go on later, after each epoch.
    ///   - observe: Told what happens; by default nobody.
    ///   - isCancelled: Asked between steps, from any thread; true ends the training.
    /// - Throws: ``TrainingError``; ``TrainingError/cancelled`` when it is cancelled before the first epoch ended.
    public func train(
        _ architecture: Architecture, on split: DataSplit, checkpoint: Checkpoint? = nil,
        observe: (@Sendable (Trainer.Event) -> Void)? = nil,
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws(TrainingError) -> Outcome {
        let trained = try trainer(for: architecture).fit(
            try network(architecture, on: split), on: split, checkpoint: checkpoint,
            observe: observe ?? { _ in }, stop: StopSignal(asking: isCancelled))
        return try test(trained, architecture, on: split)
    }

    /// The results of one network that ``train(_:on:checkpoint:observe:isCancelled:)`` trained.
    public func results(of outcome: Outcome, on split: DataSplit) -> ComparisonResults {
        var results = emptyResults(on: split)
        add(outcome, to: &results, on: split)
        return results
    }

    private func add(_ outcome: Outcome, to results: inout ComparisonResults, on split: DataSplit) {
        if results.models.isEmpty {
            // All networks read the same clips.
            results.clips = outcome.clips
            results.skipped = outcome.skipped(of: split)
            results.partlyHeard = outcome.partlyHeard
        }
        results.append(outcome.entry, logits: outcome.test.logits)
    }

    /// The network with its first weights.
    /// - Throws: ``TrainingError`` where settings, features and network do not fit together.
    public func network(_ architecture: Architecture, on split: DataSplit) throws(TrainingError) -> Model {
        try check(architecture, on: split)
        do throws(ShapeError) {
            return try architecture.model(
                classes: split.labels.count, coefficients: features.coefficients, frames: frames,
                summary: summary, seed: seed)
        } catch { throw .shape(error) }
    }

    /// How many frames `duration` seconds have.
    private var frames: Int { features.frames(forSamples: Int(saturating: duration * features.sampleRate)) }

    private func check(_ architecture: Architecture, on split: DataSplit) throws(TrainingError) {
        do throws(FeatureError) { try features.validate() } catch { throw .setting(error.description) }
        guard duration > 0, duration <= 600 else {
            throw .setting("a duration of \(duration) s: it must be above 0 and at most 600 s")
        }
        guard frames > 0 else {
            throw .setting("\(duration) s are shorter than one frame of the features; use a longer duration")
        }
        guard epochs > 0 else { throw .setting("\(epochs) epochs: at least one is needed") }
        guard split.labels.count > 1 else {
            throw .setting(
                "the data has only the label '\(split.labels.first ?? "")': there is nothing to tell apart. "
                    + "Bring clips of at least two emotions.")
        }
        for part in split.partitions where part.isEmpty { throw .emptyPart(part.role.rawValue) }
        guard architecture.batchSize <= split.train.count else {
            throw .setting(
                "the \(architecture.title) trains on batches of \(architecture.batchSize) clips, and there are only "
                    + "\(split.train.count) to train on. Bring more clips.")
        }
    }

    private func trainer(for architecture: Architecture) -> Trainer {
        Trainer(
            features: features, duration: duration, epochs: epochs, batchSize: architecture.batchSize,
            optimizer: optimizer, schedule: schedule, clipping: clipping,
            // The report gives precision, recall and AUC over the epochs for its dense network.
            metrics: architecture == .ann ? [.precision, .recall, .auc] : [], calibrates: calibrates, seed: seed,
            isStrict: isStrict)
    }

    private func test(
        _ trained: TrainedModel, _ architecture: Architecture, on split: DataSplit
    ) throws(TrainingError) -> Outcome {
        let (test, used, untested) = try trained.recognizer.measured(
            split.test, store: trained.store, isStrict: isStrict)
        let clips = TestedClip.list(used, targets: test.targets, in: split.corpus)
        let settings: CrossValidationResults.Settings
        do throws(CrossValidationError) {
            settings = try CrossValidationResults.Settings(
                name: architecture.rawValue, trainer: trainer(for: architecture),
                pipeline: trained.recognizer.pipeline, parameters: trained.recognizer.model.parameterCount)
        } catch { throw .setting(error.description) }
        let entry = ComparisonResults.Entry(
            name: architecture.rawValue, parameters: trained.recognizer.model.parameterCount, test: test.metrics,
            history: trained.history, trainSeconds: trained.history.seconds, temperature: test.temperature,
            settings: settings, divergedInEpoch: trained.stopped.divergedInEpoch)
        let heard = try trained.store.heard(
            split.partitions.flatMap(\.clips), of: split.corpus, pipeline: trained.recognizer.pipeline)
        var recognizer = trained.recognizer
        recognizer.provenance["network"] = architecture.rawValue
        recognizer.provenance["testAccuracy"] = "\(entry.testAccuracy)"
        recognizer.provenance["testUAR"] = "\(test.metrics.unweightedAverageRecall)"
        recognizer.provenance["testLoss"] = "\(entry.testLoss)"
        return Outcome(
            architecture: architecture, trained: trained, recognizer: recognizer, test: test, clips: clips,
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
            epochs: epochs, asked: architectures.map(\.rawValue), audit: audit, command: command)
    }
}

extension Comparison.Outcome {
    /// Clips of the test part that have no features, and what training left out.
    fileprivate func skipped(of split: DataSplit) -> [String] {
        let root = commonFolder(of: split.corpus.clips.map(\.path.path))
        return skipped.map { $0.clip.name(below: root) }.sorted()
    }
}
