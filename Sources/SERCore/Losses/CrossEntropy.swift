import Foundation

/// Categorical cross-entropy of logits against class numbers, averaged over the batch.
///
/// - Parameters:
///   - logits: [batch, classes], before any softmax.
///   - labels: The class of each row, 0..<classes.
/// - Returns: A scalar: -mean over rows of log softmax(logits)[label].
public func crossEntropy(logits: Tensor, labels: [Int]) -> Tensor {
    precondition(
        logits.rank == 2 && logits.shape[0] == labels.count && !labels.isEmpty,
        "crossEntropy: logits \(logits.shape) do not fit \(labels.count) labels: [batch, classes] is needed")
    let (rows, classes) = (logits.shape[0], logits.shape[1])
    precondition(
        labels.allSatisfy { (0..<classes).contains($0) }, "crossEntropy: a label is outside 0..<\(classes)")
    let probabilities = Tensor(shape: logits.shape) { out in
        logits.withPointer { z in
            for row in 0..<rows { softmaxRow(z + row * classes, into: out + row * classes, classes) }
        }
    }
    return Tensor.operation(shape: [], [logits]) { out in
        var total = 0.0
        logits.withPointer { z in
            for row in 0..<rows {
                let line = UnsafeBufferPointer(start: z + row * classes, count: classes)
                total += logSumExp(line) - Double(line[labels[row]])
            }
        }
        out[0] = Float(total / Double(rows))
    } pullback: { _ in
        { upstream, cotangents in
            let scale = upstream.item / Float(rows)
            cotangents.add(
                Tensor(shape: probabilities.shape) { out in
                    probabilities.withPointer { p in
                        for i in 0..<(rows * classes) { out[i] = p[i] * scale }
                    }
                    for row in 0..<rows { out[row * classes + labels[row]] -= scale }
                }, to: 0)
        }
    }
}

private func logSumExp(_ line: UnsafeBufferPointer<Float>) -> Double {
    let most = Double(line.max() ?? 0)
    return most + log(line.reduce(0) { $0 + exp(Double($1) - most) })
}

private func softmaxRow(_ z: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>, _ count: Int) {
    let total = logSumExp(UnsafeBufferPointer(start: z, count: count))
    for i in 0..<count { out[i] = Float(exp(Double(z[i]) - total)) }
}
