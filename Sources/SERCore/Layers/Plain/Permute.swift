// SPDX-License-Identifier: Apache-2.0

/// Puts axes into another order: `Permute([1, 0])` turns `[.time, 40]` into `[40, .time]`.
///
/// Axes are counted from 0, the batch axis left out; axis i of the output is axis order[i] of the input.
public struct Permute: UnaryLayer {
    public static let kind = "permute"

    /// For each axis of the output, which axis of the input it is.
    public var order: [Int]

    /// A layer that puts axes into the given order.
    public init(_ order: [Int]) { self.order = order }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        guard order.sorted() == Array(0..<input.rank) else {
            throw ShapeError(
                layer: Self.kind, expected: "\(order.count) axes, each named once in \(order)", got: "\(input)",
                hint: "Name every axis once, counted from 0, the batch axis left out.")
        }
        return Shape(order.map { input[$0] })
    }

    public func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor {
        x.permuted([0] + order.map { $0 + 1 })
    }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        let timeAxis = input.timeAxis.flatMap { axis in order.firstIndex(of: axis - 1).map { $0 + 1 } }
        return Signal(self(input.values, in: &context), lengths: input.lengths, timeAxis: timeAxis)
    }
}
