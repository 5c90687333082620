// SPDX-License-Identifier: Apache-2.0

import SERCore

extension MaxPool2D: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        try graph.pooledImage(inputs[0], geometry, .maximum)
    }
}

extension AveragePool2D: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        try graph.pooledImage(inputs[0], geometry, .average)
    }
}

extension MaxPool1D: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        try graph.pooledSequence(inputs[0], .overTime(window: window, stride: stride, padding: padding), .maximum)
    }
}

extension AveragePool1D: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        try graph.pooledSequence(inputs[0], .overTime(window: window, stride: stride, padding: padding), .average)
    }
}

extension GlobalAveragePool: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        ONNXSignal(graph.mean(inputs[0]), shape: inputs[0].positions.output)
    }
}

extension GlobalMaxPool: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        let (axes, output) = inputs[0].positions
        let values = graph.masked(inputs[0], with: ONNXWriter.lowest)
        return ONNXSignal(graph.reduced("ReduceMax", values, axes), shape: output)
    }
}

extension ONNXSignal {
    /// The axes that a global pooling goes over, and the shape that is left.
    fileprivate var positions: (axes: [Int], output: Shape) {
        shape.rank == 3 ? ([2, 3], [shape[0]]) : ([1], [shape[1]])
    }
}

extension ONNXWriter {
    enum Pooling: String { case maximum = "MaxPool", average = "AveragePool" }

    /// What can never be the greatest value.
    static let lowest = -Float.greatestFiniteMagnitude

    /// The mean over all valid positions: [batch, features], or [batch, channels] of images.
    mutating func mean(_ signal: ONNXSignal) -> String {
        let axes = signal.positions.axes
        guard let lengths = signal.lengths else { return reduced("ReduceMean", signal.name, axes) }
        let sum = reduced("ReduceSum", masked(signal, with: 0), axes)
        // Positions of a row: its length, times the height of images. Of no positions the mean is 0.
        var count = add("Max", [lengths, constant([1])])
        if signal.shape.rank == 3 {
            let height = add("Shape", [signal.name], attributes: [("start", .int(2)), ("end", .int(3))])
            count = add("Mul", [count, height])
        }
        let number = add("Cast", [count], attributes: [("to", .int(Onnx_TensorProto.DataType.float.rawValue))])
        return add("Div", [sum, add("Unsqueeze", [number, constant([1])])])
    }

    mutating func reduced(_ operation: String, _ name: String, _ axes: [Int]) -> String {
        add(operation, [name, constant(axes)], attributes: [("keepdims", .int(0))])
    }

    fileprivate mutating func pooledImage(
        _ input: ONNXSignal, _ geometry: WindowGeometry, _ pooling: Pooling
    ) throws(InterchangeError) -> ONNXSignal {
        let name = try pooled(
            masked(input, with: pooling == .maximum ? Self.lowest : 0), geometry, pooling,
            window: geometry.window.both, strides: geometry.stride.both, pads: geometry.onnxPads)
        return ONNXSignal(
            name,
            shape: [
                input.shape[0], input.shape[1].after(geometry.outputHeight), input.shape[2].after(geometry.outputWidth),
            ],
            lengths: lengths(after: input, geometry))
    }

    fileprivate mutating func pooledSequence(
        _ input: ONNXSignal, _ geometry: WindowGeometry, _ pooling: Pooling
    ) throws(InterchangeError) -> ONNXSignal {
        let values = swapped(masked(input, with: pooling == .maximum ? Self.lowest : 0))
        let name = try pooled(
            values, geometry, pooling, window: [geometry.window.width], strides: [geometry.stride.width],
            pads: [geometry.sides.left, geometry.sides.right])
        return ONNXSignal(
            swapped(name), shape: [input.shape[0].after(geometry.outputWidth), input.shape[1]],
            lengths: lengths(after: input, geometry))
    }

    private mutating func pooled(
        _ name: String, _ geometry: WindowGeometry, _ pooling: Pooling, window: [Int], strides: [Int], pads: [Int]
    ) throws(InterchangeError) -> String {
        let sides = geometry.sides
        guard max(sides.top, sides.bottom) < geometry.window.height,
            max(sides.left, sides.right) < geometry.window.width
        else {
            throw unfit(
                "ONNX's poolings take no padding as wide as the window",
                hint: "Use less padding, or pad in a layer of your own.")
        }
        var attributes: [(String, ONNXAttribute)] = [
            ("kernel_shape", .ints(window)), ("strides", .ints(strides)), ("pads", .ints(pads)),
        ]
        if pooling == .average { attributes.append(("count_include_pad", .int(1))) }
        return add(pooling.rawValue, [name], attributes: attributes)
    }
}
