// SPDX-License-Identifier: Apache-2.0

import SERCore

extension Conv1D: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        let geometry = WindowGeometry.overTime(window: kernel, stride: stride, dilation: dilation, padding: padding)
        let input = graph.swapped(graph.masked(inputs[0], with: 0))
        let name = graph.convolution(
            input, hasBias: bias,
            attributes: [
                ("kernel_shape", .ints([kernel])), ("strides", .ints([stride])), ("dilations", .ints([dilation])),
                ("pads", .ints([geometry.sides.left, geometry.sides.right])), ("group", .int(groups)),
            ])
        return ONNXSignal(
            graph.swapped(name), shape: [inputs[0].shape[0].after(geometry.outputWidth), .fixed(filters)],
            lengths: graph.lengths(after: inputs[0], geometry))
    }
}

extension Conv2D: ONNXExportable {
    public func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        let shape = inputs[0].shape
        let name = graph.convolution(
            graph.masked(inputs[0], with: 0), hasBias: bias,
            attributes: [
                ("kernel_shape", .ints(kernel.both)), ("strides", .ints(stride.both)),
                ("dilations", .ints(dilation.both)), ("pads", .ints(geometry.onnxPads)), ("group", .int(groups)),
            ])
        return ONNXSignal(
            name,
            shape: [.fixed(filters), shape[1].after(geometry.outputHeight), shape[2].after(geometry.outputWidth)],
            lengths: graph.lengths(after: inputs[0], geometry))
    }
}

extension ONNXWriter {
    /// A convolution with the layer's weights, a batch normalisation that follows taken into them.
    fileprivate mutating func convolution(
        _ input: String, hasBias: Bool, attributes: [(String, ONNXAttribute)]
    ) -> String {
        var weight = parameter("weight")
        var bias = hasBias ? parameter("bias") : nil
        if let folded {
            let filter = weight.count / max(folded.scale.count, 1)
            weight = Tensor(
                weight.scalars.enumerated().map { Float(Double($1) * folded.scale[$0 / filter]) }, shape: weight.shape)
            let before = bias?.scalars
            bias = Tensor(
                folded.shift.indices.map {
                    Float(Double(before?[$0] ?? 0) * folded.scale[$0] + folded.shift[$0])
                })
        }
        let terms = bias.map { [constant($0, name: "bias")] } ?? []
        return add("Conv", [input, constant(weight, name: "weight")] + terms, attributes: attributes)
    }
}

extension Extent {
    var both: [Int] { [height, width] }
}

extension WindowGeometry {
    /// A window over the time of [time, features].
    static func overTime(window: Int, stride: Int, dilation: Int = 1, padding: Padding) -> WindowGeometry {
        WindowGeometry(
            window: Extent(height: 1, width: window), stride: Extent(height: 1, width: stride),
            dilation: Extent(height: 1, width: dilation), padding: padding)
    }

    /// Top, left, bottom, right.
    var onnxPads: [Int] { [sides.top, sides.left, sides.bottom, sides.right] }
}

extension Shape.Dimension {
    /// The axis after a window has passed over it.
    func after(_ size: (Int) -> Int) -> Shape.Dimension { length.map { .fixed(size($0)) } ?? self }
}
