// SPDX-License-Identifier: Apache-2.0

/// max(x, 0); any shape to the same shape.
public struct ReLU: UnaryLayer {
    public static let kind = "relu"

    /// A layer that computes max(x, 0).
    public init() {}

    public func outputShape(for input: Shape) -> Shape { input }
    public func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor { relu(x) }
}

/// x where it is above 0, slope * x elsewhere; any shape to the same shape.
public struct LeakyReLU: UnaryLayer {
    public static let kind = "leakyrelu"

    /// The factor of values below 0.
    public var slope: Float

    /// A layer that multiplies values below 0 by `slope`.
    public init(slope: Float = 0.01) { self.slope = slope }

    public func outputShape(for input: Shape) -> Shape { input }
    public func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor { leakyReLU(x, slope: slope) }
}

/// x where it is above 0, alpha * (e^x - 1) elsewhere (Clevert et al., 2016); any shape to the same shape.
public struct ELU: UnaryLayer {
    public static let kind = "elu"

    /// What values far below 0 tend to, negated.
    public var alpha: Float

    /// A layer that bends values below 0 towards -alpha.
    public init(alpha: Float = 1) { self.alpha = alpha }

    public func outputShape(for input: Shape) -> Shape { input }
    public func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor { elu(x, alpha: alpha) }
}

/// x times the normal distribution function at x (Hendrycks and Gimpel, 2016); any shape to the same shape.
public struct GELU: UnaryLayer {
    public static let kind = "gelu"

    /// Whether the distribution function is approximated by a hyperbolic tangent, as PyTorch's `approximate="tanh"`.
    public var approximate: Bool

    /// A layer that weighs values by the normal distribution function.
    public init(approximate: Bool = false) { self.approximate = approximate }

    public func outputShape(for input: Shape) -> Shape { input }
    public func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor { gelu(x, approximate: approximate) }
}

/// The hyperbolic tangent; any shape to the same shape.
public struct Tanh: UnaryLayer {
    public static let kind = "tanh"

    /// A layer that computes tanh x.
    public init() {}

    public func outputShape(for input: Shape) -> Shape { input }
    public func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor { tanh(x) }
}

/// The logistic function 1 / (1 + e^-x); any shape to the same shape.
public struct Sigmoid: UnaryLayer {
    public static let kind = "sigmoid"

    /// A layer that computes 1 / (1 + e^-x).
    public init() {}

    public func outputShape(for input: Shape) -> Shape { input }
    public func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor { sigmoid(x) }
}

/// e^x / sum of e^x over the last axis; any shape to the same shape.
///
/// Do not end a network that is trained with cross-entropy in it: losses here take logits and compute the softmax
/// themselves. A second softmax keeps the loss of 7 classes above ln(e + 6) - 1 = 1.165.
public struct Softmax: UnaryLayer {
    public static let kind = "softmax"

    /// A layer that turns the last axis into probabilities.
    public init() {}

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        guard input.last?.length != nil else {
            throw ShapeError(
                layer: Self.kind, expected: "a last axis of known length", got: "\(input)",
                hint: "Probabilities are over classes; put a dense layer in front.")
        }
        return input
    }

    public func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor { softmax(x, axis: -1) }
}
