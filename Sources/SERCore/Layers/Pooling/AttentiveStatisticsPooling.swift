// SPDX-License-Identifier: Apache-2.0

/// Weighted means and deviations over time with weights that are learned: attentive statistics pooling (Okabe, Koshinaka
/// and Shinoda, 2018) with several heads, each of which weighs the time of its own part of the features (India, Safari
/// and Hernando, 2019).
///
/// `[time, features]` to `[2 features]`: all means, then all deviations sqrt(variance + epsilon). The weights of a head
/// are the softmax over the valid steps of v . tanh(W h_t + b); head i weighs the i-th of equal parts of the features.
/// Parameters `weight` [units, features], `bias` [units] and `vectors` [heads, units], drawn from U(-1/sqrt(n),
/// 1/sqrt(n)), n the values that feed one output.
public struct AttentiveStatisticsPooling: UnaryLayer {
    public static let kind = "attentiveStatisticsPooling"

    /// Length of the hidden layer that scores a step.
    public var units: Int
    /// Into how many parts the features are cut, each with weights of its own.
    public var heads: Int
    /// Added to the variance.
    public var epsilon: Float

    /// A pooling to weighted means and deviations.
    public init(units: Int, heads: Int = 1, epsilon: Float = 1e-5) {
        self.units = units
        self.heads = heads
        self.epsilon = epsilon
    }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        guard (1...65_536).contains(units), epsilon > 0, epsilon.isFinite else {
            throw ShapeError(
                layer: Self.kind, expected: "1 to 65536 hidden units and an epsilon above 0",
                got: "\(units) and \(epsilon)",
                hint: "The square root has no derivative at 0; 1e-5 is the default.")
        }
        let features = try SequenceRules.check(Self.kind, input, .valid)
        guard heads > 0, features % heads == 0, features <= 65_536 else {
            throw ShapeError(
                layer: Self.kind, expected: "at most 65536 features that the heads divide",
                got: "\(features) features and \(heads) heads",
                hint: "Put a dense layer in front that gives a multiple of the heads.")
        }
        return [.fixed(2 * features)]
    }

    public func parameters(for input: Shape) -> [Declaration] {
        guard let features = input.last?.length else { return [] }
        func drawn(_ name: String, _ shape: [Int], inputs: Int) -> Declaration {
            let bound = 1 / Float(inputs).squareRoot()
            return Declaration(name, shape: shape, initializer: .uniform(-bound, bound))
        }
        return [
            drawn("weight", [units, features], inputs: features), drawn("bias", [units], inputs: features),
            drawn("vectors", [heads, units], inputs: units),
        ]
    }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        let x = input.clearingPadding().values
        let (batch, time, features) = (x.shape[0], x.shape[1], x.shape[2])
        let hidden = tanh(linear(x, weight: context.parameter("weight"), bias: context.parameter("bias")))
        let scores = linear(hidden, weight: context.parameter("vectors")).permuted([0, 2, 1])
        // [batch, heads, 1, time] times [batch, heads, time, features of a head].
        let weights = softmax(scores, lengths: input.partialLengths).expandingDimension(at: 2)
        let parts = x.reshaped([batch, time, heads, features / heads]).permuted([0, 2, 1, 3])
        let means = weights.matmul(parts)
        let variances = weights.matmul(square(parts - means))
        return Signal(
            SERCore.concatenate(
                [means.reshaped([batch, features]), sqrt(variances.reshaped([batch, features]) + epsilon)], axis: 1))
    }
}
