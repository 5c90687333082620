// SPDX-License-Identifier: Apache-2.0

import SERCore

extension StatisticsPooling: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        let mean = graph.mean(inputs[0])
        var squares = inputs[0]
        let distances = graph.add(
            "Sub", [inputs[0].name, graph.add("Unsqueeze", [mean, graph.constant([1])])])
        squares.name = graph.add("Mul", [distances, distances])
        let variance = graph.add("Add", [graph.mean(squares), graph.constant(epsilon)])
        let both = graph.add("Concat", [mean, graph.add("Sqrt", [variance])], attributes: [("axis", .int(1))])
        return ONNXSignal(both, shape: [inputs[0].shape[1].after { 2 * $0 }])
    }
}

extension SqueezeExcitation: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        func dense(_ x: String, _ name: String) -> String {
            graph.add(
                "Gemm",
                [
                    x, graph.constant(graph.parameter("\(name).weight"), name: "\(name).weight"),
                    graph.constant(graph.parameter("\(name).bias"), name: "\(name).bias"),
                ], attributes: [("transB", .int(1))])
        }
        let hidden = graph.add("Relu", [dense(graph.mean(inputs[0]), "fc1")])
        let gates = graph.add("Sigmoid", [dense(hidden, "fc2")])
        let axes = inputs[0].shape.rank == 3 ? [2, 3] : [1]
        var result = inputs[0]
        result.name = graph.add("Mul", [inputs[0].name, graph.add("Unsqueeze", [gates, graph.constant(axes)])])
        return result
    }
}
