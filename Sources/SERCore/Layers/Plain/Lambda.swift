// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A pure function as a layer, for trying things out: it composes, differentiates and trains, and cannot be saved.
///
/// ```swift
/// Lambda { x in log(x + 1) }
/// Lambda(outputShape: { shape in Shape(shape.dimensions + [1]) }) { x in x.expandingDimension(at: -1) }
/// ```
/// The function gets the values of a batch, axis 0 being the batch, with anything at padded positions; where there is
/// time it must keep its length, and it must compute each row and step from that row and step alone, or padding would
/// reach its results. A file holds descriptions, not code: encoding a `Lambda` throws ``UnsavableLayerError``, and
/// saving a network with one fails with its words. What is to be kept is written as a layer, a struct of a few lines;
/// see ``UnaryLayer``.
public struct Lambda: UnaryLayer {
    public static let kind = "lambda"

    private let shape: @Sendable (Shape) throws(ShapeError) -> Shape
    private let function: @Sendable (Tensor) -> Tensor

    /// A function that leaves the shape as it is.
    public init(_ function: @escaping @Sendable (Tensor) -> Tensor) {
        self.init(outputShape: { (shape: Shape) throws(ShapeError) -> Shape in shape }, function)
    }

    /// A function that changes the shape as `outputShape` states, the batch axis left out.
    public init(
        outputShape: @escaping @Sendable (Shape) throws(ShapeError) -> Shape,
        _ function: @escaping @Sendable (Tensor) -> Tensor
    ) {
        shape = outputShape
        self.function = function
    }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape { try shape(input) }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        let y = function(input.values)
        var dimensions = input.values.shape.dropFirst().map { Shape.Dimension.fixed($0) }
        if let axis = input.timeAxis { dimensions[axis - 1] = .time }
        if let promised = try? shape(Shape(dimensions)) {
            let time = promised.timeAxis.map { $0 + 1 }
            require(
                promised.accepts(y.shape) && y.shape[0] == input.values.shape[0]
                    && (time == nil || input.timeAxis == nil
                        || y.shape[time ?? 0] == input.values.shape[input.timeAxis ?? 0]),
                "\(context.scope.path): the function of a Lambda gave \(y.shape) for \(input.values.shape), not "
                    + "[batch] + \(promised) with batch and time as they came")
            return Signal(y, lengths: time == nil ? nil : input.lengths, timeAxis: time)
        }
        return Signal(y, lengths: input.lengths, timeAxis: input.timeAxis)
    }

    public init(from decoder: any Decoder) throws { throw UnsavableLayerError.function(Self.kind) }

    public func encode(to encoder: any Encoder) throws { throw UnsavableLayerError.function(Self.kind) }
}

/// Why a network cannot be saved: one of its layers is not a description.
public struct UnsavableLayerError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    /// What kind of layer.
    public var layer: String
    /// Why it cannot be saved.
    public var reason: String
    /// What to do about it.
    public var hint: String

    static func function(_ kind: String) -> UnsavableLayerError {
        UnsavableLayerError(
            layer: kind, reason: "it holds a function, and a file holds descriptions, not code",
            hint: "Write it as a layer, a struct that conforms to UnaryLayer, and load with a registry that has it.")
    }

    public var description: String { "A \(layer) cannot be saved: \(reason). \(hint)" }

    public var errorDescription: String? { description }
}
