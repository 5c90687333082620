// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERModels

/// A figure that is computed of the training and of the validation part after each epoch, beside loss and accuracy.
///
/// ```swift
/// let surest = EpochMetric("mean confidence") { logits, _ in
///     Double(softmax(logits).maximum(axes: [1]).mean().item)
/// }
/// let trainer = Trainer(features: features, metrics: [.recall, surest], selection: .metric("recall"))
/// ```
/// Figures stand in ``EpochRecord/trainMetrics`` and ``EpochRecord/validationMetrics`` under their names. Those of the
/// training part are of what the network gave on the way, while it learned.
public struct EpochMetric: Sendable {
    /// The name, which no other metric of a training may have.
    public let name: String
    /// Whether it looks at more than the emotions.
    let readsAllOutputs: Bool
    private let figure: Figure

    private enum Figure: Sendable {
        /// Of the outputs, among which those of the emotions have a place.
        case outputs(@Sendable (_ outputs: ModelOutputs, _ targets: TrainingTargets, _ emotions: Int) -> Double?)
        /// One of the measures of classification, which are computed together.
        case classification(@Sendable (ClassificationMetrics) -> Double?)
    }

    private init(name: String, readsAllOutputs: Bool, _ figure: Figure) {
        self.name = name
        self.readsAllOutputs = readsAllOutputs
        self.figure = figure
    }

    /// The figures of some metrics by their names, without those that cannot be told.
    static func values(
        of metrics: [EpochMetric], _ outputs: ModelOutputs, _ targets: TrainingTargets, emotions: Int
    ) throws(EvaluationError) -> [String: Double] {
        var classification: ClassificationMetrics?
        var values: [String: Double] = [:]
        for metric in metrics {
            switch metric.figure {
            case .outputs(let compute): values[metric.name] = compute(outputs, targets, emotions)
            case .classification(let compute):
                if classification == nil {
                    classification = try measures(of: outputs.values(at: emotions), targets)
                }
                values[metric.name] = classification.flatMap(compute)
            }
        }
        return values
    }

    private static func measures(
        of logits: Tensor, _ targets: TrainingTargets
    ) throws(EvaluationError) -> ClassificationMetrics {
        let labels = (0..<(logits.shape.last ?? 0)).map(String.init)
        return try ClassificationMetrics(logits: logits.scalars, targets: targets.emotions, labels: labels)
    }

    /// A figure of the emotions' logits.
    /// - Parameters:
    ///   - name: The name.
    ///   - compute: The figure, of the logits of all clips [clips, classes] and their emotions as places in the labels;
    ///     nil where it cannot be told.
    public init(
        _ name: String, _ compute: @escaping @Sendable (_ logits: Tensor, _ emotions: [Int]) -> Double?
    ) {
        self.init(
            name: name, readsAllOutputs: false,
            .outputs { outputs, targets, emotions in compute(outputs.values(at: emotions), targets.emotions) })
    }

    /// A figure of all outputs of the network that have no time axis.
    /// - Parameters:
    ///   - name: The name.
    ///   - compute: The figure, of the outputs for all clips; nil where it cannot be told.
    public static func joint(
        _ name: String, _ compute: @escaping @Sendable (_ outputs: ModelOutputs, _ targets: TrainingTargets) -> Double?
    ) -> EpochMetric {
        EpochMetric(name: name, readsAllOutputs: true, .outputs { outputs, targets, _ in compute(outputs, targets) })
    }

    /// The mean precision over the emotions.
    public static let precision = classification("precision") { $0.macroPrecision }
    /// The mean recall over the emotions: the unweighted average recall.
    public static let recall = classification("recall") { $0.macroRecall }
    /// The mean one-versus-rest area under the ROC curve; missing where no emotion can be ranked against the rest.
    public static let auc = classification("auc") { $0.auc }

    /// The fraction of the clips that a head of classes has right, of those whose class is known.
    /// - Parameter output: The head's output.
    public static func accuracy(of output: String) -> EpochMetric {
        .joint("\(output) accuracy") { outputs, targets in
            let rows = outputs[output].values.rows, classes = targets.classes(of: output)
            let known = classes.indices.filter { classes[$0] != nil }
            guard !known.isEmpty else { return nil }
            return Double(known.count { rows[$0][...].argmax == classes[$0] }) / Double(known.count)
        }
    }

    private static func classification(
        _ name: String, _ figure: @escaping @Sendable (ClassificationMetrics) -> Double?
    ) -> EpochMetric {
        EpochMetric(name: name, readsAllOutputs: false, .classification(figure))
    }
}
