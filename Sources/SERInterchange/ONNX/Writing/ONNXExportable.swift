// SPDX-License-Identifier: Apache-2.0

import SERCore

/// A value that flows through an ONNX graph while it is written.
public struct ONNXSignal: Sendable {
    /// The value's name in the ONNX graph; its axis 0 is the batch.
    public var name: String
    /// Its shape without the batch axis.
    public var shape: Shape
    /// The name of the valid lengths of the rows along time, int64 [batch]; nil where every row is valid throughout.
    public var lengths: String?

    /// A value of the given name and shape.
    public init(_ name: String, shape: Shape, lengths: String? = nil) {
        self.name = name
        self.shape = shape
        self.lengths = lengths
    }
}

/// A layer that can say what it is in ONNX. The library's own conform; a custom layer that conforms is exported too.
///
/// ```swift
/// extension Swish: ONNXExportable {
///     func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
///         let gate = graph.add("Sigmoid", [inputs[0].name])
///         return ONNXSignal(graph.add("Mul", [inputs[0].name, gate]), shape: inputs[0].shape, lengths: inputs[0].lengths)
///     }
/// }
/// ```
public protocol ONNXExportable: Layer {
    /// Adds the layer's nodes to an ONNX graph.
    ///
    /// Rows of a batch are padded: a layer that looks at several time steps must not see those past a row's length, which
    /// may hold anything (``ONNXWriter/masked(_:with:)``).
    /// - Returns: What comes out, of the shape the layer itself states.
    /// - Throws: ``InterchangeError`` when the layer's settings have no counterpart; ``ONNXWriter/unfit(_:hint:)``
    ///   makes it.
    func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal
}

extension ONNXExportable where Self: UnaryLayer {
    /// One node whose values go through one by one.
    func elementwise(
        _ operation: String, _ inputs: [ONNXSignal], to graph: inout ONNXWriter,
        attributes: [(String, ONNXAttribute)] = []
    ) -> ONNXSignal {
        var result = inputs[0]
        result.name = graph.add(operation, [inputs[0].name], attributes: attributes)
        return result
    }
}
