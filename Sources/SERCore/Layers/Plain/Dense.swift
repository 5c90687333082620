// SPDX-License-Identifier: Apache-2.0

/// A fully connected layer: y = x W^T + b over the last axis.
///
/// `[..., inputs]` to `[..., units]`; parameters `weight` [units, inputs] and `bias` [units], as in PyTorch's `Linear`,
/// drawn from its default, U(-1/sqrt(inputs), 1/sqrt(inputs)).
public struct Dense: UnaryLayer {
    public static let kind = "dense"

    /// Length of the last axis that comes out.
    public var units: Int
    /// Whether a bias is added.
    public var bias: Bool
    /// How the weight begins; nil is PyTorch's default.
    public var initializer: Initializer?

    /// A fully connected layer of `units` outputs.
    public init(_ units: Int, bias: Bool = true, initializer: Initializer? = nil) {
        self.units = units
        self.bias = bias
        self.initializer = initializer
    }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        guard units > 0 else {
            throw ShapeError(
                layer: Self.kind, expected: "at least 1 unit", got: "\(units)", hint: "Ask for more units.")
        }
        guard input.last?.length != nil else {
            throw ShapeError(
                layer: Self.kind, expected: "a last axis of known length", got: "\(input)",
                hint: "Pool or take the last step over time first, or move the features to the last axis.")
        }
        var output = input
        output[input.rank - 1] = .fixed(units)
        return output
    }

    public func parameters(for input: Shape) -> [Declaration] {
        guard let inputs = input.last?.length else { return [] }
        let bound = 1 / Float(inputs).squareRoot()
        let weight = Declaration(
            "weight", shape: [units, inputs], initializer: initializer ?? .uniform(-bound, bound))
        return bias ? [weight, Declaration("bias", shape: [units], initializer: .uniform(-bound, bound))] : [weight]
    }

    public func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor {
        linear(x, weight: context.parameter("weight"), bias: bias ? context.parameter("bias") : nil) {
            context.prepared("packed", count: $0, fill: $1)
        }
    }
}
