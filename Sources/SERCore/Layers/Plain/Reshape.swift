// SPDX-License-Identifier: Apache-2.0

/// Gives the same values another shape: `[.time, 40]` to `[1, .time, 40]`.
///
/// Values keep their row-major order. One axis may be of unknown length: time stays time, with as many values before
/// and after it as there were; `.any` in front of an input of known lengths takes what is left.
public struct Reshape: UnaryLayer {
    public static let kind = "reshape"

    /// The shape that comes out, the batch axis left out.
    public var shape: Shape

    /// A layer that gives values another shape.
    public init(_ shape: Shape) { self.shape = shape }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        let open = shape.dimensions.indices.filter { shape[$0].length == nil }
        guard open.count <= 1, shape.dimensions.allSatisfy({ ($0.length ?? 1) > 0 }) else {
            throw mismatch(input, hint: "Give positive lengths, at most one of them unknown.")
        }
        // In floating point: the product of a stranger's lengths may not fit an integer.
        guard shape.dimensions.reduce(1.0, { $0 * Double($1.length ?? 1) }) <= 0x1p31 else {
            throw mismatch(input, hint: "Give lengths whose product is at most 2^31.")
        }
        guard let count = input.count else {
            guard pieces(input) == pieces(shape) else {
                throw mismatch(
                    input,
                    hint: "Keep the axis of unknown length and the number of values before and after it, or pad or "
                        + "cut clips to a fixed duration.")
            }
            return shape
        }
        var output = shape
        let known = shape.dimensions.compactMap(\.length).reduce(1, *)
        if let axis = open.first, shape[axis] == .any, count % known == 0 { output[axis] = .fixed(count / known) }
        guard output.count == count else {
            throw mismatch(input, hint: "Both shapes must hold the same number of values.")
        }
        return output
    }

    public func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor {
        let known = shape.dimensions.compactMap(\.length).reduce(1, *)
        let left = x.shape.dropFirst().reduce(1, *) / max(known, 1)
        return x.reshaped([x.shape[0]] + shape.dimensions.map { $0.length ?? left })
    }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        let timeAxis = shape.timeAxis.map { $0 + 1 }
        return Signal(
            self(input.values, in: &context), lengths: timeAxis == nil ? nil : input.lengths, timeAxis: timeAxis)
    }

    /// The unknown axes, and the number of values before, between and after them.
    private func pieces(_ shape: Shape) -> [Shape.Dimension] {
        var result: [Shape.Dimension] = [1]
        for dimension in shape.dimensions {
            if let length = dimension.length, let last = result.last?.length {
                result[result.count - 1] = .fixed(last * length)
            } else {
                result += [dimension, 1]
            }
        }
        return result
    }

    private func mismatch(_ input: Shape, hint: String) -> ShapeError {
        ShapeError(layer: Self.kind, expected: "an input that fills \(shape)", got: "\(input)", hint: hint)
    }
}
