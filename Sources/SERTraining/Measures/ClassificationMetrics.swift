// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Precision, recall and F1 of one class.
public struct ClassMetrics: Codable, Sendable, Equatable {
    /// The name of the class.
    public let label: String
    /// Of the clips taken for this class, the fraction that belongs to it; 0 when there is none.
    public let precision: Double
    /// Of the clips of this class, the fraction taken for it; 0 when there is none.
    public let recall: Double
    /// Harmonic mean of precision and recall; 0 when both are.
    public let f1: Double
    /// Number of clips of this class.
    public let support: Int
}

/// How well scores for a set of clips match their true classes.
///
/// Definitions are scikit-learn's with `zero_division=0` and every label listed: a class that is neither true nor
/// predicted counts as 0 in the macro averages. ``unweightedAverageRecall`` (`balanced_accuracy_score`) and ``auc``
/// leave out classes that have no clip.
public struct ClassificationMetrics: Codable, Sendable, Equatable {
    /// The names of the classes, in the order of the scores.
    public let labels: [String]
    /// Number of clips.
    public let count: Int
    /// Log-loss: mean cross-entropy of the true classes, in nats (`log_loss`).
    public let loss: Double
    /// Mean over the clips of the summed squared differences between the probabilities and 1 for the true class, 0 for
    /// the others; half of that for two classes (`brier_score_loss`; Brier, Monthly Weather Review 78, 1950). From 0,
    /// which is best, to 2, for two classes to 1.
    public let brierScore: Double
    /// How far confidence is from accuracy, 0...1: ``ReliabilityDiagram/expectedCalibrationError`` of the predicted
    /// classes in 10 bins of equal width.
    public let expectedCalibrationError: Double
    /// Fraction of clips whose highest score is that of the true class (of equal scores, the first).
    public let accuracy: Double
    /// Mean recall over the classes that have clips (UAR).
    public let unweightedAverageRecall: Double
    /// Mean precision over all classes.
    public let macroPrecision: Double
    /// Mean recall over all classes.
    public let macroRecall: Double
    /// Mean F1 over all classes.
    public let macroF1: Double
    /// Mean area under the ROC curve of each class against the rest; `nil` when no class can be ranked.
    public let auc: Double?
    /// Labels that have no clip, or all of them, and so are left out of ``auc``.
    public let aucLeavesOut: [String]
    /// One entry a class, in the order of ``labels``.
    public let perClass: [ClassMetrics]
    /// Counts of true against predicted classes.
    public let confusion: ConfusionMatrix

    /// Number of clips that were classified wrongly.
    public var errors: Int { count - confusion.correct }

    /// Metrics from the outputs of a network before softmax.
    ///
    /// - Parameters:
    ///   - logits: scores, [clips, classes].
    ///   - targets: true class of each clip, an index into `labels`.
    ///   - labels: the names of the classes.
    ///   - temperature: what logits are divided by before softmax (see `TemperatureScaling`).
    /// - Throws: ``EvaluationError`` when there is no clip, counts or indices do not fit, a score is not finite, or the
    ///   temperature is not above 0.
    public init(
        logits: [[Float]], targets: [Int], labels: [String], temperature: Double = 1
    ) throws(EvaluationError) {
        guard temperature > 0, temperature.isFinite else { throw .temperature(temperature) }
        let scores = try Scores(rows: logits, classes: labels.count)
        try self.init(scores: scores.softmaxed(temperature: temperature), targets: targets, labels: labels)
    }

    /// Metrics from the outputs of a network before softmax, in one row-major array of [clips, classes].
    ///
    /// - Throws: ``EvaluationError`` when there is no clip, counts or indices do not fit, or a score is not finite.
    public init(logits: [Float], targets: [Int], labels: [String]) throws(EvaluationError) {
        let scores = try Scores(flat: logits, rows: targets.count, classes: labels.count)
        try self.init(scores: scores.softmaxed(), targets: targets, labels: labels)
    }

    /// Metrics from probabilities, [clips, classes], each row summing to 1.
    ///
    /// The loss takes a probability below 1.2e-7 (single-precision epsilon, as scikit-learn's `log_loss`) as that.
    /// - Throws: ``EvaluationError`` when there is no clip, counts or indices do not fit, or a score is not finite.
    public init(probabilities: [[Float]], targets: [Int], labels: [String]) throws(EvaluationError) {
        let scores = try Scores(rows: probabilities, classes: labels.count)
        try self.init(scores: scores.clippedProbabilities(), targets: targets, labels: labels)
    }

    init(scores: NormalizedScores, targets: [Int], labels: [String]) throws(EvaluationError) {
        guard !targets.isEmpty, !labels.isEmpty else { throw .empty }
        confusion = try ConfusionMatrix(
            targets: targets, predictions: scores.predictions, classes: labels.count)
        let confusion = confusion
        self.labels = labels
        count = targets.count
        loss = scores.logLosses(targets: targets).mean
        brierScore = scores.brierScores(targets: targets).mean
        expectedCalibrationError =
            ReliabilityDiagram(
                checked: scores.confidences, correct: zip(targets, scores.predictions).map { $0 == $1 }
            ).expectedCalibrationError
        accuracy = Double(confusion.correct) / Double(targets.count)
        perClass = labels.indices.map { ClassMetrics(of: $0, label: labels[$0], in: confusion) }
        unweightedAverageRecall = perClass.filter { $0.support > 0 }.map(\.recall).mean
        macroPrecision = perClass.map(\.precision).mean
        macroRecall = perClass.map(\.recall).mean
        macroF1 = perClass.map(\.f1).mean
        let areas = labels.indices.map { index in
            areaUnderROC(scores: scores.probabilities.map { $0[index] }, positives: targets.map { $0 == index })
        }
        let ranked = areas.compactMap { $0 }
        auc = ranked.isEmpty ? nil : ranked.mean
        aucLeavesOut = labels.indices.filter { areas[$0] == nil }.map { labels[$0] }
    }
}

extension ClassMetrics {
    fileprivate init(of index: Int, label: String, in confusion: ConfusionMatrix) {
        let correct = Double(confusion.counts[index][index])
        let predicted = Double(confusion.predicted(as: index))
        let support = confusion.support(of: index)
        self.label = label
        self.support = support
        precision = predicted > 0 ? correct / predicted : 0
        recall = support > 0 ? correct / Double(support) : 0
        // 2 P R / (P + R), written so that it is one division of counts.
        f1 = correct > 0 ? 2 * correct / (predicted + Double(support)) : 0
    }
}

extension ClassificationMetrics: CustomStringConvertible {
    /// The averages, and a table of the classes.
    public var description: String {
        var lines = [
            "accuracy \(accuracy.fixed(4)) (\(errors) \(errors == 1 ? "error" : "errors") in \(count)), "
                + "log-loss \(loss.fixed(4)), Brier score \(brierScore.fixed(4)), "
                + "expected calibration error \(expectedCalibrationError.fixed(4))",
            "UAR \(unweightedAverageRecall.fixed(4)), macro precision \(macroPrecision.fixed(4)), recall "
                + "\(macroRecall.fixed(4)), F1 \(macroF1.fixed(4)), AUC \(auc.map { $0.fixed(4) } ?? "undefined")",
        ]
        if !aucLeavesOut.isEmpty {
            lines.append(
                "left out of AUC, having no clip to rank against the rest: "
                    + aucLeavesOut.joined(separator: ", "))
        }
        return (lines + [classTable]).joined(separator: "\n")
    }

    /// Precision, recall, F1 and number of clips of each class as a table.
    public var classTable: String {
        var table = TextTable(["class", "precision", "recall", "F1", "clips"])
        for entry in perClass {
            table.append([
                entry.label, entry.precision.fixed(4), entry.recall.fixed(4), entry.f1.fixed(4), "\(entry.support)",
            ])
        }
        return table.lines.joined(separator: "\n")
    }
}
