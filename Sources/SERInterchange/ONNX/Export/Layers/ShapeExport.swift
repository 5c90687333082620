// SPDX-License-Identifier: Apache-2.0

import SERCore

extension Flatten: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        let shape = inputs[0].shape
        let joined = shape.dimensions[startAxis...].compactMap(\.length).reduce(1, *)
        let output = Shape(shape.dimensions[..<startAxis] + [.fixed(joined)])
        if startAxis == 0 {
            return ONNXSignal(graph.add("Flatten", [inputs[0].name], attributes: [("axis", .int(1))]), shape: output)
        }
        // 0 keeps an axis as it is.
        let target = graph.constant([Int](repeating: 0, count: startAxis + 1) + [joined])
        return ONNXSignal(
            graph.add("Reshape", [inputs[0].name, target]), shape: output, lengths: inputs[0].lengths)
    }
}

extension Reshape: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        let output: Shape
        do { output = try outputShape(for: inputs[0].shape) } catch {
            throw graph.unfit(error.description, hint: "Change the shape.")
        }
        let target = graph.constant([0] + output.dimensions.map { $0.length ?? -1 })
        return ONNXSignal(
            graph.add("Reshape", [inputs[0].name, target]), shape: output, lengths: inputs[0].lengths)
    }
}

extension Permute: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        let name = graph.add(
            "Transpose", [inputs[0].name], attributes: [("perm", .ints([0] + order.map { $0 + 1 }))])
        return ONNXSignal(name, shape: Shape(order.map { inputs[0].shape[$0] }), lengths: inputs[0].lengths)
    }
}

extension ONNXWriter {
    /// [batch, time, features] with the last two axes the other way round, as ONNX's windows over time want it, and
    /// back.
    mutating func swapped(_ name: String) -> String {
        add("Transpose", [name], attributes: [("perm", .ints([0, 2, 1]))])
    }
}
