// SPDX-License-Identifier: Apache-2.0

/// A multi-dimensional array of 32-bit positions, row-major: what ``Tensor/argmax(axis:)`` returns and gathering takes.
public struct IndexTensor: Sendable, Hashable, ExpressibleByArrayLiteral {
    /// The length of each axis.
    public let shape: [Int]
    /// The positions in row-major order.
    public let scalars: [Int32]

    /// Positions in row-major order. Stops the program when their number is not the product of the shape.
    public init(_ scalars: [Int32], shape: [Int]) {
        require(
            scalars.count == Tensor.count(of: shape, in: "IndexTensor"),
            "IndexTensor: \(scalars.count) positions cannot fill shape \(shape)")
        self.scalars = scalars
        self.shape = shape
    }

    /// Positions along one axis.
    public init(_ scalars: [Int32]) { self.init(scalars, shape: [scalars.count]) }

    public init(arrayLiteral elements: Int32...) { self.init(elements) }
}

extension Tensor {
    /// The given positions of an axis, in that order, repetitions included (PyTorch's `index_select`).
    public func selecting(_ positions: [Int32], axis: Int = 0) -> Tensor {
        let axis = self.axis(axis, in: "selecting")
        let length = shape[axis]
        for position in positions {
            require(
                position >= 0 && position < length, "selecting: no position \(position) in axis \(axis) of \(shape)")
        }
        var target = shape
        target[axis] = positions.count
        let outer = shape[..<axis].reduce(1, *)
        let inner = shape[(axis + 1)...].reduce(1, *)
        return Tensor.operation(shape: target, [self]) { out in
            withPointer { x in
                for block in 0..<outer {
                    for (place, position) in positions.enumerated() {
                        (out + (block * positions.count + place) * inner)
                            .update(from: x + (block * length + Int(position)) * inner, count: inner)
                    }
                }
            }
        } pullback: { [shape] _ in
            { upstream, cotangents in
                cotangents.accumulate(0, shape: shape) { out in
                    upstream.withPointer { dy in
                        for block in 0..<outer {
                            for (place, position) in positions.enumerated() {
                                let target = out + (block * length + Int(position)) * inner
                                let source = dy + (block * positions.count + place) * inner
                                for i in 0..<inner { target[i] += source[i] }
                            }
                        }
                    }
                }
            }
        }
    }

    /// For each position of `indices`, the element of this tensor whose place along `axis` the index tells (PyTorch's
    /// `gather`).
    ///
    /// - Parameters:
    ///   - indices: The shape of this tensor, except along `axis`.
    ///   - axis: The axis along which the indices tell places; negative ones count from the back.
    public func gathering(_ indices: IndexTensor, axis: Int) -> Tensor {
        let axis = self.axis(axis, in: "gathering")
        var expected = shape
        if indices.shape.count == rank { expected[axis] = indices.shape[axis] }
        require(
            indices.shape == expected, "gathering: indices \(indices.shape) do not fit \(shape) beside axis \(axis)")
        let length = shape[axis]
        require(
            indices.scalars.allSatisfy { $0 >= 0 && $0 < length },
            "gathering: an index lies outside axis \(axis) of shape \(shape)")
        let inner = shape[(axis + 1)...].reduce(1, *)
        let block = indices.shape[axis...].reduce(1, *)
        /// Where the element lies that goes to a place of the result.
        func source(_ place: Int) -> Int {
            (place / block * length + Int(indices.scalars[place])) * inner + place % inner
        }
        return Tensor.operation(shape: indices.shape, [self]) { out in
            withPointer { x in for place in indices.scalars.indices { out[place] = x[source(place)] } }
        } pullback: { [shape] _ in
            { upstream, cotangents in
                cotangents.accumulate(0, shape: shape) { out in
                    upstream.withPointer { dy in
                        for place in indices.scalars.indices { out[source(place)] += dy[place] }
                    }
                }
            }
        }
    }
}
