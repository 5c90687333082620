// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels

extension TemperatureScaling {
    /// The temperature with the least log-loss.
    ///
    /// With b = 1 / temperature the log-loss is convex in b, with the derivative mean(E[z] - z of the true class) and
    /// the second derivative mean(Var[z]), both under softmax(b z): Newton's steps, and halving where one leaves the
    /// bracket.
    /// - Parameters:
    ///   - logits: scores, [clips, classes], of clips that were not trained on.
    ///   - targets: true class of each clip.
    /// - Returns: `nil` where the clips do not determine a temperature in `range`: where all are right or the scores
    ///   tell nothing; then logits are best left as they are.
    /// - Throws: ``EvaluationError`` when counts or indices do not fit, or a score is not finite.
    public static func fitted(
        logits: [[Float]], targets: [Int]
    ) throws(EvaluationError) -> TemperatureScaling? {
        guard logits.count == targets.count else {
            throw .countsDiffer(targets: targets.count, predictions: logits.count)
        }
        let classes = logits.first?.count ?? 0
        for (position, (row, target)) in zip(logits, targets).enumerated() {
            guard row.count == classes else {
                throw .scoresDiffer(row: position, scores: row.count, classes: classes)
            }
            guard row.indices.contains(target) else {
                throw .classOutOfRange(target, position: position, classes: classes)
            }
            guard row.allSatisfy(\.isFinite) else { throw .notFinite(row: position) }
        }
        // Less its largest, which changes no softmax and keeps exp from overflowing for any b.
        let clips = zip(logits, targets).map { row, target in
            let largest = row.max() ?? 0
            return (scores: row.map { Double($0) - Double(largest) }, target: target)
        }
        func derivatives(_ b: Double) -> (first: Double, second: Double) {
            var first = 0.0, second = 0.0
            for (scores, target) in clips {
                let weights = scores.map { exp(b * $0) }
                let sum = weights.reduce(0, +)
                let mean = zip(weights, scores).reduce(0) { $0 + $1.0 * $1.1 } / sum
                first += mean - scores[target]
                second += zip(weights, scores).reduce(0) { $0 + $1.0 * ($1.1 - mean) * ($1.1 - mean) } / sum
            }
            return (first, second)
        }
        var (lower, upper) = (1 / range.upperBound, 1 / range.lowerBound)
        guard derivatives(lower).first < 0, derivatives(upper).first > 0 else { return nil }
        var b = 1.0
        for _ in 0..<200 {
            let (first, second) = derivatives(b)
            if first > 0 { upper = b } else { lower = b }
            let step = b - first / second
            let next = step > lower && step < upper ? step : lower + (upper - lower) / 2
            guard abs(next - b) > 1e-14 * b, first != 0 else { break }
            b = next
        }
        return TemperatureScaling(nearest: 1 / b)
    }
}
