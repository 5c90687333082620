// SPDX-License-Identifier: Apache-2.0

/// Each step reads all valid steps of its clip, weighted by how well their keys answer its query: scaled dot-product
/// attention with several heads (Vaswani et al., 2017), as PyTorch's `MultiheadAttention` with one tensor as query, key
/// and value.
///
/// `[time, features]`, unchanged; the heads divide the features. Parameters, as in PyTorch: `in_proj_weight` [3
/// features, features] (queries, keys, values), `in_proj_bias` [3 features], `out_proj.weight` [features, features] and
/// `out_proj.bias` [features]; the weights begin as PyTorch's do, the biases at 0. Steps past a row's length are not
/// read.
public struct MultiHeadSelfAttention: UnaryLayer {
    public static let kind = "multiHeadSelfAttention"

    /// Into how many parts the features are cut that attend on their own.
    public var heads: Int
    /// Whether biases are added.
    public var bias: Bool
    /// Share of the attention weights dropped in training.
    public var dropout: Float

    /// A self-attention with so many heads.
    public init(heads: Int = 1, bias: Bool = true, dropout: Float = 0) {
        self.heads = heads
        self.bias = bias
        self.dropout = dropout
    }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        let features = try SequenceRules.check(Self.kind, input, .valid)
        guard heads > 0, features % heads == 0, features <= 65_536 else {
            throw ShapeError(
                layer: Self.kind, expected: "at most 65536 features that the heads divide",
                got: "\(features) features and \(heads) heads",
                hint: "Put a dense layer in front that gives a multiple of the heads.")
        }
        try DropoutRules.check(Self.kind, dropout)
        return input
    }

    public func parameters(for input: Shape) -> [Declaration] {
        guard let features = input.last?.length else { return [] }
        let weights = [
            Declaration("in_proj_weight", shape: [3 * features, features], initializer: .glorotUniform),
            Declaration("out_proj.weight", shape: [features, features], initializer: .pytorchUniform),
        ]
        guard bias else { return weights }
        return [
            weights[0], Declaration("in_proj_bias", shape: [3 * features], initializer: .zeros),
            weights[1], Declaration("out_proj.bias", shape: [features], initializer: .zeros),
        ]
    }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        let x = input.clearingPadding().values
        let (batch, time, features) = (x.shape[0], x.shape[1], x.shape[2])
        let size = features / heads
        // [3, batch, heads, time, size]: queries, keys and values lie together, so taking one copies nothing.
        let projected = linear(
            x, weight: context.parameter("in_proj_weight"), bias: bias ? context.parameter("in_proj_bias") : nil
        ).reshaped([batch, time, 3, heads, size]).permuted([2, 0, 3, 1, 4])
        let queries = projected.slice(axis: 0, at: 0) * (1 / Float(size).squareRoot())
        let keys = projected.slice(axis: 0, at: 1), values = projected.slice(axis: 0, at: 2)
        var weights = softmax(queries.matmul(keys.transposed()), lengths: input.partialLengths)
        if dropout > 0, let key = context.randomKey() { weights = SERCore.dropout(weights, rate: dropout, key: key) }
        let read = weights.matmul(values).permuted([0, 2, 1, 3]).reshaped([batch, time, features])
        let y = linear(
            read, weight: context.parameter("out_proj.weight"), bias: bias ? context.parameter("out_proj.bias") : nil)
        return Signal(y, lengths: input.lengths, timeAxis: input.timeAxis)
    }
}

/// Each step reads all valid steps of its clip, weighted by additive scores v . tanh(Q h_t + K h_s + b) (Bahdanau, Cho
/// and Bengio, 2015).
///
/// `[time, features]`, unchanged: the weighted mean of the steps themselves. Parameters `query.weight` and `key.weight`
/// [units, features], `bias` [units] and `vector` [units], drawn from U(-1/sqrt(n), 1/sqrt(n)), n the values that feed
/// one output. Steps past a row's length are not read.
public struct AdditiveSelfAttention: UnaryLayer {
    public static let kind = "additiveSelfAttention"

    /// Length of queries and keys.
    public var units: Int

    /// A self-attention whose queries and keys have `units` values.
    public init(units: Int) { self.units = units }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        guard (1...65_536).contains(units) else {
            throw ShapeError(
                layer: Self.kind, expected: "1 to 65536 units", got: "\(units)", hint: "32 is a common choice.")
        }
        _ = try SequenceRules.check(Self.kind, input, .valid)
        return input
    }

    public func parameters(for input: Shape) -> [Declaration] {
        guard let features = input.last?.length else { return [] }
        func drawn(_ name: String, _ shape: [Int], inputs: Int) -> Declaration {
            let bound = 1 / Float(inputs).squareRoot()
            return Declaration(name, shape: shape, initializer: .uniform(-bound, bound))
        }
        return [
            drawn("query.weight", [units, features], inputs: features),
            drawn("key.weight", [units, features], inputs: features), drawn("bias", [units], inputs: features),
            drawn("vector", [units], inputs: units),
        ]
    }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        let x = input.clearingPadding().values
        let lengths = input.partialLengths
        let scores = additiveScores(
            queries: linear(x, weight: context.parameter("query.weight"), bias: context.parameter("bias")),
            keys: linear(x, weight: context.parameter("key.weight")), vector: context.parameter("vector"),
            lengths: lengths)
        let y = softmax(scores, lengths: lengths).matmul(x)
        return Signal(y, lengths: input.lengths, timeAxis: input.timeAxis)
    }
}
