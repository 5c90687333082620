// SPDX-License-Identifier: Apache-2.0

import SERCore

extension Dense: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        let weight = graph.parameter("weight")
        var result = inputs[0]
        result.shape[result.shape.rank - 1] = .fixed(units)
        let terms = bias ? [graph.constant(graph.parameter("bias"), name: "bias")] : []
        if inputs[0].shape.rank == 1 {
            let matrix = graph.constant(weight, name: "weight")
            result.name = graph.add("Gemm", [inputs[0].name, matrix] + terms, attributes: [("transB", .int(1))])
            return result
        }
        // Gemm takes matrices only.
        let product = graph.add("MatMul", [inputs[0].name, graph.constant(weight.transposed(), name: "weight_t")])
        result.name = bias ? graph.add("Add", [product] + terms) : product
        return result
    }
}
