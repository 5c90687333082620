// SPDX-License-Identifier: Apache-2.0

/// Long short-term memory (Hochreiter and Schmidhuber, 1997; with forget gates, Gers et al., 2000), PyTorch's `LSTM`.
///
/// `[time, features]` to `[units]`, or to `[time, units]` with `output: .allSteps`; twice the units when two
/// directions are concatenated. Parameters of each layer: `weight_ih_l0` [4 units, features], `weight_hh_l0` [4
/// units, units], `bias_ih_l0` and `bias_hh_l0` [4 units], gates in the order i, f, g, o, with `_reverse` at the end
/// for the backward direction; drawn from PyTorch's default, U(-1/sqrt(units), 1/sqrt(units)). Rows of a batch stop at
/// their own length.
public struct LSTM: StackedRecurrent {
    public static let kind = "lstm"

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

    /// An LSTM of `units` units.
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
            layer: Self.kind, cell: .lstm, units: units, layers: layers, bidirectional: bidirectional, dropout: dropout,
            output: output)
    }
}
