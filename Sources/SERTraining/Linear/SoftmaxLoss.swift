// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What multinomial logistic regression minimises, over a row of weights w_k and a bias for each class:
/// 1/2 |w|^2 + sum of C_i times the cross-entropy of softmax(w x_i) (Bishop, Pattern Recognition and Machine Learning,
/// 2006, section 4.3.4). The biases are free.
package struct SoftmaxLoss: ConvexFunction {
    let rows: LinearRows
    let targets: [Int]
    let classes: Int
    /// How much each clip counts.
    let strengths: [Double]

    /// The function for some clips.
    /// - Parameters:
    ///   - targets: For each clip, its class.
    ///   - strengths: For each clip, C.
    package init(_ rows: LinearRows, targets: [Int], classes: Int, strengths: [Double]) {
        self.rows = rows
        self.targets = targets
        self.classes = classes
        self.strengths = strengths
    }

    package var count: Int { classes * rows.columns }

    package func place(at point: [Double]) -> Place {
        var probabilities = rows.products(with: point)
        var (slopes, bends) = (probabilities, probabilities)
        var value = squares(point) / 2
        for clip in 0..<rows.count {
            let own = clip * classes..<(clip + 1) * classes, target = own.lowerBound + targets[clip]
            let strength = strengths[clip], (loss, lacking) = softmax(&probabilities, own, target: target)
            value += strength * loss
            for index in own {
                let probability = probabilities[index]
                slopes[index] = strength * probability
                bends[index] = strength * probability * (1 - probability)
            }
            slopes[target] = -strength * lacking
            bends[target] = strength * probabilities[target] * lacking
        }
        return Place(
            value: value, gradient: withPenalty(rows.sums(weightedBy: slopes), of: point),
            // A bias that hardly matters any more is no reason to divide by nothing.
            curvature: withPenalty(rows.sumsOfSquares(weightedBy: bends), of: [Double](repeating: 1, count: count))
                .map { max($0, 1e-12) },
            function: self, probabilities: probabilities)
    }

    /// The probabilities of one clip in the place of its logits.
    /// - Returns: The cross-entropy, and what the target's probability lacks to 1: both to all digits also where they are
    ///   next to nothing, as at the end of a search.
    private func softmax(
        _ values: inout [Double], _ own: Range<Int>, target: Int
    ) -> (loss: Double, lacking: Double) {
        let logit = values[target]
        var greatest = logit, others = 0.0
        for index in own { greatest = max(greatest, values[index]) }
        for index in own {
            values[index] = exp(values[index] - greatest)
            if index != target { others += values[index] }
        }
        let sum = others + values[target]
        for index in own { values[index] /= sum }
        return (logit < greatest ? greatest - logit + log(sum) : log1p(others), others / sum)
    }

    private func squares(_ point: [Double]) -> Double {
        point.indices.reduce(0) { isBias($1) ? $0 : $0 + point[$1] * point[$1] }
    }

    private func isBias(_ index: Int) -> Bool { index % rows.columns == rows.columns - 1 }

    /// The sums with what the squares of the weights add to them.
    fileprivate func withPenalty(_ sums: [Double], of weights: [Double]) -> [Double] {
        var sums = sums
        for index in sums.indices where !isBias(index) { sums[index] += weights[index] }
        return sums
    }

    package struct Place: ConvexPlace {
        package let value: Double
        package let gradient, curvature: [Double]
        fileprivate let function: SoftmaxLoss
        /// [clips, classes].
        fileprivate let probabilities: [Double]

        package func change(ofGradientAlong direction: [Double]) -> [Double] {
            let rows = function.rows, classes = function.classes
            var along = rows.products(with: direction)
            for clip in 0..<rows.count {
                let own = clip * classes..<(clip + 1) * classes
                var mean = 0.0
                for index in own { mean += probabilities[index] * along[index] }
                for index in own {
                    along[index] = function.strengths[clip] * probabilities[index] * (along[index] - mean)
                }
            }
            return function.withPenalty(rows.sums(weightedBy: along), of: direction)
        }
    }
}
