// SPDX-License-Identifier: Apache-2.0

import SERCore

extension TimeDistributed: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        let input = inputs[0]
        let step = Shape(Array(input.shape.dimensions.dropFirst()))
        guard let lengths = step.lengths else {
            throw graph.unfit("the size of a step is not known", hint: "Give all axes but time a length.")
        }
        // All steps of all rows as one batch.
        let steps = graph.add("Reshape", [input.name, graph.constant([-1] + lengths)])
        let output = try graph.export(layer, [ONNXSignal(steps, shape: step)])
        guard let sizes = output.shape.lengths else {
            throw graph.unfit("the size of what comes out is not known", hint: "Use a layer with a known output.")
        }
        let both = graph.add("Shape", [input.name], attributes: [("start", .int(0)), ("end", .int(2))])
        let target = graph.add("Concat", [both, graph.constant(sizes)], attributes: [("axis", .int(0))])
        return ONNXSignal(
            graph.add("Reshape", [output.name, target]), shape: Shape([input.shape[0]] + output.shape.dimensions),
            lengths: input.lengths)
    }
}

extension Bidirectional: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        let forward = try graph.export(layer, inputs)
        var turned = inputs[0]
        turned.name = try graph.reversed(turned)
        graph.suffix = "_reverse"
        defer { graph.suffix = "" }
        var reverse = try graph.export(layer, [turned])
        if reverse.shape.timeAxis != nil || inputs[0].shape.timeAxis == nil && reverse.shape.rank == 2 {
            reverse.name = try graph.reversed(reverse)
        }
        var result = forward
        let pair = [forward.name, reverse.name]
        switch merge {
        case .sum: result.name = graph.add("Sum", pair)
        case .mean: result.name = graph.add("Mean", pair)
        case .concatenate:
            let last = result.shape.rank - 1
            let axis = result.shape.timeAxis == last ? 0 : last
            result.shape[axis] = result.shape[axis].after { 2 * $0 }
            result.name = graph.add("Concat", pair, attributes: [("axis", .int(axis + 1))])
        }
        return result
    }
}

extension ONNXWriter {
    /// A layer inside another, with parameters of the same path.
    fileprivate mutating func export(
        _ layer: any Layer, _ inputs: [ONNXSignal]
    ) throws(InterchangeError) -> ONNXSignal {
        guard let layer = layer as? any ONNXExportable else {
            throw unfit(
                "\(type(of: layer)) inside it does not say what it is there",
                hint: "Let it conform to ONNXExportable, or replace it.")
        }
        return try layer.export(inputs, to: &self)
    }

    /// The valid steps of each row from last to first, [batch, time, ...].
    fileprivate mutating func reversed(_ signal: ONNXSignal) throws(InterchangeError) -> String {
        let axis = (signal.shape.timeAxis ?? 0) + 1
        guard let lengths = signal.lengths else {
            return add(
                "Slice", [signal.name, constant([-1]), constant([Int(Int32.min)]), constant([axis]), constant([-1])])
        }
        guard axis == 1 else {
            throw unfit(
                "ONNX turns rows of unequal length round in [time, ...] only", hint: "Permute before and after it.")
        }
        return add(
            "ReverseSequence", [signal.name, lengths], attributes: [("batch_axis", .int(0)), ("time_axis", .int(1))])
    }
}
