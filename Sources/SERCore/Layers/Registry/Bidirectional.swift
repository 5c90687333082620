// SPDX-License-Identifier: Apache-2.0

/// Reads time both ways: a layer and, with weights of its own, the same layer over each row from its last valid step to
/// its first.
///
/// Any input with time, or `[steps, features]`. Where the layer keeps time, the result of the backward direction is
/// turned round again, so that both speak of the same step. Merging side by side doubles the features (the channels,
/// where time is the last axis). Parameters and state are the layer's, and again with `_reverse` at the end: for
/// `Bidirectional(GRU(64))` the names of PyTorch's bidirectional `GRU`.
public struct Bidirectional: UnaryLayer {
    public static let kind = "bidirectional"

    private var inner: NestedLayer

    /// The layer that reads time both ways.
    public var layer: any Layer { inner.layer }
    /// How the two results become one.
    public var merge: BidirectionalMerge

    /// A layer that reads time both ways.
    public init(_ layer: some Layer, merge: BidirectionalMerge = .concatenate) {
        inner = NestedLayer(layer)
        self.merge = merge
    }

    private static let suffix = "_reverse"

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        guard input.timeAxis != nil || input.rank == 2 else {
            throw ShapeError(
                layer: Self.kind, expected: "an input with a time axis", got: "\(input)",
                hint: "Put it before what takes the time away.")
        }
        // Refused before anything is asked of it: asking twice at every level of a deep nest would never end.
        guard !(layer is Bidirectional) else { throw twoWays("another of its kind") }
        let names = (layer.parameters(for: [input]) + layer.state(for: [input])).map(\.name)
        if let name = names.first(where: { $0.hasSuffix(Self.suffix) }) {
            throw twoWays("\(type(of: layer).kind), which has a '\(name)'")
        }
        var output = try layer.outputShape(for: [input])
        guard merge == .concatenate else { return output }
        let axis = Self.featureAxis(rank: output.rank, timeAxis: timeAxis(after: input))
        guard output.rank > 0, let features = output[axis].length, features < 1 << 30 else {
            throw ShapeError(
                layer: Self.kind, expected: "a layer with a known number of features to put side by side",
                got: "\(output)", hint: "Merge by sum or mean.")
        }
        output[axis] = .fixed(2 * features)
        return output
    }

    private func twoWays(_ got: String) -> ShapeError {
        ShapeError(
            layer: Self.kind, expected: "a layer that reads time one way", got: got, hint: "It reads both ways itself.")
    }

    public func parameters(for input: Shape) -> [Declaration] { twice(layer.parameters(for: [input])) }

    public func state(for input: Shape) -> [Declaration] { twice(layer.state(for: [input])) }

    private func twice(_ declarations: [Declaration]) -> [Declaration] {
        declarations
            + declarations.map { declaration in
                var reverse = declaration
                reverse.name += Self.suffix
                return reverse
            }
    }

    public func outputLength(for inputLength: Int) -> Int { layer.outputLength(for: inputLength) }

    /// Which axis is time after the layer, the batch axis left out; nil when there is none.
    private func timeAxis(after input: Shape) -> Int? {
        var timed = input
        if input.timeAxis == nil { timed[0] = .time }
        let output = try? layer.outputShape(for: [timed])
        return output?.timeAxis
    }

    private static func featureAxis(rank: Int, timeAxis: Int?) -> Int { timeAxis == rank - 1 ? 0 : rank - 1 }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        let axis = input.timeAxis ?? 1
        let forward = layer([input], in: &context)
        var turned = input
        turned.values = reversingTime(input.values, lengths: input.lengths, axis: axis)
        let scope = context.scope
        context.scope.path += Self.suffix  // weights that are kept packed are known by their path
        context.scope.parameters = Self.reverse(scope.parameters)
        context.scope.states = Self.reverse(scope.states)
        let back = layer([turned], in: &context)
        context.scope = scope
        var shape = Shape(Array(input.values.shape.dropFirst()))
        shape[axis - 1] = .time
        let time = timeAxis(after: shape).map { $0 + 1 }
        let reverse = time.map { reversingTime(back.values, lengths: back.lengths, axis: $0) } ?? back.values
        let features = Self.featureAxis(rank: reverse.rank - 1, timeAxis: time.map { $0 - 1 }) + 1
        return Signal(
            merge.merged(forward.values, reverse, axis: features), lengths: time == nil ? nil : forward.lengths,
            timeAxis: time)
    }

    private static func reverse(_ entries: [(name: String, index: Int)]) -> [(name: String, index: Int)] {
        entries.filter { $0.name.hasSuffix(suffix) }.map { (String($0.name.dropLast(suffix.count)), $0.index) }
    }
}
