// SPDX-License-Identifier: Apache-2.0

import SERCore

extension BatchNorm: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        let statistics = [
            graph.constant(graph.parameter("weight"), name: "weight"),
            graph.constant(graph.parameter("bias"), name: "bias"),
            graph.constant(graph.state("running_mean"), name: "running_mean"),
            graph.constant(graph.state("running_var"), name: "running_var"),
        ]
        // ONNX's channels are axis 1: of [batch, time, features] the features must go there.
        let isSequence = inputs[0].shape.rank == 2
        let input = isSequence ? graph.swapped(inputs[0].name) : inputs[0].name
        let output = graph.add(
            "BatchNormalization", [input] + statistics, attributes: [("epsilon", .float(epsilon))])
        var result = inputs[0]
        result.name = isSequence ? graph.swapped(output) : output
        return result
    }

    /// What the layer does in inference, per channel: y = scale x + shift.
    func affine(in model: Parameters, state: Parameters, path: String) -> ONNXWriter.Affine {
        let (weight, bias) = (model["\(path).weight"].scalars, model["\(path).bias"].scalars)
        let (mean, variance) = (state["\(path).running_mean"].scalars, state["\(path).running_var"].scalars)
        let scale = weight.indices.map { Double(weight[$0]) / (Double(variance[$0]) + Double(epsilon)).squareRoot() }
        return .init(scale: scale, shift: bias.indices.map { Double(bias[$0]) - Double(mean[$0]) * scale[$0] })
    }
}

/// As an average voice's; for one voice, the recognizer is adapted to it first.
extension SpeakerNorm: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        try normalization.export(inputs, to: &graph)
    }
}

extension MeanNormalization: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        let means = graph.add("Unsqueeze", [graph.mean(inputs[0]), graph.constant([1])])
        var result = inputs[0]
        result.name = graph.add("Sub", [inputs[0].name, means])
        result.name = graph.masked(result, with: 0)
        return result
    }
}

extension LayerNorm: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        var result = inputs[0]
        result.name = graph.add(
            "LayerNormalization",
            [
                inputs[0].name, graph.constant(graph.parameter("weight"), name: "weight"),
                graph.constant(graph.parameter("bias"), name: "bias"),
            ], attributes: [("axis", .int(-1)), ("epsilon", .float(epsilon))])
        return result
    }
}
