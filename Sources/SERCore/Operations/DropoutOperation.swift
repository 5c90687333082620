// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import SERSupport

/// Inverted dropout (Srivastava et al., 2014): each value becomes 0 with probability `rate`, else value / (1 - rate).
///
/// Which values drop depends on the key alone. The probability is `rate` rounded to a multiple of 2^-16.
public func dropout(_ x: Tensor, rate: Float, key: RandomKey) -> Tensor {
    require(0 <= rate && rate < 1, "dropout: rate \(rate) is outside 0..<1")
    let threshold = UInt32(saturating: rate * 65536)
    guard threshold > 0 else { return x }
    let (count, scale) = (x.count, 1 / (1 - rate))
    let kept = Buffer(uninitialized: (count + 3) / 4)  // a byte a value
    return Tensor.operation(shape: x.shape, [x]) { out in
        x.withPointer { x in
            inChunks(count) { start, length in  // pieces begin at multiples of 256, as the kernel asks
                ser_dropout(
                    out + start, UnsafeMutableRawPointer(kept.pointer) + start, x + start, Int64(start), Int64(length),
                    key.bits, threshold, scale)
            }
        }
    } pullback: { output in
        { upstream, cotangents in
            cotangents.write(0, shape: output.shape) { out, accumulate in
                upstream.withPointer { dy in
                    inChunks(count) { start, length in
                        ser_dropout_backward(
                            out + start, dy + start, UnsafeRawPointer(kept.pointer) + start, Int64(length), scale,
                            accumulate)
                    }
                }
            }
        }
    }
}
