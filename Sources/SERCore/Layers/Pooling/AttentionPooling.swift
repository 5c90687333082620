// SPDX-License-Identifier: Apache-2.0

/// A weighted mean over time with weights that are learned: soft attention.
///
/// `[time, features]` to `[features]`: sum of a_t h_t over the valid steps, with a = softmax of the scores. Without
/// `units` the score of a step is v . h_t, and the only parameter is `vector` [features] (64 numbers for 64 features);
/// with `units` it is v . tanh(W h_t + b) (Bahdanau, Cho and Bengio, 2015; Lin et al., 2017), with `weight` [units,
/// features], `bias` [units] and `vector` [units]. All are drawn from U(-1/sqrt(n), 1/sqrt(n)), n the values that feed
/// one output.
public struct AttentionPooling: UnaryLayer {
    public static let kind = "attentionPooling"

    /// Length of the hidden layer that scores a step; nil scores it by one product.
    public var units: Int?

    /// A soft attention over time, by one vector, or through a hidden layer of `units`.
    public init(units: Int? = nil) { self.units = units }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        if let units, !(1...65_536).contains(units) {
            throw ShapeError(
                layer: Self.kind, expected: "1 to 65536 hidden units", got: "\(units)",
                hint: "Leave the units out to score steps by one vector.")
        }
        return [.fixed(try SequenceRules.check(Self.kind, input, .valid))]
    }

    public func parameters(for input: Shape) -> [Declaration] {
        guard let features = input.last?.length else { return [] }
        func drawn(_ name: String, _ shape: [Int], inputs: Int) -> Declaration {
            let bound = 1 / Float(inputs).squareRoot()
            return Declaration(name, shape: shape, initializer: .uniform(-bound, bound))
        }
        guard let units else { return [drawn("vector", [features], inputs: features)] }
        return [
            drawn("weight", [units, features], inputs: features), drawn("bias", [units], inputs: features),
            drawn("vector", [units], inputs: units),
        ]
    }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        let x = input.clearingPadding().values
        let (batch, time, features) = (x.shape[0], x.shape[1], x.shape[2])
        let hidden =
            units == nil
            ? x : tanh(linear(x, weight: context.parameter("weight"), bias: context.parameter("bias")))
        let scores = linear(hidden, weight: context.parameter("vector").reshaped([1, hidden.shape[2]]))
        let weights = softmax(scores.reshaped([batch, 1, time]), lengths: input.partialLengths)
        return Signal(weights.matmul(x).reshaped([batch, features]))
    }
}
