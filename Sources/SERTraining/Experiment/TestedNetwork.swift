// SPDX-License-Identifier: Apache-2.0

import SERModels
import SERSupport

/// A network that was trained on one part of a corpus and tested once on another.
public struct TestedNetwork: Sendable {
    /// The candidate's name.
    public let name: String
    /// The seed of the weights and the order of clips.
    public let seed: UInt64
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
    public let partlyHeard: [HeardClip]
    /// Names of the clips that were left out, below the folder that all clips lie in.
    private let skippedNames: [String]
    /// What the choice among several candidates was made by.
    var choices: [ExperimentResults.Choice]?

    /// Tests a network.
    init(
        _ trained: TrainedModel, of candidate: Candidate, seed: UInt64, on split: DataSplit
    ) throws(TrainingError) {
        let measured = try trained.recognizer.measured(
            split.test, store: trained.store, isStrict: candidate.trainer.isStrict)
        let test = measured.evaluation
        let root = commonFolder(of: split.corpus.clips.map(\.path.path))
        name = candidate.name
        self.seed = seed
        self.trained = trained
        self.test = test
        clips = TestedClip.list(measured.clips, targets: test.targets, in: split.corpus)
        skipped = trained.skipped + measured.failures
        skippedNames = skipped.map { $0.clip.name(below: root) }.sorted()
        partlyHeard = try trained.store.heard(
            split.partitions.flatMap(\.clips), of: split.corpus, pipeline: trained.recognizer.pipeline
        ).filter { !$0.part.isWhole }
        var recognizer = trained.recognizer
        recognizer.provenance.network = candidate.architecture ?? name
        recognizer.provenance.testAccuracy = test.metrics.accuracy
        recognizer.provenance.testUAR = test.metrics.unweightedAverageRecall
        recognizer.provenance.testLoss = test.metrics.loss
        self.recognizer = recognizer
    }

    /// The figures, as results tell them.
    public var run: ExperimentResults.Run { run(network: name, fold: 1) }

    func testedRun(of task: ExperimentPlan.Task) -> ExperimentResults.TestedRun {
        ExperimentResults.TestedRun(
            run: run(network: task.network, fold: task.fold), clips: clips, skipped: skippedNames,
            partlyHeard: partlyHeard)
    }

    private func run(network: String, fold: Int) -> ExperimentResults.Run {
        ExperimentResults.Run(
            network: network, candidate: name, seed: seed, fold: fold, choices: choices,
            parameters: recognizer.model.parameterCount, metrics: test.metrics, history: trained.history,
            divergedInEpoch: trained.stopped.divergedInEpoch, temperature: test.temperature, logits: test.logits)
    }
}

extension Candidate {
    /// Trains the candidate on one split and tests it once. When it is stopped after an epoch, the best weights so far
    /// are tested.
    ///
    /// - Parameters:
    ///   - split: What to train, choose the epoch and test on.
    ///   - seed: Decides the weights, the order of clips and what dropout drops.
    ///   - store: Keeps features, for several trainings on the same clips.
    ///   - checkpoint: Where to keep what it takes to go on later, after each epoch.
    ///   - observe: Told what happens; by default nobody.
    /// - Throws: ``TrainingError``.
    public func tested(
        on split: DataSplit, seed: UInt64 = 1, store: FeatureStore = FeatureStore(), checkpoint: Checkpoint? = nil,
        observe: @escaping @Sendable (Trainer.Event) -> Void = { _ in }
    ) throws(TrainingError) -> TestedNetwork {
        try tested(on: split, seed: seed, store: store, checkpoint: checkpoint, observe: observe, stop: .never)
    }

    /// The same without blocking a thread of the concurrency pool; a task that is cancelled stops the training.
    /// - Throws: ``TrainingError``; ``TrainingError/cancelled`` when it is cancelled before the first epoch ended.
    public func tested(
        on split: DataSplit, seed: UInt64 = 1, store: FeatureStore = FeatureStore(), checkpoint: Checkpoint? = nil,
        observe: @escaping @Sendable (Trainer.Event) -> Void = { _ in }
    ) async throws(TrainingError) -> TestedNetwork {
        try await onOwnThread { stop throws(TrainingError) in
            try self.tested(
                on: split, seed: seed, store: store, checkpoint: checkpoint, observe: observe, stop: stop)
        }
    }

    /// The same, until it is to stop.
    package func tested(
        on split: DataSplit, seed: UInt64, store: FeatureStore = FeatureStore(), checkpoint: Checkpoint? = nil,
        observe: @escaping @Sendable (Trainer.Event) -> Void, stop: StopSignal
    ) throws(TrainingError) -> TestedNetwork {
        let trained = try trained(
            on: split, seed: seed, store: store, checkpoint: checkpoint, observe: observe, stop: stop)
        return try TestedNetwork(trained, of: self, seed: seed, on: split)
    }

    /// Trains the candidate and tests nothing.
    func trained(
        on split: DataSplit, seed: UInt64, store: FeatureStore, checkpoint: Checkpoint? = nil,
        observe: @escaping @Sendable (Trainer.Event) -> Void, stop: StopSignal
    ) throws(TrainingError) -> TrainedModel {
        let ready = try prepared(labels: split.labels, seed: seed)
        return try ready.trainer.fit(
            ready.network, on: split, store: store, checkpoint: checkpoint, observe: observe, stop: stop)
    }
}
