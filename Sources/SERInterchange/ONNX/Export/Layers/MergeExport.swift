// SPDX-License-Identifier: Apache-2.0

import SERCore

extension Add: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        try graph.merged("Sum", inputs, by: self)
    }
}

extension Mean: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        try graph.merged("Mean", inputs, by: self)
    }
}

extension Multiply: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        var result = try graph.agreed(inputs, by: self)
        // ONNX multiplies two at a time.
        for input in inputs.dropFirst() { result.name = graph.add("Mul", [result.name, input.name]) }
        return result
    }
}

extension Concatenate: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        var result = try graph.agreed(inputs, by: self)
        let place = axis < 0 ? axis + result.shape.rank : axis
        result.name = graph.add("Concat", inputs.map(\.name), attributes: [("axis", .int(place + 1))])
        return result
    }
}

extension ONNXWriter {
    /// The first input with the shape that the layer states, and lengths where any input has them.
    fileprivate func agreed(_ inputs: [ONNXSignal], by layer: any Layer) throws(InterchangeError) -> ONNXSignal {
        do throws(ShapeError) {
            return ONNXSignal(
                inputs.first?.name ?? "", shape: try layer.outputShape(for: inputs.map(\.shape)),
                lengths: inputs.lazy.compactMap(\.lengths).first)
        } catch { throw unfit(error.description, hint: "Bring the inputs to one shape.") }
    }

    /// All inputs as one by an operator that takes any number.
    fileprivate mutating func merged(
        _ operation: String, _ inputs: [ONNXSignal], by layer: any Layer
    ) throws(InterchangeError) -> ONNXSignal {
        var result = try agreed(inputs, by: layer)
        result.name = add(operation, inputs.map(\.name))
        return result
    }
}
