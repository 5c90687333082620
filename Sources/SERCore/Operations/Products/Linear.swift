// SPDX-License-Identifier: Apache-2.0

/// y = x W^T + b over the last axis, as one operation.
///
/// - Parameters:
///   - x: [..., inputs].
///   - weight: [units, inputs].
///   - bias: [units].
/// - Returns: [..., units].
public func linear(_ x: Tensor, weight: Tensor, bias: Tensor? = nil) -> Tensor {
    linear(x, weight: weight, bias: bias) { _, _ in nil }
}

/// - Parameter pack: Gives the weight packed, where it keeps what it is asked for; asked only when it would be used.
package func linear(
    _ x: Tensor, weight: Tensor, bias: Tensor?,
    pack: (_ count: Int, _ fill: (UnsafeMutablePointer<Float>) -> Void) -> Buffer?
) -> Tensor {
    require(
        weight.rank == 2 && x.rank >= 1 && x.shape.last == weight.shape[1],
        "linear: x \(x.shape) and weight \(weight.shape) do not fit: [..., inputs] and [units, inputs] are needed")
    let (units, inputs) = (weight.shape[0], weight.shape[1])
    require(bias == nil || bias?.shape == [units], "linear: bias \(bias?.shape ?? []) is not [\(units)]")
    let products = DenseProducts(rows: x.count / max(inputs, 1), units: units, inputs: inputs)
    let packed = products.packedCount.flatMap { count in
        pack(count) { out in weight.withPointer { products.pack($0, into: out) } }
    }
    let operands = [x, weight] + (bias.map { [$0] } ?? [])
    return Tensor.operation(shape: x.shape.dropLast() + [units], operands) { out in
        withPointers(x, weight) { px, pw in
            withPointer(bias) { pb in
                if let packed { return products.forward(px, packed: packed, bias: pb, into: out) }
                products.forward(px, pw, bias: pb, into: out)
            }
        }
    } pullback: { [x = x.detached, weight = weight.detached] _ in
        { upstream, cotangents in
            cotangents.write(0, shape: x.shape) { out, accumulate in
                withPointers(upstream, weight) { products.inputGradient($0, $1, into: out, accumulate: accumulate) }
            }
            cotangents.write(1, shape: weight.shape) { out, accumulate in
                withPointers(upstream, x) { products.weightGradient($0, $1, into: out, accumulate: accumulate) }
            }
            if operands.count == 3 {
                cotangents.write(2, shape: [units]) { out, accumulate in
                    upstream.withPointer { products.biasGradient($0, into: out, accumulate: accumulate) }
                }
            }
        }
    }
}
