// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Binary cross-entropy of logits against targets, averaged over all values.
///
/// The mean of -(w y log s(x) + (1 - y) log(1 - s(x))), where s(x) = 1 / (1 + e^-x) and w is the weight of positive
/// targets; PyTorch's `BCEWithLogitsLoss`, computed without forming s(x). Targets are constants to differentiation.
///
/// - Parameters:
///   - logits: Any shape, before any sigmoid.
///   - targets: As the logits, 0...1.
///   - positiveWeights: One for each place of the last axis; nil weighs positive targets as negative ones.
/// - Returns: A scalar. NaN when a logit is NaN.
public func binaryCrossEntropy(logits: Tensor, targets: Tensor, positiveWeights: [Float]? = nil) -> Tensor {
    require(
        logits.shape == targets.shape && logits.count > 0,
        "binaryCrossEntropy: logits \(logits.shape) do not fit targets \(targets.shape)")
    let (count, last) = (logits.count, logits.shape.last ?? 1)
    require(
        positiveWeights == nil || positiveWeights?.count == last,
        "binaryCrossEntropy: \(positiveWeights?.count ?? 0) weights for a last axis of \(last)")
    var total = 0.0
    let gradient = Tensor(shape: logits.shape) { out in
        withPointers(logits, targets) { logits, targets in
            for i in 0..<count {
                let (x, y) = (Double(logits[i]), Double(targets[i]))
                let weight = 1 + ((positiveWeights.map { Double($0[i % last]) } ?? 1) - 1) * y
                let small = exp(-abs(x))
                // log(1 + e^-x), and 1 / (1 + e^x), each without overflow
                let softplus = log1p(small) + (x < 0 ? -x : 0)
                let opposite = (x < 0 ? 1 : small) / (1 + small)
                total += (y == 1 ? 0 : (1 - y) * x) + weight * softplus
                out[i] = Float((1 - y - weight * opposite) / Double(count))
            }
        }
    }
    return Tensor(Float(total / Double(count))).recorded([logits]) { _ in
        { upstream, cotangents in cotangents.add(scaled(gradient, by: upstream.item), to: 0) }
    }
}
