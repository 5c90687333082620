// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERSupport

/// How a network is trained: features, optimiser, length, and what is told on the way.
///
/// ```swift
/// let trained = try Trainer(features: MFCC(.librosa, coefficients: 40), epochs: 100, batchSize: 32).fit(network, on: split)
/// ```
/// The weights of the epoch that did best on the validation part are kept (``selection``). The test part is never
/// looked at.
public struct Trainer: Sendable {
    /// The features that the network reads.
    public var features: any FeatureExtractor
    /// What changes the features of training clips, in order, drawn anew for each clip and epoch; empty for nothing.
    public var augmentation: [any Augmentation]
    /// How much of each clip is used, in seconds: sequences are cut to it, images cut or filled with silence.
    public var duration: Double
    /// Which part is used of clips that are longer.
    public var window = ListeningWindow.speech
    /// What silence is left out before and behind the voice, in training as in recognition; nil for none.
    public var trimming: SilenceTrimming?
    /// Which training clips an epoch sees, and how often.
    public var sampling = ClipSampling.everyClip
    /// The model that is trained on from, as the file of what is trained tells it; the first weights are the network's, in
    /// any case.
    public var start: Provenance.Start?
    /// How often every training clip is seen; where ``sampling`` draws them, how often as many clips are seen as there are.
    public var epochs: Int
    /// Clips that go through the network at once.
    public var batchSize: Int
    /// How many batches make one update of the weights: the mean over all their clips, as of one batch so many times
    /// the size, in the memory of one. Batch normalisation sees each batch on its own.
    public var accumulation: Int
    /// How gradients move the weights.
    public var optimizer: OptimizerConfiguration
    /// How the learning rate changes from step to step.
    public var schedule: LearningRateSchedule
    /// How large gradients are tamed.
    public var clipping: GradientClipping?
    /// What is minimised.
    public var loss: TrainingLoss
    /// The name of the network's output that gives the emotions' logits; nil for the first.
    public var output: String?
    /// Further outputs of the network that are trained with it.
    public var heads: [TrainingHead]
    /// What is computed of both parts after each epoch, beside loss and accuracy.
    public var metrics: [EpochMetric]
    /// By which measure of the validation part the epoch is chosen whose weights are kept.
    public var selection: EpochSelection
    /// When a training ends before its last epoch.
    public var stopping: StoppingRule
    /// How the weights of a linear network are solved for; nil where gradients move them, step by step.
    public var linear: LinearFit?
    /// Whether a `TemperatureScaling` is fitted on the validation part after the last epoch and kept.
    ///
    /// Off unless asked for: the part has chosen the best epoch already, is often small, and where it shares its voices
    /// with the training part it calibrates for voices that are known. It takes a validation part with errors in it.
    public var calibrates: Bool
    /// Where the standardisation of the features comes from.
    public var standardization: StandardizationSource
    /// Over which sound the mean and the deviation are taken that bring features to one scale: the training part, each
    /// speaker (whose other clips must be at hand when the recognizer is used) or each clip.
    public var standardizationScope: Standardization.Scope
    /// Decides the order of clips and what dropout drops.
    public var seed: UInt64
    /// Whether a clip without features is an error; if not, it is left out and listed in ``TrainedModel/skipped``.
    public var isStrict: Bool

    /// A trainer with the given settings.
    public init(
        features: any FeatureExtractor, augmentation: [any Augmentation] = [], duration: Double = 3,
        epochs: Int = 100, batchSize: Int = 32, accumulation: Int = 1, optimizer: OptimizerConfiguration = .adam(),
        schedule: LearningRateSchedule = .constant, clipping: GradientClipping? = nil,
        loss: TrainingLoss = TrainingLoss(), output: String? = nil, heads: [TrainingHead] = [],
        metrics: [EpochMetric] = [], selection: EpochSelection = .accuracy, stopping: StoppingRule = .allEpochs,
        calibrates: Bool = false, standardization: StandardizationSource = .automatic,
        standardizationScope: Standardization.Scope = .corpus, seed: UInt64 = 0, isStrict: Bool = false
    ) {
        self.features = features
        self.augmentation = augmentation
        self.duration = duration
        self.epochs = epochs
        self.batchSize = batchSize
        self.accumulation = accumulation
        self.optimizer = optimizer
        self.schedule = schedule
        self.clipping = clipping
        self.loss = loss
        self.output = output
        self.heads = heads
        self.metrics = metrics
        self.selection = selection
        self.stopping = stopping
        self.calibrates = calibrates
        self.standardization = standardization
        self.standardizationScope = standardizationScope
        self.seed = seed
        self.isStrict = isStrict
    }

    /// What happens during a training.
    public enum Event: Sendable {
        /// So many files of so many have been read and their features computed.
        case extracting(done: Int, total: Int)
        /// The training goes on from a checkpoint, after these epochs.
        case resumed(History)
        /// So many updates of so many in an epoch (from 1) have been made.
        case step(epoch: Int, of: Int, done: Int, total: Int)
        /// An epoch has ended with these measurements, the model being as it stands now.
        case epoch(EpochRecord, Model)
        /// The training has ended.
        case finished
    }

    /// Trains a network. A training whose loss becomes infinite or not a number after its first epoch ends with the
    /// best weights it had; ``TrainedModel/stopped`` tells why it ended.
    /// - Parameters:
    ///   - network: The network with its first weights.
    ///   - split: Which clips train, validate and test.
    ///   - store: Keeps features, for several trainings on the same clips.
    ///   - checkpoint: Where to keep what it takes to go on later, after each epoch. The number of epochs may grow from
    ///     one training to the next; all else, data and library included, must be as it was.
    ///   - observe: Told what happens, while features are read from several threads.
    /// - Throws: ``TrainingError``.
    public func fit(
        _ network: Model, on split: DataSplit, store: FeatureStore = FeatureStore(), checkpoint: Checkpoint? = nil,
        observe: @escaping @Sendable (Event) -> Void = { _ in }
    ) throws(TrainingError) -> TrainedModel {
        try fit(network, on: split, store: store, checkpoint: checkpoint, observe: observe, stop: .never)
    }

    /// The same, until it is to stop: asked between batches. A training that is stopped ends with the best weights so
    /// far.
    package func fit(
        _ network: Model, on split: DataSplit, store: FeatureStore = FeatureStore(), checkpoint: Checkpoint? = nil,
        observe: @escaping @Sendable (Event) -> Void = { _ in }, stop: StopSignal
    ) throws(TrainingError) -> TrainedModel {
        let labels = split.labels
        let objective = try objective(for: network, labels: labels)
        // What a head does not know is told before any sound is read, as everything is that can be.
        _ = try objective.targets(of: split.train.clips + split.validation.clips, emotions: [])
        try linear?.check(split.train, checkpoint)
        try sampling.check(split.train)
        let pipeline = try pipeline(for: network)
        // Before any sound is read: a checkpoint of another training is told at once.
        let (kept, scope) = try self.standardization(for: network, pipeline, on: split)
        let (file, saved) = try opened(checkpoint) { () throws(TrainingError) in
            try TrainingIdentity(
                self, objective: objective, network: network, pipeline: pipeline, standardization: kept, scope: scope,
                split: split)
        }
        defer { file?.unlock() }
        let loader = ExampleLoader(
            network: network, pipeline: pipeline, store: store, isStrict: isStrict, stop: stop,
            progress: { observe(.extracting(done: $0, total: $1)) })
        let (train, standardization) = try loader.trainingStream(
            split.train, kept, by: scope, augmentation: augmentation)
        let validation = try loader.examples(split.validation, standardization)
        guard batchSize <= train.stream.count else {
            throw .setting(
                "a batch of \(batchSize) is larger than the \(train.stream.count) training clips; "
                    + "use a smaller batch or more clips")
        }
        let (trainSpeakers, validationSpeakers) = try speakers(of: network, train.clips, validation.clips)
        let trainTargets = try objective.targets(of: train.clips, emotions: train.stream.targets)
        let validationTargets = try objective.targets(of: validation.clips, emotions: validation.examples.targets)
        var run = try TrainingRun(
            self, model: network, objective: objective,
            train: TrainingPart(
                stream: train.stream, targets: trainTargets, groups: sampling.groups(of: train.clips),
                speakers: trainSpeakers),
            validation: ValidationPart(
                examples: validation.examples, targets: validationTargets, speakers: validationSpeakers))
        if let file, let saved {
            try run.resume { (state: inout TrainingState) throws(CheckpointError) in
                try file.restore(&state, standardization: standardization, from: saved)
            }
            observe(.resumed(run.state.history))
        }
        let origin = origin(
            of: split, skipped: train.failures.count + validation.failures.count, keepsStandardization: kept != nil)
        let untrained: Recognizer
        do throws(RecognizerError) {
            untrained = try Recognizer(
                model: network, pipeline: pipeline, standardization: standardization, labels: labels, output: output)
        } catch { throw .recognizer(error) }
        func recognizer(_ state: TrainingState) -> Recognizer {
            untrained.with(weightsOf: state.best, provenance: origin.adding(state.history))
        }
        try run.train(observe: observe, stop: stop) { state throws(CheckpointError) in
            try file?.write(state, recognizer: recognizer(state))
        }
        var trained = recognizer(run.state)
        trained.provenance.divergedInEpoch = run.stopped.divergedInEpoch
        if calibrates { try trained.calibrate(on: validation.examples, by: validationSpeakers) }
        observe(.finished)
        return TrainedModel(
            recognizer: trained, history: run.state.history, stopped: run.stopped,
            skipped: train.failures + validation.failures, store: store)
    }

    private func opened(
        _ checkpoint: Checkpoint?, as identity: () throws(TrainingError) -> TrainingIdentity
    ) throws(TrainingError) -> (file: CheckpointFile?, saved: SafetensorsReader?) {
        guard let checkpoint else { return (nil, nil) }
        let identity = try identity()
        do throws(CheckpointError) {
            let file = try CheckpointFile(checkpoint, identity: identity, key: TrainingRun.key(seed: seed))
            return (file, try file.opened(epochs: epochs))
        } catch { throw .checkpoint(error) }
    }

    /// Where a model comes from, as its file tells it.
    private func origin(of split: DataSplit, skipped: Int, keepsStandardization: Bool) -> Provenance {
        let warnings = split.audit.warnings
        var origin = Provenance()
        origin.library = LibraryVersion.current
        origin.corpus = split.corpus.name
        origin.split = split.summary
        origin.clips = .init(
            training: split.train.count, validation: split.validation.count, test: split.test.count)
        origin.skipped = skipped
        origin.audit =
            warnings.isEmpty ? "the parts share no speakers and no audio" : warnings.joined(separator: " ")
        origin.seed = seed
        origin.epochs = epochs
        origin.standardization = keepsStandardization ? .kept : .measured
        origin.start = start
        origin.start?.heard = nil
        let marks = (split.train.clips + split.validation.clips).compactMap { $0.content?.low }
        origin.heard = HeardClips(marks + (start?.heard?.marks ?? []))
        return origin
    }
}

extension Provenance {
    /// The same with what the kept weights gave on the validation part.
    fileprivate func adding(_ history: History) -> Provenance {
        guard let best = history.best else { return self }
        var provenance = self
        provenance.bestEpoch = best.epoch
        provenance.validationAccuracy = best.validationAccuracy
        provenance.validationLoss = best.validationLoss
        return provenance
    }
}
