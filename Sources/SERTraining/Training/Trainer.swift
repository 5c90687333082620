// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels

/// How a network is trained: features, optimiser, length, and what is told on the way.
///
/// ```swift
/// let trained = try Trainer(features: MFCC(.librosa, coefficients: 40), epochs: 100, batchSize: 32).fit(network, on: split)
/// ```
/// The weights of the epoch that did best on the validation part are kept (highest accuracy; of equals the lowest loss,
/// then the earliest). The test part is never looked at.
public struct Trainer: Sendable {
    /// The features that the network reads.
    public var features: any FeatureExtractor
    /// How much of each clip is used, in seconds: sequences are cut to it, images cut or filled with silence.
    public var duration: Double
    /// How often every training clip is seen.
    public var epochs: Int
    /// Clips in a step.
    public var batchSize: Int
    /// How gradients move the weights.
    public var optimizer: OptimizerConfiguration
    /// How the learning rate changes from step to step.
    public var schedule: LearningRateSchedule
    /// How large gradients are tamed.
    public var clipping: GradientClipping?
    /// What is minimised.
    public var loss: TrainingLoss
    /// Stops when the validation part has not improved for so many epochs; nil never stops early.
    public var patience: Int?
    /// Whether precision, recall and AUC of both parts are computed after each epoch.
    public var detailedMetrics: Bool
    /// Whether a `TemperatureScaling` is fitted on the validation part after the last epoch and kept.
    ///
    /// Off unless asked for: the part has chosen the best epoch already, is often small, and where it shares its voices
    /// with the training part it calibrates for voices that are known. It takes a validation part with errors in it.
    public var calibrates: Bool
    /// Where the standardisation of the features comes from.
    public var standardization: StandardizationSource
    /// Decides the order of clips and what dropout drops.
    public var seed: UInt64
    /// Whether a clip without features is an error; if not, it is left out and listed in ``TrainedModel/skipped``.
    public var isStrict: Bool

    /// A trainer with the given settings.
    public init(
        features: any FeatureExtractor, duration: Double = 3, epochs: Int = 100, batchSize: Int = 32,
        optimizer: OptimizerConfiguration = .adam(), schedule: LearningRateSchedule = .constant,
        clipping: GradientClipping? = nil,
        loss: TrainingLoss = TrainingLoss(), patience: Int? = nil, detailedMetrics: Bool = false,
        calibrates: Bool = false, standardization: StandardizationSource = .automatic, seed: UInt64 = 0,
        isStrict: Bool = false
    ) {
        self.features = features
        self.duration = duration
        self.epochs = epochs
        self.batchSize = batchSize
        self.optimizer = optimizer
        self.schedule = schedule
        self.clipping = clipping
        self.loss = loss
        self.patience = patience
        self.detailedMetrics = detailedMetrics
        self.calibrates = calibrates
        self.standardization = standardization
        self.seed = seed
        self.isStrict = isStrict
    }

    /// What happens during a training.
    public enum Event: Sendable {
        /// So many files of so many have been read and their features computed.
        case extracting(done: Int, total: Int)
        /// The training goes on from a checkpoint, after these epochs.
        case resumed(History)
        /// A step of an epoch (from 1) has been taken.
        case step(epoch: Int, of: Int, done: Int, total: Int)
        /// An epoch has ended with these measurements, the model being as it stands now.
        case epoch(EpochRecord, Model)
        /// The training has ended.
        case finished
    }

    /// Trains a network. A training whose loss becomes infinite or not a number after its first epoch ends with the
    /// best weights it had, as one that is cancelled does; ``TrainedModel/stopped`` tells why it ended.
    /// - Parameters:
    ///   - network: The network with its first weights.
    ///   - split: Which clips train, validate and test.
    ///   - store: Keeps features, for several trainings on the same clips.
    ///   - checkpoint: Where to keep what it takes to go on later, after each epoch. The number of epochs may grow from
    ///     one training to the next; all else, data and library included, must be as it was.
    ///   - observe: Told what happens; the default shows progress on standard error.
    ///   - isCancelled: Asked between steps. When it says yes, the training ends with the best weights so far.
    /// - Throws: ``TrainingError``.
    public func fit(
        _ network: Model, on split: DataSplit, store: FeatureStore = FeatureStore(), checkpoint: Checkpoint? = nil,
        observe: @escaping @Sendable (Event) -> Void = TrainingProgress.standard(),
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws(TrainingError) -> TrainedModel {
        let labels = split.labels
        try check(network, labels: labels)
        let pipeline = try pipeline(for: network)
        // Before any sound is read: a checkpoint of another training is told at once.
        let kept = try self.standardization.kept(by: network, columns: pipeline.columns)
        let (file, saved) = try opened(
            checkpoint,
            as: TrainingIdentity(self, network: network, pipeline: pipeline, standardization: kept, split: split))
        let loader = ExampleLoader(
            network: network, pipeline: pipeline, store: store, isStrict: isStrict, isCancelled: isCancelled,
            progress: { observe(.extracting(done: $0, total: $1)) })
        let (train, standardization) = try loader.trainingExamples(split.train, kept)
        let validation = try loader.examples(split.validation, standardization)
        guard batchSize <= train.examples.count else {
            throw .setting(
                "a batch of \(batchSize) is larger than the \(train.examples.count) training clips; "
                    + "use a smaller batch or more clips")
        }
        var run = try TrainingRun(
            self, model: network, labels: labels, train: train.examples, validation: validation.examples)
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
                model: network, pipeline: pipeline, standardization: standardization, labels: labels)
        } catch { throw .recognizer(error) }
        func recognizer(_ state: TrainingState) -> Recognizer {
            untrained.with(weightsOf: state.best, provenance: origin.merging(outcome(state.history)) { $1 })
        }
        try run.train(observe: observe, isCancelled: isCancelled) { state throws(CheckpointError) in
            try file?.write(state, recognizer: recognizer(state))
        }
        var trained = recognizer(run.state)
        if case .diverged = run.stopped { trained.provenance["stopped"] = "\(run.stopped)" }
        if calibrates { try trained.calibrate(on: validation.examples) }
        observe(.finished)
        return TrainedModel(
            recognizer: trained, history: run.state.history, stopped: run.stopped,
            skipped: train.failures + validation.failures, store: store)
    }

    private func opened(
        _ checkpoint: Checkpoint?, as identity: @autoclosure () -> TrainingIdentity
    ) throws(TrainingError) -> (file: CheckpointFile?, saved: SafetensorsReader?) {
        guard let checkpoint else { return (nil, nil) }
        do throws(CheckpointError) {
            let file = try CheckpointFile(checkpoint, identity: identity(), key: TrainingRun.key(seed: seed))
            return (file, try file.opened(epochs: epochs))
        } catch { throw .checkpoint(error) }
    }

    /// Where a model comes from, as its file tells it.
    private func origin(of split: DataSplit, skipped: Int, keepsStandardization: Bool) -> [String: String] {
        let counts = split.partitions.map { "\($0.role.rawValue) \($0.count)" }.joined(separator: ", ")
        let warnings = split.audit.warnings
        return [
            "library": LibraryVersion.current, "corpus": split.corpus.name, "split": split.summary, "clips": counts,
            "skipped": "\(skipped)", "seed": "\(seed)", "epochs": "\(epochs)",
            "standardization": keepsStandardization ? "kept from an earlier training" : "measured on the training part",
            "audit": warnings.isEmpty ? "the parts share no speakers and no audio" : warnings.joined(separator: " "),
        ]
    }

    private func outcome(_ history: History) -> [String: String] {
        guard let best = history.best else { return [:] }
        return [
            "bestEpoch": "\(best.epoch)", "validationAccuracy": "\(best.validationAccuracy)",
            "validationLoss": "\(best.validationLoss)",
        ]
    }

    /// How clips become what the network reads; found to be one that can be saved and read back, before hours of work.
    func pipeline(for network: Model) throws(TrainingError) -> FeaturePipeline {
        do throws(FeatureError) { try features.validate() } catch { throw .setting(error.description) }
        let pipeline: FeaturePipeline
        do throws(ShapeError) {
            pipeline = try FeaturePipeline(for: network.graph.input, extractor: features, seconds: duration)
        } catch { throw .shape(error) }
        do { try pipeline.checkCoding() } catch {
            throw .setting("features of type \(type(of: features)) cannot be saved: \(MetadataPart.reason(error))")
        }
        return pipeline
    }

    /// Makes sure that the optimiser can work, and that what is written of a rule of one's own can be read back.
    private func checkOptimizer() throws(TrainingError) {
        do throws(OptimizerError) { try optimizer.validate() } catch { throw .setting(error.description) }
        do {
            let registry = try UpdateRuleRegistry.standard.adding(type(of: optimizer.rule))
            try MetadataPart.check(optimizer, userInfo: registry.userInfo)
        } catch {
            throw .setting(
                "the update rule \(type(of: optimizer.rule)) cannot be saved: \(MetadataPart.reason(error))")
        }
    }

    private func check(_ network: Model, labels: [String]) throws(TrainingError) {
        guard epochs > 0 else { throw .setting("\(epochs) epochs: at least one is needed") }
        guard batchSize > 0 else { throw .setting("a batch of \(batchSize) clips: at least one is needed") }
        try checkOptimizer()
        guard labels.count > 1 else {
            throw .setting(
                "the data has only the label '\(labels.first ?? "")': there is nothing to tell apart. "
                    + "Bring clips of at least two emotions.")
        }
        guard network.graph.inputs.count == 1, network.graph.outputs.count == 1 else {
            throw .shape(
                ShapeError(
                    layer: "network", expected: "one input and one output",
                    got: "\(network.graph.inputs.count) and \(network.graph.outputs.count)",
                    hint: "Train a network of several with valueAndGradient, as Docs/ComposeANetwork.md shows."))
        }
        guard network.graph.output == Shape([labels.count]) else {
            throw .shape(
                ShapeError(
                    path: network.graph.nodes.last?.path ?? "output", layer: "output",
                    expected: "one logit for each of the \(labels.count) labels", got: "\(network.graph.output)",
                    hint: "End the network in Dense(\(labels.count))."))
        }
        if let weights = loss.classWeights, weights.count != labels.count {
            throw .setting("\(weights.count) class weights for \(labels.count) labels: one each is needed")
        }
        if let softmax = network.graph.nodes.last(where: { type(of: $0.layer).kind != Dropout.kind }),
            softmax.layer is Softmax
        {
            throw .softmaxBeforeLoss(path: softmax.path)
        }
    }
}
