// SPDX-License-Identifier: Apache-2.0

import SERCore
import Testing

/// Runs a layer outside a network, with parameters and state of its own declaring.
struct LayerRunner {
    let layer: any Layer
    var parameters: Parameters
    var state: Parameters
    private let scope: LayerScope
    /// Which axis of the output is time, the batch axis counted.
    let outputTimeAxis: Int?

    /// Fills parameters by number and state by name; `input` leaves the batch axis out.
    init(
        _ layer: any Layer, input: Shape, parameter: (_ index: Int, _ declaration: Declaration) -> Tensor,
        state: (Declaration) -> Tensor
    ) throws {
        self.layer = layer
        let (learned, carried) = (layer.parameters(for: [input]), layer.state(for: [input]))
        parameters = Parameters(learned.enumerated().map { ($0.element.name, parameter($0.offset, $0.element)) })
        self.state = Parameters(carried.map { ($0.name, state($0)) })
        scope = LayerScope(
            path: type(of: layer).kind, parameters: learned.enumerated().map { ($0.element.name, $0.offset) },
            states: carried.enumerated().map { ($0.element.name, $0.offset) })
        outputTimeAxis = try layer.outputShape(for: [input]).timeAxis.map { $0 + 1 }
    }

    /// A layer as it begins.
    init(_ layer: any Layer, input: Shape, seed: UInt64) throws {
        let key = RandomKey(seed: seed)
        func fresh(_ declaration: Declaration) -> Tensor {
            declaration.initializer(declaration.shape, key: key.derived(declaration.name))
        }
        try self.init(layer, input: input, parameter: { fresh($1) }, state: fresh)
    }

    /// What comes out, with every position past a row's length set to zero, and the state after.
    ///
    /// - Parameter leaves: Where the parameters are looked up by name; nil for the layer's own.
    func run(
        _ input: Signal, leaves: Parameters? = nil, mode: Mode = .inference
    ) -> (output: Signal, state: Parameters) {
        let leaves = leaves ?? parameters
        var scope = scope
        scope.parameters = scope.parameters.map { ($0.name, leaves.paths.firstIndex(of: $0.name) ?? 0) }
        var context = Context(mode: mode, parameters: leaves, state: state, scope: scope)
        var output = layer([input], in: &context)
        output.timeAxis = outputTimeAxis
        if let axis = outputTimeAxis, let lengths = output.lengths {
            output.values = `where`(validity(output.values.shape, lengths, axis), output.values, Tensor(0))
        }
        return (output, context.state)
    }
}

/// 1 at positions before each row's length, 0 behind.
func validity(_ shape: [Int], _ lengths: [Int], _ axis: Int) -> Tensor {
    let inner = shape[(axis + 1)...].reduce(1, *)
    let row = shape.dropFirst().reduce(1, *)
    return Tensor(
        (0..<(shape[0] * row)).map { $0 % row / inner % shape[axis] < lengths[$0 / row] ? 1 : 0 }, shape: shape)
}
