// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore

/// An ONNX graph that is being written, and the weights of the layer whose turn it is.
///
/// The operators are those of opset 20 (https://onnx.ai/onnx/operators).
public struct ONNXWriter: Sendable {
    /// The version of the operators.
    static let opset: Int64 = 20

    /// A batch normalisation that the convolution before it takes into its weights: y = scale x + shift.
    struct Affine: Sendable {
        var scale: [Double]
        var shift: [Double]
    }

    private(set) var graph = Onnx_GraphProto()
    /// What of the model the layer whose turn it is may read, and under which path.
    var path = ""
    var kind = ""
    var parameters = Parameters([])
    var state = Parameters([])
    /// What stands behind the names of parameters: `_reverse` in the backward direction.
    var suffix = ""
    var folded: Affine?
    private var initializers: Set<String> = []
    private var counts: [String: Int] = [:]
    private var masks: [String: String] = [:]

    init(name: String) { graph.name = name }

    // MARK: Weights

    /// A parameter of the layer, such as `weight`. Stops the program when the layer declared none of that name.
    public func parameter(_ name: String) -> Tensor { parameters["\(path).\(name)\(suffix)"] }

    /// Running state of the layer, such as `running_mean`. Stops the program when the layer declared none of that name.
    public func state(_ name: String) -> Tensor { state["\(path).\(name)"] }

    /// Stores a constant under a name within the layer, such as `weight`.
    /// - Returns: Its name in the graph.
    public mutating func constant(_ tensor: Tensor, name: String) -> String {
        constant(tensor.scalars, shape: tensor.shape, name: path.isEmpty ? name : "\(path).\(name)\(suffix)")
    }

    /// Stores whole numbers as an int64 tensor of one axis; equal ones are stored once.
    /// - Returns: Their name in the graph.
    public mutating func constant(_ values: [Int]) -> String {
        integers(values, shape: [values.count], name: "int64/" + values.map(String.init).joined(separator: "_"))
    }

    /// Stores a number of no axes; equal ones are stored once.
    /// - Returns: Its name in the graph.
    public mutating func constant(_ value: Float) -> String { constant([value], shape: [], name: "float/\(value)") }

    /// Stores a whole number of no axes.
    mutating func scalar(_ value: Int) -> String { integers([value], shape: [], name: "int64/scalar_\(value)") }

    mutating func constant(_ values: [Float], shape: [Int], name: String) -> String {
        if initializers.insert(name).inserted {
            graph.initializer.append(.floats(values, shape: shape, name: name))
        }
        return name
    }

    mutating func integers(_ values: [Int], shape: [Int], name: String) -> String {
        if initializers.insert(name).inserted {
            graph.initializer.append(.integers(values, shape: shape, name: name))
        }
        return name
    }

    // MARK: Nodes

    /// Adds a node of one output.
    /// - Returns: The output's name.
    public mutating func add(
        _ operation: String, _ inputs: [String], attributes: [(String, ONNXAttribute)] = []
    ) -> String {
        add(operation, inputs, attributes: attributes, outputs: [true])[0]
    }

    /// Adds a node; outputs that are not wanted (false) have no name.
    /// - Returns: The outputs' names.
    public mutating func add(
        _ operation: String, _ inputs: [String], attributes: [(String, ONNXAttribute)] = [], outputs: [Bool]
    ) -> [String] {
        var node = Onnx_NodeProto()
        node.opType = operation
        node.input = inputs
        node.name = unused((path.isEmpty ? "" : path + "/") + operation)
        node.output = outputs.enumerated().map { $1 ? (outputs.count == 1 ? node.name : "\(node.name)/\($0)") : "" }
        node.attribute = attributes.map { Onnx_AttributeProto($0.0, $0.1) }
        graph.node.append(node)
        return node.output
    }

    mutating func append(_ node: Onnx_NodeProto) { graph.node.append(node) }

    private mutating func unused(_ name: String) -> String {
        counts[name, default: 0] += 1
        return counts[name] == 1 ? name : "\(name)_\(counts[name] ?? 0)"
    }

    // MARK: Lengths

    /// The values of a signal with another value wherever a position lies past its row's length; the signal's own name
    /// where there are no lengths.
    public mutating func masked(_ signal: ONNXSignal, with value: Float) -> String {
        guard let lengths = signal.lengths, let axis = signal.shape.timeAxis.map({ $0 + 1 }) else { return signal.name }
        let valid = mask(lengths, of: signal.name, axis: axis)
        let others = (1...signal.shape.rank).filter { $0 != axis }
        let place = path
        path = ""
        let spread =
            others.isEmpty ? valid : memo("\(valid) \(others)") { $0.add("Unsqueeze", [valid, $0.constant(others)]) }
        path = place
        return add("Where", [spread, signal.name, constant(value)])
    }

    /// Whether a position is valid, bool [batch, time]; once for each name of lengths.
    private mutating func mask(_ lengths: String, of value: String, axis: Int) -> String {
        memo(lengths) { graph in
            let place = graph.path
            graph.path = ""
            defer { graph.path = place }
            let size = graph.add("Shape", [value], attributes: [("start", .int(axis)), ("end", .int(axis + 1))])
            let count = graph.add("Squeeze", [size, graph.constant([0])])
            let range = graph.add("Range", [graph.scalar(0), count, graph.scalar(1)])
            return graph.add("Less", [range, graph.add("Unsqueeze", [lengths, graph.constant([1])])])
        }
    }

    private mutating func memo(_ key: String, _ make: (inout ONNXWriter) -> String) -> String {
        if let known = masks[key] { return known }
        let made = make(&self)
        masks[key] = made
        return made
    }

    /// The lengths after a window has passed over the time axis.
    mutating func lengths(after signal: ONNXSignal, _ geometry: WindowGeometry) -> String? {
        guard let lengths = signal.lengths else { return nil }
        let (sides, reach, stride) = (geometry.sides, geometry.reach.width, geometry.stride.width)
        let change = sides.left + sides.right - reach
        if change == 0 && stride == 1 { return lengths }
        // Windows that fit, or none: (length + change) / stride, rounded up, at least 0.
        let places = add("Max", [add("Add", [lengths, constant([change + stride - 1])]), constant([0])])
        let result = stride == 1 ? places : add("Div", [places, constant([stride])])
        // Padding alone would give windows to a row without any value.
        return change > 0 ? add("Mul", [result, add("Sign", [lengths])]) : result
    }

    // MARK: Ends

    mutating func input(_ name: String, _ type: Onnx_TensorProto.DataType, _ dimensions: [Onnx_Dimension]) {
        graph.input.append(.init(name, type, dimensions))
    }

    mutating func output(_ name: String, _ dimensions: [Onnx_Dimension]) {
        graph.output.append(.init(name, .float, dimensions))
    }

    /// The error that says why the layer whose turn it is has no counterpart.
    public func unfit(_ reason: String, hint: String) -> InterchangeError {
        .layer(path: path, kind: kind, reason: reason, hint: hint)
    }
}
