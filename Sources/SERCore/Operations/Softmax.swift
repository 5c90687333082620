// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// e^x divided by its sum along an axis.
public func softmax(_ x: Tensor, axis: Int = -1) -> Tensor {
    alongRows(x, axis, in: "softmax") {
        rowOperation($0, ser_softmax_rows, ser_softmax_backward_rows)
    }
}

/// The softmax over the last axis, of which each row of a padded batch uses only its first positions; the others get 0.
///
/// This is what makes attention blind to padding: the weights of a row are those that it gets alone.
/// - Parameters:
///   - x: [batch, ..., positions].
///   - lengths: For each row of the batch, how many positions take part; nil: all. A row of length 0 gives zeros.
public func softmax(_ x: Tensor, lengths: [Int]?) -> Tensor {
    guard let lengths else { return softmax(x, axis: -1) }
    require(x.rank >= 2, "softmax: x \(x.shape) is not [batch, ..., positions]")
    let columns = x.shape[x.rank - 1]
    requireLengths(lengths, rows: x.shape[0], positions: columns, in: "softmax")
    let inner = x.shape[1..<(x.rank - 1)].reduce(1, *)
    /// Calls `body` with where each row of positions begins and how many of them take part.
    func forEachRow(_ body: (_ start: Int, _ length: Int) -> Void) {
        inChunks(lengths.count * inner, weight: columns) { first, count in
            for row in first..<(first + count) { body(row * columns, lengths[row / inner]) }
        }
    }
    return Tensor.operation(shape: x.shape, [x]) { out in
        x.withPointer { px in
            forEachRow { start, length in
                ser_softmax_rows(out + start, px + start, 1, Int64(length))
                (out + start + length).update(repeating: 0, count: columns - length)
            }
        }
    } pullback: { output in
        { upstream, cotangents in
            cotangents.write(0, shape: output.shape) { out, accumulate in
                withPointers(upstream, output) { dy, y in
                    forEachRow { start, length in
                        ser_softmax_backward_rows(
                            out + start, dy + start, y + start, 1, Int64(length), accumulate)
                        if !accumulate { (out + start + length).update(repeating: 0, count: columns - length) }
                    }
                }
            }
        }
    }
}

/// The logarithm of the softmax along an axis, without the loss of precision of taking one after the other.
public func logSoftmax(_ x: Tensor, axis: Int = -1) -> Tensor {
    alongRows(x, axis, in: "logSoftmax") {
        rowOperation($0, ser_log_softmax_rows, ser_log_softmax_backward_rows)
    }
}

/// The logarithm of the sum of e^x along an axis, computed without overflow.
public func logSumExp(_ x: Tensor, axis: Int = -1, keepingDimensions: Bool = false) -> Tensor {
    let axis = x.axis(axis, in: "logSumExp")
    let rows = x.movingAxis(axis, to: x.rank - 1)
    let columns = rows.shape[x.rank - 1]
    let shape = Array(rows.shape.dropLast())
    let count = shape.reduce(1, *)
    let result = Tensor.operation(shape: shape, [rows]) { out in
        rows.withPointer { px in
            inChunks(count, weight: columns) {
                ser_log_sum_exp_rows(out + $0, px + $0 * columns, Int64($1), Int64(columns))
            }
        }
    } pullback: { [rows = rows.detached] output in
        { upstream, cotangents in
            let weights = exp(rows - output.reshaped(shape + [1]))
            cotangents.addSum(ser_binary_multiply, weights, upstream.reshaped(shape + [1]), to: 0, shape: rows.shape)
        }
    }
    return keepingDimensions ? result.expandingDimension(at: axis) : result
}

private typealias RowKernel = @convention(c) (UnsafeMutablePointer<Float>, UnsafePointer<Float>, Int64, Int64) -> Void
private typealias RowBackwardKernel =
    @convention(c) (
        UnsafeMutablePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, Int64, Int64, Bool
    ) -> Void

private func alongRows(_ x: Tensor, _ axis: Int, in operation: String, _ body: (Tensor) -> Tensor) -> Tensor {
    let axis = x.axis(axis, in: operation)
    return body(x.movingAxis(axis, to: x.rank - 1)).movingAxis(x.rank - 1, to: axis)
}

private func rowOperation(_ x: Tensor, _ kernel: RowKernel, _ backward: @escaping RowBackwardKernel) -> Tensor {
    let columns = x.shape[x.rank - 1]
    let rows = x.count / max(columns, 1)
    return Tensor.operation(shape: x.shape, [x]) { out in
        x.withPointer { px in
            inChunks(rows, weight: columns) {
                kernel(out + $0 * columns, px + $0 * columns, Int64($1), Int64(columns))
            }
        }
    } pullback: { output in
        { upstream, cotangents in
            cotangents.write(0, shape: output.shape) { out, accumulate in
                withPointers(upstream, output) { dy, y in
                    inChunks(rows, weight: columns) {
                        let start = $0 * columns
                        backward(out + start, dy + start, y + start, Int64($1), Int64(columns), accumulate)
                    }
                }
            }
        }
    }
}
