import CSERKernels
import SERSupport

/// Inverted dropout (Srivastava et al., 2014): each value becomes 0 with probability `rate`, else value / (1 - rate).
///
/// Which values drop depends on the key alone. The probability is `rate` rounded to a multiple of 2^-16.
public func dropout(_ x: Tensor, rate: Float, key: RandomKey) -> Tensor {
    precondition(0 <= rate && rate < 1, "dropout: rate \(rate) is outside 0..<1")
    let threshold = UInt32((rate * 65536).rounded())
    guard threshold > 0 else { return x }
    let (count, scale) = (x.count, 1 / (1 - rate))
    let kept = Buffer(uninitialized: (count + 3) / 4)  // a byte a value
    return Tensor.operation(shape: x.shape, [x]) { out in
        x.withPointer { x in
            let place = DropoutPlace(out: out, input: x, kept: UnsafeMutableRawPointer(kept.pointer))
            forPieces(of: count) { start, length in
                ser_dropout(
                    place.out + start, place.kept + start, place.input + start, Int64(start), Int64(length), key.bits,
                    threshold, scale)
            }
        }
    } pullback: { output in
        { upstream, cotangents in
            cotangents.write(0, shape: output.shape) { out, accumulate in
                upstream.withPointer { dy in
                    let place = DropoutPlace(out: out, input: dy, kept: UnsafeMutableRawPointer(kept.pointer))
                    forPieces(of: count) { start, length in
                        ser_dropout_backward(
                            place.out + start, place.input + start, place.kept + start, Int64(length), scale, accumulate)
                    }
                }
            }
        }
    }
}

private struct DropoutPlace: @unchecked Sendable {  // pieces do not overlap, and the buffers outlive the loop over them
    var out: UnsafeMutablePointer<Float>
    var input: UnsafePointer<Float>
    var kept: UnsafeMutableRawPointer
}

/// Runs `body` on pieces that begin at multiples of 256, the same whatever the number of threads.
private func forPieces(of count: Int, _ body: @Sendable (_ start: Int, _ length: Int) -> Void) {
    let size = 1 << 17
    parallelFor((count + size - 1) / size) { index in body(index * size, min(size, count - index * size)) }
}
