// SPDX-License-Identifier: Apache-2.0

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
    /// The outputs of the network before softmax and before they are divided by ``temperature``, [clips, classes].
    public let logits: [[Float]]
    /// What the logits are divided by; 1 where nothing was calibrated (see `TemperatureScaling`).
    public let temperature: Double
    /// Who speaks in each clip, where that is known for all of them.
    public let speakers: [String]?

    /// Evaluates the outputs of a network before softmax, [clips, classes]; logarithms of probabilities above 0 serve as
    /// well.
    ///
    /// - Parameters:
    ///   - logits: scores, [clips, classes], all finite.
    ///   - targets: true class of each clip, an index into `labels`.
    ///   - labels: the names of the classes.
    ///   - temperature: what logits are divided by before softmax.
    ///   - speakers: who speaks in each clip, where that is known for all of them: clips of one speaker are alike, and
    ///     intervals that do not know it are too narrow.
    /// - Throws: ``EvaluationError`` when there is no clip, counts or indices do not fit, a score is not finite, or the
    ///   temperature is not above 0.
    public init(
        logits: [[Float]], targets: [Int], labels: [String], temperature: Double = 1, speakers: [String]? = nil
    ) throws(EvaluationError) {
        guard temperature > 0, temperature.isFinite else { throw .temperature(temperature) }
        if let speakers, speakers.count != targets.count {
            throw .speakersDiffer(speakers: speakers.count, clips: targets.count)
        }
        let scores = try Scores(rows: logits, classes: labels.count).softmaxed(temperature: temperature)
        metrics = try ClassificationMetrics(scores: scores, targets: targets, labels: labels)
        self.targets = targets
        predictions = scores.predictions
        probabilities = scores.probabilities.map { $0.map(Float.init) }
        self.logits = logits
        self.temperature = temperature
        self.speakers = speakers
    }

    /// The clips of several evaluations as those of one, such as the folds of a cross-validation.
    ///
    /// Speakers are known when all know theirs; logits are taken as divided by each evaluation's temperature.
    /// - Throws: ``EvaluationError`` when there is none, or their labels differ.
    public init(pooling evaluations: [Evaluation]) throws(EvaluationError) {
        guard let first = evaluations.first else { throw .empty }
        guard evaluations.allSatisfy({ $0.labels == first.labels }) else {
            throw .notPaired(reason: "their labels differ")
        }
        let speakers = evaluations.compactMap(\.speakers)
        try self.init(
            logits: evaluations.flatMap(\.scaledLogits), targets: evaluations.flatMap(\.targets), labels: first.labels,
            speakers: speakers.count == evaluations.count ? speakers.flatMap { $0 } : nil)
    }

    /// The labels of the classes.
    public var labels: [String] { metrics.labels }

    /// Whether each prediction is right.
    public var correct: [Bool] { zip(targets, predictions).map { $0 == $1 } }

    /// The same outputs divided by another temperature.
    /// - Throws: ``EvaluationError/temperature(_:)`` when it is not above 0.
    public func scaled(by temperature: Double) throws(EvaluationError) -> Evaluation {
        try Evaluation(
            logits: logits, targets: targets, labels: labels, temperature: temperature, speakers: speakers)
    }

    /// The logits divided by the temperature, [clips, classes].
    package var scaledLogits: [[Float]] {
        temperature == 1 ? logits : logits.map { row in row.map { Float(Double($0) / temperature) } }
    }

    /// The probabilities in double precision.
    package var scores: NormalizedScores { Scores(checked: logits).softmaxed(temperature: temperature) }
}

extension Evaluation: CustomStringConvertible {
    /// The metrics and the confusion matrix.
    public var description: String { "\(metrics)\n\n\(metrics.confusion.table(labels: labels))" }
}
