// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// What refusing to answer buys: how many clips are answered when the less confident ones are not, and how many of the
/// answers are wrong (selective classification; El-Yaniv and Wiener, JMLR 11, 2010).
public struct RiskCoverageCurve: Codable, Sendable, Equatable {
    /// What happens when clips are answered from a confidence on.
    public struct Point: Codable, Sendable, Equatable {
        /// The confidence of the least confident clip that is answered.
        public let confidence: Double
        /// How many clips are answered, and how many of those wrongly.
        public let answered, errors: Int
        /// The fraction of clips that is answered.
        public let coverage: Double
        /// The fraction of the answered clips that is wrong.
        public let risk: Double
    }

    /// The points, from the most confident clips alone to all; clips of the same confidence come together.
    public let points: [Point]
    /// Number of clips.
    public let count: Int
    /// The mean risk over answering the 1, 2, ..., all most confident clips (AURC; Geifman, Uziel and El-Yaniv,
    /// Bias-reduced uncertainty estimation, ICLR 2019). Clips of the same confidence count as in the mean of their
    /// orders.
    public let area: Double

    /// The curve of predictions.
    /// - Parameters:
    ///   - confidences: the probability of each predicted class, 0...1.
    ///   - correct: whether each prediction is right, as many.
    /// - Throws: ``EvaluationError`` when there is no prediction or counts do not fit.
    public init(confidences: [Double], correct: [Bool]) throws(EvaluationError) {
        guard !confidences.isEmpty else { throw .empty }
        guard confidences.count == correct.count else {
            throw .countsDiffer(targets: correct.count, predictions: confidences.count)
        }
        self.init(checked: confidences, correct: correct)
    }

    init(checked confidences: [Double], correct: [Bool]) {
        // What is no number is no confidence.
        let values = confidences.map { $0.isNaN ? 0 : $0 }
        let order = values.indices.sorted { (values[$1], $0) < (values[$0], $1) }
        var points: [Point] = []
        var start = 0, errors = 0, area = 0.0
        while start < order.count {
            var end = start, wrong = 0
            while end < order.count, values[order[end]] == values[order[start]] {
                if !correct[order[end]] { wrong += 1 }
                end += 1
            }
            let share = Double(wrong) / Double(end - start)
            for answered in start..<end {
                area += (Double(errors) + share * Double(answered + 1 - start)) / Double(answered + 1)
            }
            errors += wrong
            points.append(
                Point(
                    confidence: values[order[start]], answered: end, errors: errors,
                    coverage: Double(end) / Double(order.count), risk: Double(errors) / Double(end)))
            start = end
        }
        self.points = points
        count = order.count
        self.area = area / Double(max(order.count, 1))
    }

    /// What happens when clips below a confidence are not answered; `nil` when none is left.
    public func point(unsureBelow threshold: Double) -> Point? {
        points.last { $0.confidence >= threshold }
    }

    /// The point with the fewest answers that still answers a fraction of the clips; `nil` above 1.
    public func point(coverage: Double) -> Point? {
        // A hair less, so that 0.9 of 10 clips is 9.
        points.first { $0.coverage >= coverage - 1e-12 }
    }

    /// A table of how risk falls with coverage, at the given fractions; a point that is that of several stands once.
    public func table(coverages: [Double] = keyCoverages) -> String {
        var table = TextTable(["answered", "unsure below", "accuracy of the answers", "errors"], alignments: [])
        var answered: Int?
        // Of few clips, or of clips of equal confidence, one point is that of several fractions.
        for point in coverages.compactMap(point(coverage:)) where point.answered != answered {
            answered = point.answered
            table.append([
                // Rounded down: rounded up it would leave out the very clip that it is of.
                "\((point.coverage * 100).fixed(1)) %",
                ((point.confidence * 1e4).rounded(.down) / 1e4).fixed(4), (1 - point.risk).fixed(4),
                "\(point.errors) in \(point.answered)",
            ])
        }
        return table.lines.joined(separator: "\n")
    }

    /// The fractions of clips at which the curve is told.
    public static let keyCoverages = [1, 0.95, 0.9, 0.8, 0.7, 0.5]
}

extension Evaluation {
    /// How many clips are answered, and how many of them wrongly, when those below a confidence are not.
    public var riskCoverage: RiskCoverageCurve {
        RiskCoverageCurve(checked: scores.confidences, correct: correct)
    }
}
