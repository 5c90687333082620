// SPDX-License-Identifier: Apache-2.0

import SERModels

/// How a network was trained, as results tell it.
public struct TrainingSettings: Codable, Sendable, Equatable {
    /// The candidate's name.
    public var name: String
    /// How many numbers the network learns.
    public var parameters: Int
    /// The features with all their settings, as JSON text.
    public var features: String
    /// What changed training clips, as JSON text; nil where nothing did.
    public var augmentation: String?
    /// Which training clips an epoch saw, where not every one once; nil where it did.
    public var sampling: ClipSampling?
    /// The model that was trained on from; nil where the first weights were fresh.
    public var start: Provenance.Start?
    /// The tensors that training left as they were; nil where there were none.
    public var frozen: [String]?
    /// Over which sound features were brought to one scale, `speaker` or `clip`; nil for the training part.
    public var standardizedBy: String?
    /// How much of each clip was used, in seconds.
    public var duration: Double
    /// How often every training clip was to be seen, and how many stand in a step.
    public var epochs, batchSize: Int
    /// Epochs without improvement before a training ended; nil for no such end.
    public var patience: Int?
    /// The name of a rule of one's own that could end a training; nil for no such rule.
    public var stoppingRule: String?
    /// What the epoch was chosen by whose weights were kept, such as `accuracy`.
    public var selection: String
    /// How many batches made one update.
    public var accumulation: Int
    /// How gradients moved the weights, and the loss; each as JSON text.
    public var optimizer, schedule, loss: String
    /// How large gradients were tamed, as JSON text; nil where they were not.
    public var clipping: String?
    /// How a linear network was solved for, as JSON text; nil where gradients moved the weights. Where it was, what is told
    /// of steps is `none`.
    public var linear: String?
    /// Whether a temperature was fitted on the validation part.
    public var calibrates: Bool

    /// The settings of a network that is trained so.
    /// - Throws: ``TrainingError/setting(_:)`` where they cannot be written.
    package init(
        name: String, trainer: Trainer, pipeline: FeaturePipeline, parameters: Int, frozen: [String] = []
    ) throws(TrainingError) {
        self.name = name
        self.parameters = parameters
        duration = trainer.duration
        let scope = trainer.standardizationScope
        standardizedBy = scope == .corpus ? nil : scope.rawValue
        sampling = trainer.sampling == .everyClip ? nil : trainer.sampling
        start = trainer.start
        self.frozen = frozen.isEmpty ? nil : frozen
        epochs = trainer.epochs
        batchSize = trainer.batchSize
        patience = trainer.stopping.patience
        stoppingRule = trainer.stopping.name
        selection = trainer.selection.name
        accumulation = trainer.accumulation
        calibrates = trainer.calibrates
        do {
            features = try MetadataPart.text(pipeline)
            if !trainer.augmentation.isEmpty {
                augmentation = try MetadataPart.text(trainer.augmentation.map(AugmentationSettings.init))
            }
            optimizer = try MetadataPart.text(trainer.optimizer)
            schedule = try MetadataPart.text(trainer.schedule)
            loss = try MetadataPart.text(trainer.loss)
            clipping = try trainer.clipping.map { try MetadataPart.text($0) }
            if let fit = trainer.linear {
                linear = try MetadataPart.text(fit)
                (optimizer, schedule, loss) = ("none", "none", "none")
            }
        } catch { throw .setting("the settings of \(name) cannot be written: \(error)") }
    }
}
