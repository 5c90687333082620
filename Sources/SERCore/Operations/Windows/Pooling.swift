// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import SERSupport

/// The greatest value of each window of an image; padding never wins.
///
/// - Parameters:
///   - x: [batch, channels, height, width].
///   - window: Positions a window spans.
///   - stride: Steps between windows; nil is the window's size.
///   - padding: What lies around the input.
///   - lengths: Valid columns of each row of the batch. Windows see no others, and columns of the result that a row would
///     not have alone are zero.
/// - Returns: [batch, channels, output height, output width].
public func maxPooling2D(
    _ x: Tensor, window: Extent, stride: Extent? = nil, padding: Padding = .valid, lengths: [Int]? = nil
) -> Tensor {
    PoolingOperation("maxPooling2D", x, axes: 2, .window(window, stride, padding), lengths: lengths).maximum()
}

/// The greatest value of each window over time: [batch, time, features] to [batch, output time, features].
///
/// As ``maxPooling2D(_:window:stride:padding:lengths:)`` otherwise.
public func maxPooling1D(
    _ x: Tensor, window: Int, stride: Int? = nil, padding: Padding = .valid, lengths: [Int]? = nil
) -> Tensor {
    PoolingOperation("maxPooling1D", x, axes: 1, .line(window, stride, padding), lengths: lengths).maximum()
}

/// The mean of each window of an image; zeros of the padding count, as in PyTorch.
///
/// - Parameters:
///   - x: [batch, channels, height, width].
///   - window: Positions a window spans.
///   - stride: Steps between windows; nil is the window's size.
///   - padding: What lies around the input.
///   - lengths: Valid columns of each row of the batch. Windows see no others, and columns of the result that a row would
///     not have alone are zero.
/// - Returns: [batch, channels, output height, output width].
public func averagePooling2D(
    _ x: Tensor, window: Extent, stride: Extent? = nil, padding: Padding = .valid, lengths: [Int]? = nil
) -> Tensor {
    PoolingOperation("averagePooling2D", x, axes: 2, .window(window, stride, padding), lengths: lengths).average()
}

/// The mean of each window over time: [batch, time, features] to [batch, output time, features].
///
/// As ``averagePooling2D(_:window:stride:padding:lengths:)`` otherwise.
public func averagePooling1D(
    _ x: Tensor, window: Int, stride: Int? = nil, padding: Padding = .valid, lengths: [Int]? = nil
) -> Tensor {
    PoolingOperation("averagePooling1D", x, axes: 1, .line(window, stride, padding), lengths: lengths).average()
}

/// The greatest valid value of each channel.
///
/// - Parameters:
///   - x: [batch, channels, height, width] or [batch, time, features].
///   - lengths: Valid columns, or steps, of each row of the batch.
/// - Returns: [batch, channels]; zero for a row without valid values.
public func globalMaxPooling(_ x: Tensor, lengths: [Int]? = nil) -> Tensor {
    PoolingOperation("globalMaxPooling", x, axes: x.rank == 4 ? 2 : 1, .everything, lengths: lengths).maximum()
}

/// The mean of each channel's valid values.
///
/// - Parameters:
///   - x: [batch, channels, height, width] or [batch, time, features].
///   - lengths: Valid columns, or steps, of each row of the batch.
/// - Returns: [batch, channels]; zero for a row without valid values.
public func globalAveragePooling(_ x: Tensor, lengths: [Int]? = nil) -> Tensor {
    PoolingOperation("globalAveragePooling", x, axes: x.rank == 4 ? 2 : 1, .everything, lengths: lengths).average()
}

/// One pooling: images with channels before the two axes of space, or sequences with features after the axis of time.
private struct PoolingOperation {
    enum Window {
        case window(Extent, Extent?, Padding)
        case line(Int, Int?, Padding)
        case everything
    }

    let x: Tensor
    let lengths: [Int]?
    var pooling: ser_pooling
    let outputShape: [Int]

    init(_ name: String, _ x: Tensor, axes: Int, _ window: Window, lengths: [Int]?) {
        require(
            x.rank == axes + 2,
            "\(name): x \(x.shape) is not \(axes == 2 ? "[batch, channels, height, width]" : "[batch, time, features]")"
        )
        requireLengths(lengths, rows: x.shape[0], positions: x.shape[axes == 2 ? 3 : 1], in: name)
        let s = x.shape
        let geometry = Self.geometry(name, window)
        let sides = geometry?.sides ?? (0, 0, 0, 0)
        pooling = ser_pooling(
            outer: Int64(axes == 2 ? s[0] * s[1] : s[0]), height: Int64(axes == 2 ? s[2] : 1),
            width: Int64(axes == 2 ? s[3] : s[1]), inner: Int64(axes == 2 ? 1 : s[2]),
            per_row: Int64(axes == 2 ? max(s[1], 1) : 1),
            window_height: Int64(geometry?.window.height ?? 1), window_width: Int64(geometry?.window.width ?? 1),
            stride_height: Int64(geometry?.stride.height ?? 1), stride_width: Int64(geometry?.stride.width ?? 1),
            pad_top: Int64(axes == 2 ? sides.0 : 0), pad_bottom: Int64(axes == 2 ? sides.1 : 0),
            pad_left: Int64(sides.2), pad_right: Int64(sides.3), widths: nil, counts_padding: 1,
            global: geometry == nil ? 1 : 0)
        require(pooling.height * pooling.width < Int64(Int32.max), "\(name): an image of shape \(s) is too large")
        let (height, width) = (Int(ser_pooling_out_height(&pooling)), Int(ser_pooling_out_width(&pooling)))
        switch (geometry == nil, axes) {
        case (true, _): outputShape = [s[0], axes == 2 ? s[1] : s[2]]
        case (false, 2): outputShape = [s[0], s[1], height, width]
        default: outputShape = [s[0], width, s[2]]
        }
        self.x = x
        self.lengths = lengths
    }

    private static func geometry(_ name: String, _ window: Window) -> WindowGeometry? {
        let geometry: WindowGeometry
        switch window {
        case .everything: return nil
        case .window(let window, let stride, let padding):
            geometry = WindowGeometry(window: window, stride: stride ?? window, padding: padding)
        case .line(let window, let stride, let padding):
            geometry = WindowGeometry(
                window: Extent(height: 1, width: window), stride: Extent(height: 1, width: stride ?? window),
                padding: padding)
        }
        if let fault = geometry.fault { stop("\(name): \(fault.expected) is needed, not \(fault.got)") }
        return geometry
    }

    private static func withPooling<Result>(
        _ pooling: ser_pooling, _ lengths: [Int]?, _ body: (UnsafePointer<ser_pooling>) -> Result
    ) -> Result {
        withWidths(lengths) { widths in
            var pooling = pooling
            pooling.widths = widths
            return body(&pooling)
        }
    }

    func maximum() -> Tensor {
        let count = outputShape.reduce(1, *)
        let winners = Winners(count: count)
        return Tensor.operation(shape: outputShape, [x]) { out in
            Self.withPooling(pooling, lengths) { pooling in
                x.withPointer { ser_pooling_max(pooling, $0, out, winners.pointer) }
            }
        } pullback: { [shape = x.shape, pooling, lengths] _ in
            { upstream, cotangents in
                cotangents.add(
                    Tensor(shape: shape) { out in
                        Self.withPooling(pooling, lengths) { pooling in
                            upstream.withPointer { ser_pooling_max_backward(pooling, winners.pointer, $0, out) }
                        }
                    }, to: 0)
            }
        }
    }

    func average() -> Tensor {
        Tensor.operation(shape: outputShape, [x]) { out in
            Self.withPooling(pooling, lengths) { pooling in
                x.withPointer { ser_pooling_average(pooling, $0, out) }
            }
        } pullback: { [shape = x.shape, pooling, lengths] _ in
            { upstream, cotangents in
                cotangents.add(
                    Tensor(shape: shape) { out in
                        Self.withPooling(pooling, lengths) { pooling in
                            upstream.withPointer { ser_pooling_average_backward(pooling, $0, out) }
                        }
                    }, to: 0)
            }
        }
    }
}

/// Which position won each window; as large as a float, so it lives in the pool's blocks of floats.
private struct Winners {
    private let buffer: Buffer
    init(count: Int) { buffer = Buffer(uninitialized: count) }
    var pointer: UnsafeMutablePointer<Int32> {
        UnsafeMutableRawPointer(buffer.pointer).assumingMemoryBound(to: Int32.self)
    }
}
