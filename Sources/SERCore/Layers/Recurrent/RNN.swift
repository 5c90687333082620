// SPDX-License-Identifier: Apache-2.0

/// A plain recurrent network (Elman, 1990), PyTorch's `RNN`: h = activation(W_ih x + b_ih + W_hh h + b_hh).
///
/// `[time, features]` to `[units]`, or to `[time, units]` with `output: .allSteps`; twice the units when two
/// directions are concatenated. Parameters of each layer: `weight_ih_l0` [units, features], `weight_hh_l0` [units,
/// units], `bias_ih_l0` and `bias_hh_l0` [units], with `_reverse` at the end for the backward direction; drawn from
/// PyTorch's default, U(-1/sqrt(units), 1/sqrt(units)). Rows of a batch stop at their own length.
public struct RNN: StackedRecurrent {
    public static let kind = "rnn"

    /// What a plain recurrent layer applies to its sum.
    public enum Activation: String, Sendable, Hashable, Codable {
        /// The hyperbolic tangent.
        case tanh
        /// max(x, 0).
        case relu
    }

    /// Length of the state.
    public var units: Int
    /// How many layers are stacked, each reading the one below.
    public var layers: Int
    /// What is applied to the sum.
    public var activation: Activation
    /// Whether a second pass runs from the last valid step to the first, and how its result is merged; nil: no.
    public var bidirectional: BidirectionalMerge?
    /// Share of the values dropped between stacked layers in training.
    public var dropout: Float
    /// Whether the last valid step or all steps come out.
    public var output: RecurrentOutput

    /// A plain recurrent layer of `units` units.
    public init(
        _ units: Int, layers: Int = 1, activation: Activation = .tanh, bidirectional: BidirectionalMerge? = nil,
        dropout: Float = 0, output: RecurrentOutput = .lastStep
    ) {
        self.units = units
        self.layers = layers
        self.activation = activation
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.output = output
    }

    var stack: RecurrentStack {
        RecurrentStack(
            layer: Self.kind, cell: activation == .tanh ? .tanh : .relu, units: units, layers: layers,
            bidirectional: bidirectional, dropout: dropout, output: output)
    }
}
