// SPDX-License-Identifier: Apache-2.0

extension Tensor {
    /// The axes in another order: axis i of the result is axis `order[i]` of this.
    public func permuted(_ order: [Int]) -> Tensor {
        require(
            order.count == rank && shape.indices.allSatisfy(order.contains),
            "permuted: \(order) is not an order of the \(rank) axes of shape \(shape)")
        let target = order.map { shape[$0] }
        // Axes of length 1 may move without moving a value.
        var last = -1
        var keepsOrder = true
        for axis in order where shape[axis] != 1 {
            keepsOrder = keepsOrder && axis > last
            last = axis
        }
        if keepsOrder { return reshaped(target) }
        let strides = contiguousStrides(of: shape)
        return Tensor.operation(shape: target, [self]) { out in
            withPointer { Tensor.permute($0, to: out, target, order.map { strides[$0] }, accumulate: false) }
        } pullback: { [shape] _ in
            { upstream, cotangents in
                cotangents.write(0, shape: shape) { out, accumulate in
                    let (inverse, strides) = (Tensor.inverse(order), contiguousStrides(of: target))
                    upstream.withPointer {
                        Tensor.permute($0, to: out, shape, inverse.map { strides[$0] }, accumulate: accumulate)
                    }
                }
            }
        }
    }

    /// The last two axes exchanged.
    public func transposed() -> Tensor {
        require(rank >= 2, "transposed: shape \(shape) has no two axes")
        return transposed(-2, -1)
    }

    /// Two axes exchanged; negative axes count from the back.
    public func transposed(_ first: Int, _ second: Int) -> Tensor {
        var order = Array(0..<rank)
        order.swapAt(axis(first, in: "transposed"), axis(second, in: "transposed"))
        return permuted(order)
    }

    /// One axis taken out and put in at another place.
    func movingAxis(_ source: Int, to destination: Int) -> Tensor {
        if source == destination { return self }
        var order = Array(0..<rank)
        order.insert(order.remove(at: source), at: destination)
        return permuted(order)
    }

    private static func inverse(_ order: [Int]) -> [Int] {
        var result = order
        for (place, axis) in order.enumerated() { result[axis] = place }
        return result
    }

    private static func permute(
        _ x: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>, _ shape: [Int], _ strides: [Int],
        accumulate: Bool
    ) {
        StridedLoop(shape, contiguousStrides(of: shape), strides, rowsFollowSecond: true)
            .copy(x, to: out, accumulate: accumulate)
    }
}
