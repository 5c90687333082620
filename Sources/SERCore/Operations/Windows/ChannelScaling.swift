// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// Each channel of an image multiplied by a number of its own, in one pass over the image.
///
/// - Parameters:
///   - x: [batch, channels, height, width].
///   - scales: [batch, channels].
///   - lengths: Valid columns of each row of the batch; nil: all. The others do not count and come out as zero.
/// - Returns: The shape of `x`.
package func scalingChannels(_ x: Tensor, by scales: Tensor, lengths: [Int]?) -> Tensor {
    require(
        x.rank == 4 && scales.shape == Array(x.shape.prefix(2)),
        "scalingChannels: scales \(scales.shape) do not fit x \(x.shape)")
    let (batch, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    requireLengths(lengths, rows: batch, positions: width, in: "scalingChannels")
    let size = channels * height * width
    return Tensor.operation(shape: x.shape, [x, scales]) { out in
        withPointers(x, scales) { px, ps in
            inChunks(batch, weight: size) { first, count in
                for row in first..<(first + count) {
                    ser_scale_planes(
                        out + row * size, px + row * size, ps + row * channels, Int64(channels), Int64(height),
                        Int64(width), Int64(lengths?[row] ?? width))
                }
            }
        }
    } pullback: { [x = x.detached, scales = scales.detached] _ in
        { upstream, cotangents in
            let dscales = cotangents.isWanted(1) ? Buffer(uninitialized: scales.count) : nil
            /// One pass over the image for both gradients.
            func run(_ dx: UnsafeMutablePointer<Float>?, _ accumulate: Bool) {
                withPointers(upstream, x, scales) { dy, px, ps in
                    inChunks(batch, weight: size) { first, count in
                        for row in first..<(first + count) {
                            ser_scale_planes_backward(
                                dx.map { $0 + row * size }, dscales.map { $0.pointer + row * channels },
                                dy + row * size,
                                px + row * size, ps + row * channels, Int64(channels), Int64(height), Int64(width),
                                Int64(lengths?[row] ?? width), accumulate)
                        }
                    }
                }
            }
            if cotangents.isWanted(0) {
                cotangents.write(0, shape: x.shape) { run($0, $1) }
            } else {
                run(nil, false)
            }
            if let dscales { cotangents.add(Tensor(buffer: dscales, shape: scales.shape), to: 1) }
        }
    }
}
