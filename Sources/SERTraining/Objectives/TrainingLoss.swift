// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERModels

/// The loss that is minimised: categorical cross-entropy of the emotions' logits, or a function of your own.
///
/// ```swift
/// let focal = TrainingLoss.named("focal 2") { logits, emotions in
///     let sure = exp(crossEntropy(logits: logits, labels: emotions) * -1)
///     return square(1 - sure) * crossEntropy(logits: logits, labels: emotions)
/// }
/// let trainer = Trainer(features: features, loss: focal)
/// ```
public struct TrainingLoss: Sendable {
    private enum Own: Sendable {
        case logits(@Sendable (Tensor, [Int]) -> Tensor)
        case outputs(@Sendable (ModelOutputs, TrainingTargets) -> Tensor)
    }

    /// How much each class counts in the cross-entropy; nil when all count the same.
    public var classWeights: [Float]?
    /// How much of the cross-entropy's target is spread over all classes, 0..<1.
    public var labelSmoothing: Float
    /// The name of a function of your own; nil for cross-entropy.
    public let name: String?
    private let own: Own?

    /// Cross-entropy, optionally weighted and smoothed as in PyTorch.
    public init(classWeights: [Float]? = nil, labelSmoothing: Float = 0) {
        self.init(classWeights: classWeights, labelSmoothing: labelSmoothing, name: nil, own: nil)
    }

    private init(classWeights: [Float]? = nil, labelSmoothing: Float = 0, name: String?, own: Own?) {
        self.classWeights = classWeights
        self.labelSmoothing = labelSmoothing
        self.name = name
        self.own = own
    }

    /// A loss of your own of the emotions' logits.
    /// - Parameters:
    ///   - name: Tells it apart from other losses: a checkpoint of one name is not gone on from with another.
    ///   - compute: The mean over the clips of a batch, of the logits [batch, classes] and the emotions as places in
    ///     the labels: a tensor of one value.
    public static func named(
        _ name: String, _ compute: @escaping @Sendable (_ logits: Tensor, _ emotions: [Int]) -> Tensor
    ) -> TrainingLoss {
        TrainingLoss(name: name, own: .logits(compute))
    }

    /// A loss of your own of all outputs of the network. The losses of further heads (``TrainingHead``) are added to
    /// it; give them the weight 0 where it counts them itself.
    /// - Parameters:
    ///   - name: Tells it apart from other losses: a checkpoint of one name is not gone on from with another.
    ///   - compute: The mean over the clips of a batch: a tensor of one value.
    public static func joint(
        _ name: String, _ compute: @escaping @Sendable (_ outputs: ModelOutputs, _ targets: TrainingTargets) -> Tensor
    ) -> TrainingLoss {
        TrainingLoss(name: name, own: .outputs(compute))
    }

    /// Whether it may look at outputs that no head has.
    var readsAllOutputs: Bool {
        if case .outputs? = own { true } else { false }
    }

    /// The loss of a batch, of whose outputs the given one is of the emotions.
    package func callAsFunction(_ outputs: ModelOutputs, _ targets: TrainingTargets, emotions output: Int) -> Tensor {
        let logits = outputs.values(at: output)
        switch own {
        case .logits(let compute): return compute(logits, targets.emotions)
        case .outputs(let compute): return compute(outputs, targets)
        case nil:
            return crossEntropy(
                logits: logits, labels: targets.emotions, classWeights: classWeights, labelSmoothing: labelSmoothing)
        }
    }

    /// How much clips weigh in the mean, of which the loss is one.
    func weight(of emotions: [Int]) -> Double {
        guard own == nil, let classWeights else { return Double(emotions.count) }
        return emotions.reduce(0) { $0 + Double(classWeights[$1]) }
    }
}

extension TrainingLoss: Hashable {
    public static func == (a: TrainingLoss, b: TrainingLoss) -> Bool {
        a.name == b.name && a.classWeights == b.classWeights && a.labelSmoothing == b.labelSmoothing
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(classWeights)
        hasher.combine(labelSmoothing)
    }
}

extension TrainingLoss: Codable {
    private enum Keys: String, CodingKey { case classWeights, labelSmoothing, name }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encodeIfPresent(classWeights, forKey: .classWeights)
        try container.encode(labelSmoothing, forKey: .labelSmoothing)
        try container.encodeIfPresent(name, forKey: .name)
    }

    /// - Throws: `DecodingError` for a loss of your own, of which the name alone was written.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        if let name = try container.decodeIfPresent(String.self, forKey: .name) {
            throw DecodingError.dataCorruptedError(
                forKey: .name, in: container,
                debugDescription: "the loss '\(name)' is a function in a program, which no file holds")
        }
        self.init(
            classWeights: try container.decodeIfPresent([Float].self, forKey: .classWeights),
            labelSmoothing: try container.decode(Float.self, forKey: .labelSmoothing))
    }
}
