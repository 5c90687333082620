// SPDX-License-Identifier: Apache-2.0

extension Tensor {
    /// The same values under another shape, without a copy. One length may be -1: it is what remains.
    public func reshaped(_ shape: [Int]) -> Tensor {
        if shape == self.shape { return self }
        let target = Tensor.resolved(shape, count: count, from: self.shape)
        let view = Tensor(buffer: buffer, offset: offset, shape: target)
        return view.recorded([self]) { [source = self.shape] _ in
            { upstream, cotangents in
                cotangents.add(Tensor(buffer: upstream.buffer, offset: upstream.offset, shape: source), to: 0)
            }
        }
    }

    /// All axes from `axis` on taken together as one, in row-major order.
    public func flattened(from axis: Int = 0) -> Tensor {
        if rank == 0 { return reshaped([1]) }
        let axis = self.axis(axis, in: "flattened")
        return reshaped(shape[..<axis] + [shape[axis...].reduce(1, *)])
    }

    /// A new axis of length 1 at the given place; negative places count from the back, -1 being behind all axes.
    public func expandingDimension(at axis: Int) -> Tensor {
        let place = axis < 0 ? axis + rank + 1 : axis
        require((0...rank).contains(place), "expandingDimension: no place \(axis) in shape \(shape)")
        return reshaped(shape[..<place] + [1] + shape[place...])
    }

    /// Without the given axes, which must have length 1; nil drops all axes of length 1.
    public func squeezed(axes: [Int]? = nil) -> Tensor {
        guard let axes else { return reshaped(shape.filter { $0 != 1 }) }
        let dropped = axes.map { axis($0, in: "squeezed") }
        for axis in dropped {
            require(shape[axis] == 1, "squeezed: axis \(axis) of shape \(shape) has not length 1")
        }
        return reshaped(shape.indices.filter { !dropped.contains($0) }.map { shape[$0] })
    }

    private static func resolved(_ shape: [Int], count: Int, from source: [Int]) -> [Int] {
        guard let open = shape.firstIndex(of: -1) else {
            require(
                Tensor.count(of: shape, in: "reshaped") == count, "reshaped: \(source) cannot become \(shape)")
            return shape
        }
        var result = shape
        result[open] = 1
        let known = Tensor.count(of: result, in: "reshaped")
        require(
            known > 0 && count % known == 0, "reshaped: \(source) cannot become \(shape): \(count) / \(known)")
        result[open] = count / known
        return result
    }
}
