// SPDX-License-Identifier: Apache-2.0

/// Gated recurrent units (Cho et al., 2014), PyTorch's `GRU`: n = tanh(W_in x + b_in + r (W_hn h + b_hn)).
///
/// `[time, features]` to `[units]`, or to `[time, units]` with `output: .allSteps`; twice the units when two
/// directions are concatenated. Parameters of each layer: `weight_ih_l0` [3 units, features], `weight_hh_l0` [3
/// units, units], `bias_ih_l0` and `bias_hh_l0` [3 units], gates in the order r, z, n, with `_reverse` at the end for
/// the backward direction; drawn from PyTorch's default, U(-1/sqrt(units), 1/sqrt(units)). Rows of a batch stop at
/// their own length.
public struct GRU: StackedRecurrent {
    public static let kind = "gru"

    /// Length of the state.
    public var units: Int
    /// How many layers are stacked, each reading the one below.
    public var layers: Int
    /// Whether a second pass runs from the last valid step to the first, and how its result is merged; nil: no.
    public var bidirectional: BidirectionalMerge?
    /// Share of the values dropped between stacked layers in training.
    public var dropout: Float
    /// Whether the last valid step or all steps come out.
    public var output: RecurrentOutput

    /// A GRU of `units` units.
    public init(
        _ units: Int, layers: Int = 1, bidirectional: BidirectionalMerge? = nil, dropout: Float = 0,
        output: RecurrentOutput = .lastStep
    ) {
        self.units = units
        self.layers = layers
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.output = output
    }

    var stack: RecurrentStack {
        RecurrentStack(
            layer: Self.kind, cell: .gru, units: units, layers: layers, bidirectional: bidirectional, dropout: dropout,
            output: output)
    }
}
