/// What a model made of one set of clips: its metrics, and its prediction for every clip.
public struct Evaluation: Codable, Sendable, Equatable {
    /// Measures over all clips.
    public let metrics: ClassificationMetrics
    /// True class of each clip, an index into the labels of ``metrics``.
    public let targets: [Int]
    /// Predicted class of each clip, an index into the labels of ``metrics``.
    public let predictions: [Int]
    /// Probabilities, [clips, classes].
    public let probabilities: [[Float]]

    /// Evaluates the outputs of a network before softmax, [clips, classes].
    ///
    /// - Throws: ``EvaluationError`` when there is no clip, or counts or indices do not fit.
    public init(logits: [[Float]], targets: [Int], labels: [String]) throws(EvaluationError) {
        let scores = try Scores(rows: logits, classes: labels.count).softmaxed()
        metrics = try ClassificationMetrics(logits: logits, targets: targets, labels: labels)
        self.targets = targets
        predictions = scores.predictions
        probabilities = scores.probabilities.map { $0.map(Float.init) }
    }

    /// The labels of the classes.
    public var labels: [String] { metrics.labels }
}

extension Evaluation: CustomStringConvertible {
    /// The metrics and the confusion matrix.
    public var description: String { "\(metrics)\n\n\(metrics.confusion.table(labels: labels))" }
}
