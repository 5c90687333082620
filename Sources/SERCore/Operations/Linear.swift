import COpenBLAS

/// y = x W^T + b over the last axis, as one operation.
///
/// - Parameters:
///   - x: [..., inputs].
///   - weight: [units, inputs].
///   - bias: [units].
/// - Returns: [..., units].
public func linear(_ x: Tensor, weight: Tensor, bias: Tensor? = nil) -> Tensor {
    require(
        weight.rank == 2 && x.rank >= 1 && x.shape.last == weight.shape[1],
        "linear: x \(x.shape) and weight \(weight.shape) do not fit: [..., inputs] and [units, inputs] are needed")
    let (units, inputs) = (weight.shape[0], weight.shape[1])
    require(bias == nil || bias?.shape == [units], "linear: bias \(bias?.shape ?? []) is not [\(units)]")
    let rows = x.count / max(inputs, 1)
    let operands = [x, weight] + (bias.map { [$0] } ?? [])
    return Tensor.operation(shape: x.shape.dropLast() + [units], operands) { out in
        bias?.withPointer { for row in 0..<rows { (out + row * units).update(from: $0, count: units) } }
        withPointers(x, weight) { px, pw in
            BLAS.product(px, pw, into: out, rows, units, inputs, transposeB: true, accumulate: bias != nil)
        }
    } pullback: { [x = x.detached, weight = weight.detached] _ in
        { upstream, cotangents in
            cotangents.write(0, shape: x.shape) { out, accumulate in
                withPointers(upstream, weight) { dy, pw in
                    BLAS.product(dy, pw, into: out, rows, inputs, units, accumulate: accumulate)
                }
            }
            cotangents.write(1, shape: weight.shape) { out, accumulate in
                withPointers(upstream, x) { dy, px in
                    BLAS.product(dy, px, into: out, units, inputs, rows, transposeA: true, accumulate: accumulate)
                }
            }
            if operands.count == 3 {
                cotangents.accumulate(2, shape: [units]) { out in
                    upstream.withPointer { dy in
                        for row in 0..<rows { for unit in 0..<units { out[unit] += dy[row * units + unit] } }
                    }
                }
            }
        }
    }
}
