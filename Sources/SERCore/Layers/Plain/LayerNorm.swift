// SPDX-License-Identifier: Apache-2.0

/// Layer normalisation over the last axis (Ba, Kiros and Hinton, 2016), as PyTorch's `LayerNorm`.
///
/// `[..., features]`, unchanged; parameters `weight` and `bias` [features].
public struct LayerNorm: UnaryLayer {
    public static let kind = "layerNorm"

    /// Added to the variance.
    public var epsilon: Float

    /// A layer normalisation.
    public init(epsilon: Float = 1e-5) { self.epsilon = epsilon }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        guard input.last?.length != nil, epsilon >= 0, epsilon.isFinite else {
            throw ShapeError(
                layer: Self.kind, expected: "a last axis of known length and an epsilon of at least 0",
                got: "\(input) and \(epsilon)", hint: "Move the features to the last axis.")
        }
        return input
    }

    public func parameters(for input: Shape) -> [Declaration] {
        guard let features = input.last?.length else { return [] }
        return [
            Declaration("weight", shape: [features], initializer: .ones),
            Declaration("bias", shape: [features], initializer: .zeros),
        ]
    }

    public func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor {
        layerNormalization(
            x, gamma: context.parameter("weight"), beta: context.parameter("bias"), epsilon: epsilon)
    }
}
