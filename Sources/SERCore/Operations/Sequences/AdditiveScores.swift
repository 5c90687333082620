// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// How well each key answers each query in additive attention: v . tanh(query + key) (Bahdanau, Cho and Bengio, 2015).
///
/// One operation, because the sums of all pairs would be [batch, queries, keys, units] values.
/// - Parameters:
///   - queries: [batch, queries, units].
///   - keys: [batch, keys, units].
///   - vector: [units].
///   - lengths: For each row of the batch, how many keys are valid; the others score 0. Nil: all are.
/// - Returns: [batch, queries, keys].
package func additiveScores(queries: Tensor, keys: Tensor, vector: Tensor, lengths: [Int]?) -> Tensor {
    require(
        queries.rank == 3 && keys.rank == 3 && queries.shape[0] == keys.shape[0]
            && vector.shape == [keys.shape[2]] && queries.shape[2] == keys.shape[2],
        "additiveScores: queries \(queries.shape), keys \(keys.shape) and vector \(vector.shape) do not fit")
    let (batch, units) = (queries.shape[0], queries.shape[2])
    let (rows, columns) = (queries.shape[1], keys.shape[1])
    requireLengths(lengths, rows: batch, positions: columns, in: "additiveScores")
    let valid = lengths ?? [Int](repeating: columns, count: batch)
    // A hyperbolic tangent counts as several element-wise operations.
    let weight = 8 * rows * columns * units
    return Tensor.operation(shape: [batch, rows, columns], [queries, keys, vector]) { out in
        withPointers(queries, keys, vector) { q, k, v in
            inChunks(batch, weight: weight) { first, count in
                for row in first..<(first + count) {
                    ser_additive_scores(
                        out + row * rows * columns, q + row * rows * units, k + row * columns * units, v, Int64(rows),
                        Int64(columns), Int64(valid[row]), Int64(units))
                }
            }
        }
    } pullback: { [queries = queries.detached, keys = keys.detached, vector = vector.detached] _ in
        { upstream, cotangents in
            let (dq, dk) = (Buffer(uninitialized: queries.count), Buffer(uninitialized: keys.count))
            let dv = Buffer(uninitialized: batch * units)
            withPointers(queries, keys, vector) { q, k, v in
                upstream.withPointer { dy in
                    inChunks(batch, weight: 2 * weight) { first, count in
                        for row in first..<(first + count) {
                            ser_additive_scores_backward(
                                dq.pointer + row * rows * units, dk.pointer + row * columns * units,
                                dv.pointer + row * units, dy + row * rows * columns, q + row * rows * units,
                                k + row * columns * units, v, Int64(rows), Int64(columns), Int64(valid[row]),
                                Int64(units))
                        }
                    }
                }
            }
            cotangents.add(Tensor(buffer: dq, shape: queries.shape), to: 0)
            cotangents.add(Tensor(buffer: dk, shape: keys.shape), to: 1)
            cotangents.add(Tensor(buffer: dv, shape: [batch, units]).sum(axes: [0]), to: 2)
        }
    }
}
