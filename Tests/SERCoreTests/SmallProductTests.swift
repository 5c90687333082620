// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import SERSupport
import Testing

private struct Matrix {
    var rows: Int
    var columns: Int
    var values: [Float]

    init(_ rows: Int, _ columns: Int, seed: UInt64) {
        (self.rows, self.columns) = (rows, columns)
        var generator = RandomKey(seed: seed).generator
        values = (0..<rows * columns).map { _ in Float.random(in: -1...1, using: &generator) }
    }

    subscript(row: Int, column: Int) -> Double { Double(values[row * columns + column]) }
}

/// Expects every value within single precision of `terms` products of the sum that `expected` gives, and that nothing
/// around the matrix was touched.
private func expectProduct(
    _ c: [Float], _ rows: Int, _ columns: Int, ld: Int, terms: Int, _ what: String, _ expected: (Int, Int) -> Double
) {
    for row in 0..<rows {
        for column in 0..<ld {
            let value = c[row * ld + column]
            if column >= columns {
                #expect(value == 99, "\(what): wrote past row \(row) at \(column)")
            } else if !(abs(Double(value) - expected(row, column)) <= 2e-7 * Double(terms + 2)) {
                Issue.record("\(what): [\(row), \(column)] is \(value), expected \(expected(row, column))")
                return
            }
        }
    }
}

@Suite struct SmallProductTests {
    static let rows = [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 31, 70]
    static let columns = [1, 7, 15, 16, 17, 31, 32, 33, 48, 64, 100, 129, 200]

    @Test(arguments: [1, 8, 13, 70]) func packed(depth k: Int) {
        withEachInstructionSet { name in
            for m in Self.rows {
                for n in Self.columns {
                    let a = Matrix(m, k + 3, seed: 1), b = Matrix(k, n, seed: 2), bias = Matrix(1, n, seed: 3)
                    let transposed = (0..<n * k).map { b.values[$0 % k * n + $0 / k] }
                    let settings = [(false, false, true), (true, true, false), (true, true, true)]
                    for (isTransposed, accumulate, hasBias) in settings {
                        let size = Int(ser_packed_size(Int64(k), Int64(n)))
                        let packed = UnsafeMutablePointer<Float>.allocate(capacity: size)
                        defer { packed.deallocate() }
                        ser_pack(
                            packed, isTransposed ? transposed : b.values, Int64(isTransposed ? k : n), Int64(k),
                            Int64(n), isTransposed ? 1 : 0)
                        var c = [Float](repeating: 99, count: m * (n + 2))
                        if accumulate { for r in 0..<m { for j in 0..<n { c[r * (n + 2) + j] = Float(r - j) / 64 } } }
                        bias.values.withUnsafeBufferPointer {
                            ser_gemm_packed(
                                Int64(m), Int64(n), Int64(k), a.values, Int64(k + 3), packed, &c, Int64(n + 2),
                                hasBias ? $0.baseAddress : nil, accumulate ? 1 : 0)
                        }
                        expectProduct(c, m, n, ld: n + 2, terms: k, "\(name) \(m)x\(n)x\(k)") { r, j in
                            (0..<k).reduce(0) { $0 + a[r, $1] * b[$1, j] } + (hasBias ? bias[0, j] : 0)
                                + (accumulate ? Double(r - j) / 64 : 0)
                        }
                    }
                }
            }
        }
    }

    @Test(arguments: [1, 5, 16, 40, 67]) func dense(inputs k: Int) {
        withEachInstructionSet { name in
            for m in Self.rows {
                for n in [1, 3, 7, 16, 33, 70] {
                    let what = "\(name) \(m) rows, \(n) x \(k)"
                    let x = Matrix(m, k, seed: 4), w = Matrix(n, k, seed: 5), bias = Matrix(1, n, seed: 6)
                    let dy = Matrix(m, n, seed: 7)
                    let (m64, n64, k64) = (Int64(m), Int64(n), Int64(k))
                    var y = [Float](repeating: 99, count: m * (n + 1))
                    ser_dense_forward(m64, n64, k64, x.values, k64, w.values, k64, &y, n64 + 1, bias.values, 1)
                    expectProduct(y, m, n, ld: n + 1, terms: k, what + " forward") { r, j in
                        max(0, (0..<k).reduce(0) { $0 + x[r, $1] * w[j, $1] } + bias[0, j])
                    }
                    var dx = [Float](repeating: 99, count: m * (k + 1))
                    ser_dense_input_gradient(m64, n64, k64, dy.values, n64, w.values, k64, &dx, k64 + 1, 0)
                    expectProduct(dx, m, k, ld: k + 1, terms: n, what + " input gradient") { r, i in
                        (0..<n).reduce(0) { $0 + dy[r, $1] * w[$1, i] }
                    }
                    for accumulate in [false, true] {
                        var dw = [Float](repeating: 99, count: n * (k + 1))
                        if accumulate { for j in 0..<n { for i in 0..<k { dw[j * (k + 1) + i] = 2 } } }
                        ser_dense_weight_gradient(
                            m64, n64, k64, dy.values, n64, x.values, k64, &dw, k64 + 1, accumulate ? 1 : 0)
                        expectProduct(dw, n, k, ld: k + 1, terms: m + 2, what + " weight gradient") { j, i in
                            (0..<m).reduce(accumulate ? 2 : 0) { $0 + dy[$1, j] * x[$1, i] }
                        }
                    }
                    var db = [Float](repeating: 99, count: n)
                    ser_dense_bias_gradient(m64, n64, dy.values, n64, &db, 0)
                    expectProduct(db, 1, n, ld: n, terms: m, what + " bias gradient") { _, j in
                        (0..<m).reduce(0) { $0 + dy[$1, j] }
                    }
                }
            }
        }
    }

    /// A row's result does not depend on the rows beside it, so products may be cut between any rows.
    @Test func rowsDoNotDependOnTheirNeighbours() {
        withEachInstructionSet { name in
            let (n, k) = (72, 45)
            let a = Matrix(21, k, seed: 8), b = Matrix(k, n, seed: 9)
            let packed = UnsafeMutablePointer<Float>.allocate(capacity: Int(ser_packed_size(Int64(k), Int64(n))))
            defer { packed.deallocate() }
            ser_pack(packed, b.values, Int64(n), Int64(k), Int64(n), 0)
            func product(_ first: Int, _ rows: Int) -> [Float] {
                var c = [Float](repeating: 0, count: rows * n)
                a.values.withUnsafeBufferPointer { values in
                    guard let base = values.baseAddress else { return }
                    ser_gemm_packed(
                        Int64(rows), Int64(n), Int64(k), base + first * k, Int64(k), packed, &c, Int64(n), nil, 0)
                }
                return c
            }
            let whole = product(0, 21)
            for rows in 1...9 {
                for first in [0, 5, 12] {
                    #expect(product(first, rows) == Array(whole[(first * n)..<((first + rows) * n)]), "\(name) \(rows)")
                }
            }
        }
    }

    /// One recurrent layer, all kinds, with each instruction set's bodies: within single precision of each other.
    @Test(arguments: 0..<4) func recurrentBodiesAgree(kind: Int) {
        let (batch, steps, inputs, hidden) = (11, 6, 5, 37)
        let gates = [1, 1, 4, 3][kind]
        let x = Matrix(batch * steps, inputs, seed: 10), ih = Matrix(gates * hidden, inputs, seed: 11)
        let hh = Matrix(gates * hidden, hidden, seed: 12), bias = Matrix(1, gates * hidden, seed: 13)
        let scaled = hh.values.map { $0 * 0.2 }
        var results: [[Float]] = []
        withEachInstructionSet { _ in
            var y = [Float](repeating: 0, count: batch * steps * hidden)
            var gradient = [Float](repeating: 0, count: gates * hidden * hidden)
            ih.values.withUnsafeBufferPointer { ih in
                scaled.withUnsafeBufferPointer { hh in
                    bias.values.withUnsafeBufferPointer { bias in
                        x.values.withUnsafeBufferPointer { x in
                            guard let x = x.baseAddress, let ih = ih.baseAddress, let hh = hh.baseAddress
                            else { return }
                            var shape = ser_recurrent_shape(
                                kind: Int32(kind), reverse: 0, batch: Int64(batch), steps: Int64(steps),
                                inputs: Int64(inputs), hidden: Int64(hidden), lengths: nil)
                            var weights = ser_recurrent_weights(
                                weight_ih: ih, weight_hh: hh, bias_ih: bias.baseAddress, bias_hh: nil)
                            var saved = [Float](repeating: .nan, count: Int(ser_recurrent_saved_size(&shape)))
                            saved.withUnsafeMutableBufferPointer { saved in
                                y.withUnsafeMutableBufferPointer { y in
                                    var forward = ser_recurrent_forward_arguments(
                                        packed: nil,
                                        x: x, h0: nil, c0: nil, y: y.baseAddress, y_stride: Int64(hidden), h_last: nil,
                                        h_last_stride: 0, c_last: nil, saved: saved.baseAddress)
                                    #expect(ser_recurrent_forward(&shape, &weights, &forward) == 1)
                                    gradient.withUnsafeMutableBufferPointer { gradient in
                                        guard let kept = saved.baseAddress else { return }
                                        var backward = ser_recurrent_backward_arguments(
                                            saved: kept, dy: y.baseAddress, dy_stride: Int64(hidden),
                                            dh_last: nil, dh_last_stride: 0, dx: nil, add_dx: 0, dweight_ih: nil,
                                            dweight_hh: gradient.baseAddress, dbias_ih: nil, dbias_hh: nil)
                                        #expect(ser_recurrent_backward(&shape, &weights, &backward) == 1)
                                    }
                                }
                            }
                        }
                    }
                }
            }
            results.append(y + gradient)
        }
        for other in results.dropFirst() {
            let most = results[0].map(abs).max() ?? 0
            let worst = zip(results[0], other).map { abs($0 - $1) }.max() ?? 0
            #expect(worst <= 2e-5 * most && most > 0)
        }
    }
}
