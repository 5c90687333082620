// SPDX-License-Identifier: Apache-2.0

/// The mean of the squared differences, over all values.
///
/// - Parameters:
///   - predictions: Any shape.
///   - targets: As the predictions.
/// - Returns: A scalar, differentiable with respect to both.
public func meanSquaredError(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    require(
        predictions.shape == targets.shape && predictions.count > 0,
        "meanSquaredError: predictions \(predictions.shape) do not fit targets \(targets.shape)")
    let count = predictions.count
    return Tensor.operation(shape: [], [predictions, targets]) { out in
        var total = 0.0
        withPointers(predictions, targets) { a, b in
            for i in 0..<count {
                let difference = Double(a[i]) - Double(b[i])
                total += difference * difference
            }
        }
        out[0] = Float(total / Double(count))
    } pullback: { [predictions = predictions.detached, targets = targets.detached] _ in
        { upstream, cotangents in
            let factor = 2 * upstream.item / Float(count)
            for (position, sign) in [(0, factor), (1, -factor)] {
                cotangents.write(position, shape: predictions.shape) { out, accumulate in
                    withPointers(predictions, targets) { a, b in
                        for i in 0..<count { out[i] = (accumulate ? out[i] : 0) + sign * (a[i] - b[i]) }
                    }
                }
            }
        }
    }
}
