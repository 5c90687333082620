// SPDX-License-Identifier: Apache-2.0

/// Drops values at random in training, and does nothing in inference.
///
/// Any shape to the same shape. Inverted dropout: what stays is multiplied by 1 / (1 - rate).
public struct Dropout: UnaryLayer {
    public static let kind = "dropout"

    /// The probability with which a value becomes 0.
    public var rate: Float

    /// A layer that drops values with the given probability, 0..<1.
    public init(_ rate: Float) { self.rate = rate }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        try DropoutRules.check(Self.kind, rate)
        return input
    }

    public func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor {
        guard let key = context.randomKey() else { return x }
        return dropout(x, rate: rate, key: key)
    }
}
