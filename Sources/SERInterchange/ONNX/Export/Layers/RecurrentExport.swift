// SPDX-License-Identifier: Apache-2.0

import SERCore

extension LSTM: ONNXExportable {
    /// ONNX's gates stand in the order i, o, f, c; ours, as PyTorch's, i, f, g, o.
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        RecurrentExport(
            operation: "LSTM", gates: [0, 3, 1, 2], units: units, layers: layers, merge: bidirectional, output: output
        ).export(inputs[0], to: &graph)
    }
}

extension GRU: ONNXExportable {
    /// ONNX's gates stand in the order z, r, h; ours, as PyTorch's, r, z, n, with the reset after the product.
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        RecurrentExport(
            operation: "GRU", gates: [1, 0, 2], units: units, layers: layers, merge: bidirectional, output: output,
            attributes: [("linear_before_reset", .int(1))]
        ).export(inputs[0], to: &graph)
    }
}

extension RNN: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        let name = activation == .tanh ? "Tanh" : "Relu"
        return RecurrentExport(
            operation: "RNN", gates: [0], units: units, layers: layers, merge: bidirectional, output: output,
            attributes: [("activations", .strings([String](repeating: name, count: bidirectional == nil ? 1 : 2)))]
        ).export(inputs[0], to: &graph)
    }
}

/// Stacked layers of one or two directions as ONNX nodes, one a layer.
private struct RecurrentExport {
    let operation: String
    /// For each of ONNX's gates, which of PyTorch's it is.
    let gates: [Int]
    let units: Int
    let layers: Int
    let merge: BidirectionalMerge?
    let output: RecurrentOutput
    var attributes: [(String, ONNXAttribute)] = []

    private var directions: [String] { merge == nil ? [""] : ["", "_reverse"] }
    private var width: Int { merge == .concatenate ? 2 * units : units }

    func export(_ input: ONNXSignal, to graph: inout ONNXWriter) -> ONNXSignal {
        var lengths = ""
        if let valid = input.lengths {
            lengths = graph.add("Cast", [valid], attributes: [("to", .int(Onnx_TensorProto.DataType.int32.rawValue))])
        }
        var values = graph.add("Transpose", [input.name], attributes: [("perm", .ints([1, 0, 2]))])
        for layer in 0..<layers {
            let isLast = layer == layers - 1 && output == .lastStep
            // All states [time, direction, batch, units], and the last ones [direction, batch, units].
            let results = graph.add(
                operation, [values] + weights(layer, in: &graph) + (lengths.isEmpty ? [] : [lengths]),
                attributes: [
                    ("hidden_size", .int(units)), ("direction", .string(merge == nil ? "forward" : "bidirectional")),
                ] + attributes, outputs: isLast ? [false, true] : [true])
            if isLast { return ONNXSignal(merged(results[1], axis: 0, in: &graph), shape: [.fixed(width)]) }
            values = merged(results[0], axis: 1, in: &graph)
        }
        let name = graph.add("Transpose", [values], attributes: [("perm", .ints([1, 0, 2]))])
        return ONNXSignal(name, shape: [input.shape[0], .fixed(width)], lengths: input.lengths)
    }

    /// The directions, which stand along an axis before [batch, units], as one.
    private func merged(_ name: String, axis: Int, in graph: inout ONNXWriter) -> String {
        switch merge {
        case nil: return graph.add("Squeeze", [name, graph.constant([axis])])
        case .sum: return graph.reduced("ReduceSum", name, [axis])
        case .mean: return graph.reduced("ReduceMean", name, [axis])
        case .concatenate:
            let order = axis == 0 ? [1, 0, 2] : [0, 2, 1, 3]
            let beside = graph.add("Transpose", [name], attributes: [("perm", .ints(order))])
            let target = graph.constant([Int](repeating: 0, count: axis + 1) + [width])
            return graph.add("Reshape", [beside, target])
        }
    }

    /// W [direction, gates x units, inputs], R [direction, gates x units, units] and B [direction, 2 x gates x units].
    private func weights(_ layer: Int, in graph: inout ONNXWriter) -> [String] {
        func stacked(_ names: [String]) -> [Float] {
            directions.flatMap { direction in
                names.flatMap { reordered(graph.parameter("\($0)_l\(layer)\(direction)").scalars) }
            }
        }
        let inputs = graph.parameter("weight_ih_l\(layer)").shape[1]
        let rows = gates.count * units
        let count = directions.count
        let (place, ending) = ("\(graph.path).", graph.suffix)
        return [
            graph.constant(
                stacked(["weight_ih"]), shape: [count, rows, inputs], name: place + "weight_ih_l\(layer)" + ending),
            graph.constant(
                stacked(["weight_hh"]), shape: [count, rows, units], name: place + "weight_hh_l\(layer)" + ending),
            graph.constant(
                stacked(["bias_ih", "bias_hh"]), shape: [count, 2 * rows], name: place + "bias_l\(layer)" + ending),
        ]
    }

    private func reordered(_ values: [Float]) -> [Float] {
        let block = values.count / gates.count
        return gates.flatMap { values[$0 * block..<($0 + 1) * block] }
    }
}
