// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import SERSupport

/// Two-dimensional convolution (as in machine learning: the kernel is not turned).
///
/// - Parameters:
///   - x: [batch, channels, height, width].
///   - weight: [filters, channels / groups, kernel height, kernel width].
///   - bias: [filters].
///   - stride: Steps between the places where the kernel is laid.
///   - padding: What lies around the input.
///   - dilation: Steps between neighbouring elements of the kernel.
///   - groups: Parts into which channels and filters fall; a filter sees the channels of its own part.
///   - lengths: Valid columns of each row of the batch; those past them are taken as zero.
/// - Returns: [batch, filters, output height, output width].
public func convolution2D(
    _ x: Tensor, weight: Tensor, bias: Tensor? = nil, stride: Extent = 1, padding: Padding = .valid,
    dilation: Extent = 1, groups: Int = 1, lengths: [Int]? = nil
) -> Tensor {
    require(
        x.rank == 4 && weight.rank == 4,
        "convolution2D: x \(x.shape) and weight \(weight.shape) do not fit: [batch, channels, height, width] and "
            + "[filters, channels / groups, height, width] are needed")
    let window = Extent(height: weight.shape[2], width: weight.shape[3])
    let geometry = WindowGeometry(window: window, stride: stride, dilation: dilation, padding: padding)
    return ConvolutionOperation(
        "convolution2D", x, weight, bias, geometry, groups: groups, channelsLast: false, lengths: lengths
    ).result()
}

/// One-dimensional convolution over time (the kernel is not turned).
///
/// - Parameters:
///   - x: [batch, time, channels].
///   - weight: [filters, channels / groups, kernel], PyTorch's layout.
///   - bias: [filters].
///   - stride: Steps between the places where the kernel is laid.
///   - padding: What lies around the input.
///   - dilation: Steps between neighbouring elements of the kernel.
///   - groups: Parts into which channels and filters fall; a filter sees the channels of its own part.
///   - lengths: Valid steps of each row of the batch; those past them are taken as zero.
/// - Returns: [batch, output time, filters].
public func convolution1D(
    _ x: Tensor, weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Padding = .valid, dilation: Int = 1,
    groups: Int = 1, lengths: [Int]? = nil
) -> Tensor {
    require(
        x.rank == 3 && weight.rank == 3,
        "convolution1D: x \(x.shape) and weight \(weight.shape) do not fit: [batch, time, channels] and "
            + "[filters, channels / groups, kernel] are needed")
    let geometry = WindowGeometry(
        window: Extent(height: 1, width: weight.shape[2]), stride: Extent(height: 1, width: stride),
        dilation: Extent(height: 1, width: dilation), padding: padding)
    return ConvolutionOperation(
        "convolution1D", x, weight, bias, geometry, groups: groups, channelsLast: true, lengths: lengths
    ).result()
}

/// The tensors of one convolution and how they lie.
struct ConvolutionOperation {
    private(set) var x: Tensor
    private(set) var weight: Tensor
    private(set) var bias: Tensor?
    let lengths: [Int]?
    let shape: ser_convolution_shape
    let outputHeight: Int
    let outputWidth: Int
    let outputShape: [Int]

    /// - Parameter x: [batch, channels, height, width], or with `channelsLast` [batch, height, width, channels] or
    ///   [batch, time, channels].
    init(
        _ name: String, _ x: Tensor, _ weight: Tensor, _ bias: Tensor?, _ geometry: WindowGeometry, groups: Int,
        channelsLast: Bool, lengths: [Int]?
    ) {
        if let fault = geometry.fault { stop("\(name): \(fault.expected) is needed, not \(fault.got)") }
        let (batch, filters) = (x.shape[0], weight.shape[0])
        let channels = channelsLast ? x.shape[x.rank - 1] : x.shape[1]
        let isLine = x.rank == 3
        let height = isLine ? 1 : channelsLast ? x.shape[1] : x.shape[2]
        let width = isLine ? x.shape[1] : channelsLast ? x.shape[2] : x.shape[3]
        require(
            groups > 0 && weight.shape[1] * groups == channels && filters % groups == 0,
            "\(name): weight \(weight.shape) in \(groups) groups does not fit the \(channels) channels of x \(x.shape)")
        require(bias == nil || bias?.shape == [filters], "\(name): bias \(bias?.shape ?? []) is not [\(filters)]")
        requireLengths(lengths, rows: batch, positions: width, in: name)
        let sides = geometry.sides
        shape = ser_convolution_shape(
            batch: Int64(batch), in_channels: Int64(channels), height: Int64(height), width: Int64(width),
            out_channels: Int64(filters), groups: Int64(groups),
            kernel_height: Int64(geometry.window.height), kernel_width: Int64(geometry.window.width),
            stride_height: Int64(geometry.stride.height), stride_width: Int64(geometry.stride.width),
            dilation_height: Int64(geometry.dilation.height), dilation_width: Int64(geometry.dilation.width),
            pad_top: Int64(isLine ? 0 : sides.top), pad_bottom: Int64(isLine ? 0 : sides.bottom),
            pad_left: Int64(sides.left), pad_right: Int64(sides.right), channels_last: channelsLast ? 1 : 0)
        outputHeight = isLine ? 1 : geometry.outputHeight(height)
        outputWidth = geometry.outputWidth(width)
        let space = isLine ? [outputWidth] : [outputHeight, outputWidth]
        outputShape = channelsLast ? [batch] + space + [filters] : [batch, filters] + space
        self.x = x
        self.weight = weight
        self.bias = bias
        self.lengths = lengths
    }

    /// Nothing to compute, and only zeros to hand back.
    var isEmpty: Bool { outputShape.contains(0) || x.count == 0 }

    func result() -> Tensor {
        Tensor.operation(shape: outputShape, [x, weight] + (bias.map { [$0] } ?? [])) { out in
            if isEmpty { return out.update(repeating: 0, count: outputShape.reduce(1, *)) }
            withUnsafePointer(to: shape) { shape in
                withPointers(x, weight) { px, pw in
                    withPointer(bias) { pb in
                        withWidths(lengths) { ser_convolution_forward(shape, px, pw, pb, $0, out) }
                    }
                }
            }
        } pullback: { [self] _ in
            let saved = detached
            return { upstream, cotangents in saved.pullBack(upstream, &cotangents) }
        }
    }

    /// The same with tensors that are constants, for a pullback to keep.
    var detached: ConvolutionOperation {
        var copy = self
        copy.x = x.detached
        copy.weight = weight.detached
        copy.bias = bias?.detached
        return copy
    }

    private func pullBack(_ upstream: Tensor, _ cotangents: inout Cotangents) {
        if isEmpty { return }
        let dx = cotangents.isWanted(0) ? Buffer(uninitialized: x.count) : nil
        let dw = cotangents.isWanted(1) ? Buffer(uninitialized: weight.count) : nil
        let db = bias != nil && cotangents.isWanted(2) ? Buffer(uninitialized: weight.shape[0]) : nil
        withUnsafePointer(to: shape) { shape in
            withPointers(x, weight, upstream) { px, pw, dy in
                withWidths(lengths) {
                    ser_convolution_backward(shape, px, pw, $0, dy, dx?.pointer, dw?.pointer, db?.pointer)
                }
            }
        }
        if let dx { cotangents.add(Tensor(buffer: dx, shape: x.shape), to: 0) }
        if let dw { cotangents.add(Tensor(buffer: dw, shape: weight.shape), to: 1) }
        if let db { cotangents.add(Tensor(buffer: db, shape: [weight.shape[0]]), to: 2) }
    }
}

/// Lends the address of a tensor's first value, nil for none.
func withPointer<Result>(_ tensor: Tensor?, _ body: (UnsafePointer<Float>?) -> Result) -> Result {
    guard let tensor else { return body(nil) }
    return tensor.withPointer { body($0) }
}
