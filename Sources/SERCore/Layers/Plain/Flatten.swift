// SPDX-License-Identifier: Apache-2.0

/// Joins axes into one: `[1, 40, 130]` becomes `[5200]`.
///
/// Axes from ``startAxis`` on, which do not count the batch axis, become the last.
public struct Flatten: UnaryLayer {
    public static let kind = "flatten"

    /// The first axis to join, the batch axis left out.
    public var startAxis: Int

    /// A layer that joins all axes from `startAxis` on.
    public init(startAxis: Int = 0) { self.startAxis = startAxis }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        guard (0..<max(input.rank, 1)).contains(startAxis) else {
            throw ShapeError(
                layer: Self.kind, expected: "an axis numbered \(startAxis)", got: "\(input)",
                hint: "Axes are counted from 0, the batch axis left out.")
        }
        let joined = input.dimensions[startAxis...].map(\.length)
        guard let count = joined.reduce(1, { known, length in known.flatMap { a in length.map { a * $0 } } }) else {
            throw ShapeError(
                layer: Self.kind, expected: "axes of known length", got: "\(input)",
                hint: "Pad or cut clips to a fixed duration, or pool over time first.")
        }
        return Shape(input.dimensions[..<startAxis] + [.fixed(count)])
    }

    public func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor {
        let kept = startAxis + 1
        return x.reshaped(Array(x.shape[..<kept]) + [x.shape[kept...].reduce(1, *)])
    }
}
