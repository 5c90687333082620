// SPDX-License-Identifier: Apache-2.0

/// Applies a layer to each step of a sequence on its own, with the same weights.
///
/// `[time, ...]` to `[time, ...]`: what stands behind time is what the layer inside is given, so
/// `TimeDistributed(Conv1D(8, kernel: 3))` on `[.time, 40, 1]` slides along the 40 features of every step. Parameters
/// and state are the inner layer's, under its names. All valid steps of a batch run as one batch of the inner layer:
/// steps past a row's length do not enter, not even the statistics of a batch normalisation.
public struct TimeDistributed: UnaryLayer {
    public static let kind = "timeDistributed"

    private var inner: NestedLayer

    /// The layer that each step passes through.
    public var layer: any Layer { inner.layer }

    /// A layer at each step.
    public init(_ layer: some Layer) { inner = NestedLayer(layer) }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        guard input.rank >= 2, input.timeAxis ?? 0 == 0 else {
            throw ShapeError(
                layer: Self.kind, expected: "[time, ...] with something behind time", got: "\(input)",
                hint: "Permute so that time is the first axis.")
        }
        let output = try layer.outputShape(for: [Self.step(of: input)])
        return Shape([input[0]] + output.dimensions)
    }

    public func parameters(for input: Shape) -> [Declaration] { layer.parameters(for: [Self.step(of: input)]) }

    public func state(for input: Shape) -> [Declaration] { layer.state(for: [Self.step(of: input)]) }

    private static func step(of input: Shape) -> Shape { Shape(Array(input.dimensions.dropFirst())) }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        let x = input.values
        let (batch, time) = (x.shape[0], x.shape[1])
        // A batch without a single valid step has nothing to pack, and layers need not take batches of none.
        let lengths = input.partialLengths.flatMap { $0.contains { $0 > 0 } ? $0 : nil }
        let steps = lengths.map { packingSteps(x, lengths: $0) } ?? x.reshaped([batch * time] + x.shape.dropFirst(2))
        let y = layer([Signal(steps)], in: &context).values
        let values =
            lengths.map { unpackingSteps(y, lengths: $0, time: time) }
            ?? y.reshaped([batch, time] + y.shape.dropFirst())
        return Signal(values, lengths: input.lengths, timeAxis: 1)
    }
}
