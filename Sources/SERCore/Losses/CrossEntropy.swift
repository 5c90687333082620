// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Sparse categorical cross-entropy: logits against class numbers, averaged over the rows.
///
/// With weights w and smoothing s, of C classes: the sum over rows of
/// -(1 - s) w[label] log p[label] - s / C sum over c of w[c] log p[c], divided by the sum over rows of w[label], where
/// p = softmax(logits); PyTorch's `CrossEntropyLoss`.
///
/// - Parameters:
///   - logits: [..., classes], before any softmax.
///   - labels: The class of each row, 0..<classes.
///   - classWeights: [classes]; nil weighs all classes alike. Rare classes get more weight than 1.
///   - labelSmoothing: The share of each target that is spread over all classes, 0...1.
/// - Returns: A scalar. NaN when a logit is NaN or +infinity.
public func crossEntropy(
    logits: Tensor, labels: [Int], classWeights: [Float]? = nil, labelSmoothing: Float = 0
) -> Tensor {
    let classes = classCount(logits, classWeights, labelSmoothing)
    require(
        logits.count == labels.count * classes && !labels.isEmpty,
        "crossEntropy: logits \(logits.shape) do not fit \(labels.count) labels: [..., classes] is needed")
    require(
        labels.allSatisfy { (0..<classes).contains($0) }, "crossEntropy: a label is outside 0..<\(classes)")
    let (share, even) = (1 - Double(labelSmoothing), Double(labelSmoothing) / Double(classes))
    let total = classWeights.map { weights in labels.reduce(0) { $0 + Double(weights[$1]) } } ?? Double(labels.count)
    return crossEntropy(logits, divisor: total) { row, c in
        let weight = classWeights.map { Double($0[c]) } ?? 1
        return weight * (c == labels[row] ? share + even : even)
    }
}

/// Categorical cross-entropy: logits against one-hot or soft targets, averaged over the rows.
///
/// With weights w and smoothing s, of C classes: the mean over rows of the sum over c of
/// -w[c] ((1 - s) target[c] + s / C) log p[c], where p = softmax(logits); PyTorch's `CrossEntropyLoss` with class
/// probabilities. Targets are constants to differentiation.
///
/// - Parameters:
///   - logits: [..., classes], before any softmax.
///   - targets: As the logits; each row adds up to 1.
///   - classWeights: [classes]; nil weighs all classes alike.
///   - labelSmoothing: The share of each target that is spread over all classes, 0...1.
/// - Returns: A scalar. NaN when a logit is NaN or +infinity.
public func crossEntropy(
    logits: Tensor, targets: Tensor, classWeights: [Float]? = nil, labelSmoothing: Float = 0
) -> Tensor {
    let classes = classCount(logits, classWeights, labelSmoothing)
    require(
        logits.shape == targets.shape && logits.count > 0,
        "crossEntropy: logits \(logits.shape) do not fit targets \(targets.shape): both must be [..., classes]")
    let (share, even) = (1 - Double(labelSmoothing), Double(labelSmoothing) / Double(classes))
    return targets.withPointer { t in
        crossEntropy(logits, divisor: Double(logits.count / classes)) { row, c in
            (classWeights.map { Double($0[c]) } ?? 1) * (share * Double(t[row * classes + c]) + even)
        }
    }
}

private func classCount(_ logits: Tensor, _ classWeights: [Float]?, _ labelSmoothing: Float) -> Int {
    let classes = logits.shape.last ?? 0
    require(classes > 0, "crossEntropy: logits \(logits.shape) have no classes: [..., classes] is needed")
    require(
        classWeights == nil || classWeights?.count == classes,
        "crossEntropy: \(classWeights?.count ?? 0) class weights for \(classes) classes")
    require(
        0 <= labelSmoothing && labelSmoothing <= 1, "crossEntropy: label smoothing \(labelSmoothing) is outside 0...1")
    return classes
}

/// -sum of target * log softmax(logits) / divisor. The gradient, (p * sum of the row's targets - target) / divisor, needs
/// the same exponentials and is computed on the way; in double precision, lest p - 1 of a sure row lose its digits.
private func crossEntropy(_ logits: Tensor, divisor: Double, target: (_ row: Int, _ class: Int) -> Double) -> Tensor {
    let classes = logits.shape.last ?? 1
    var total = 0.0
    var exponentials = [Double](repeating: 0, count: classes)
    let gradient = Tensor(shape: logits.shape) { out in
        logits.withPointer { z in
            for row in 0..<(logits.count / classes) {
                let (line, result) = (z + row * classes, out + row * classes)
                let (most, sum) = exponentiate(line, into: &exponentials)
                let logSum = most + log(sum)
                var mass = 0.0
                for c in 0..<classes {
                    let q = target(row, c)
                    mass += q
                    // 0 * log 0 counts as 0, so that a class ruled out by a logit of -infinity is no trouble.
                    if q != 0 { total += q * (logSum - Double(line[c])) }
                }
                for c in 0..<classes { result[c] = Float((exponentials[c] / sum * mass - target(row, c)) / divisor) }
                total += logSum * 0  // targets of 0 must not hide a NaN
            }
        }
    }
    return Tensor(Float(total / divisor)).recorded([logits]) { _ in
        { upstream, cotangents in cotangents.add(scaled(gradient, by: upstream.item), to: 0) }
    }
}

/// Writes e^(z - most) for each value of a row; returns the largest value, and the sum of what was written.
private func exponentiate(_ z: UnsafePointer<Float>, into out: inout [Double]) -> (most: Double, sum: Double) {
    var most = Double(z[0])
    for i in out.indices where Double(z[i]) > most { most = Double(z[i]) }
    var sum = 0.0
    for i in out.indices {
        out[i] = exp(Double(z[i]) - most)
        sum += out[i]
    }
    return (most, sum)
}

/// The tensor times a number, as a constant.
func scaled(_ tensor: Tensor, by factor: Float) -> Tensor {
    if factor == 1 { return tensor }
    let count = tensor.count
    return Tensor(shape: tensor.shape) { out in
        tensor.withPointer { x in for i in 0..<count { out[i] = x[i] * factor } }
    }
}
