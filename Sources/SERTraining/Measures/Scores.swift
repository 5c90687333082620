// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels
import SERSupport

/// Scores of a network, [clips, classes], checked for their shape.
package struct Scores {
    let rows: [[Float]]

    package init(rows: [[Float]], classes: Int) throws(EvaluationError) {
        for (index, row) in rows.enumerated() {
            guard row.count == classes else { throw .scoresDiffer(row: index, scores: row.count, classes: classes) }
            guard row.allSatisfy(\.isFinite) else { throw .notFinite(row: index) }
        }
        self.rows = rows
    }

    package init(checked rows: [[Float]]) { self.rows = rows }

    package init(flat: [Float], rows count: Int, classes: Int) throws(EvaluationError) {
        guard classes > 0, count > 0 else { throw .empty }
        guard flat.count == count * classes else {
            throw .countsDiffer(targets: count, predictions: flat.count / classes)
        }
        try self.init(rows: (0..<count).map { Array(flat[$0 * classes..<($0 + 1) * classes]) }, classes: classes)
    }

    /// Takes the scores as logits; the softmax is computed in double precision, so that confident scores keep their
    /// order instead of rounding to a tie at 1. They are divided by the temperature first, which changes no order.
    package func softmaxed(temperature: Double = 1) -> NormalizedScores {
        let logProbabilities = rows.map { SERModels.logProbabilities(of: $0, temperature: temperature) }
        return NormalizedScores(
            predictions: predictions, probabilities: logProbabilities.map { $0.map(exp) },
            logProbabilities: logProbabilities)
    }

    /// Takes the scores as probabilities.
    func clippedProbabilities() -> NormalizedScores {
        let probabilities = rows.map { $0.map(Double.init) }
        let least = Double(Float.ulpOfOne)
        return NormalizedScores(
            predictions: predictions, probabilities: probabilities,
            logProbabilities: probabilities.map { $0.map { log(min(max($0, least), 1 - least)) } })
    }

    private var predictions: [Int] { rows.map { $0.argmax ?? 0 } }
}

/// Scores as probabilities in double precision, with the class that each row prefers.
package struct NormalizedScores {
    let predictions: [Int]
    package let probabilities: [[Double]]
    let logProbabilities: [[Double]]

    /// The probability of the class that each row prefers.
    package var confidences: [Double] { predictions.indices.map { probabilities[$0][predictions[$0]] } }

    /// The log-loss of each row: minus the logarithm of the probability of the true class, in nats.
    package func logLosses(targets: [Int]) -> [Double] { targets.indices.map { -logProbabilities[$0][targets[$0]] } }

    /// The Brier score of each row (see ``ClassificationMetrics/brierScore``).
    func brierScores(targets: [Int]) -> [Double] {
        zip(probabilities, targets).map { row, target in
            let sum = row.indices.reduce(0.0) { sum, index in
                let difference = row[index] - (index == target ? 1 : 0)
                return sum + difference * difference
            }
            return row.count < 3 ? sum / 2 : sum
        }
    }
}
