// SPDX-License-Identifier: Apache-2.0

import SERCore

extension ReLU: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        elementwise("Relu", inputs, to: &graph)
    }
}

extension LeakyReLU: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        elementwise("LeakyRelu", inputs, to: &graph, attributes: [("alpha", .float(slope))])
    }
}

extension ELU: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        elementwise("Elu", inputs, to: &graph, attributes: [("alpha", .float(alpha))])
    }
}

extension GELU: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        elementwise(
            "Gelu", inputs, to: &graph, attributes: [("approximate", .string(approximate ? "tanh" : "none"))])
    }
}

extension Tanh: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        elementwise("Tanh", inputs, to: &graph)
    }
}

extension Sigmoid: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        elementwise("Sigmoid", inputs, to: &graph)
    }
}

extension Softmax: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        elementwise("Softmax", inputs, to: &graph, attributes: [("axis", .int(-1))])
    }
}

extension Dropout: ONNXExportable {
    /// Nothing: in inference no value is dropped.
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        inputs[0]
    }
}
