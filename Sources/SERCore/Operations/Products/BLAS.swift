// SPDX-License-Identifier: Apache-2.0

import COpenBLAS
import SERSupport

/// Single-precision matrix products by OpenBLAS, which is kept to one thread: the library schedules its own work.
enum BLAS {
    static let configured: Void = openblas_set_num_threads(1)

    /// C[rows, columns] = A[rows, inner] B[inner, columns], or C += with `accumulate`; a transposed operand lies in
    /// memory the other way round.
    ///
    /// Several threads share large products. OpenBLAS's sums may depend on the size of a block, so the blocks follow
    /// from the shape alone.
    static func product(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>,
        _ rows: Int, _ columns: Int, _ inner: Int, transposeA: Bool = false, transposeB: Bool = false,
        accumulate: Bool = false
    ) {
        guard rows > 0, columns > 0 else { return }
        guard inner > 0 else {
            if !accumulate { c.update(repeating: 0, count: rows * columns) }
            return
        }
        let whole = Product(
            a: a, b: b, c: c, inner: inner, aStride: transposeA ? rows : inner, bStride: transposeB ? inner : columns,
            cStride: columns, transposeA: transposeA, transposeB: transposeB, accumulate: accumulate)
        let blocks = blockCount(rows, columns, inner)
        if blocks == 1 { return whole.run(0..<rows, 0..<columns) }
        parallelFor(blocks) { block in
            if rows >= columns {
                whole.run(piece(block, of: blocks, rows), 0..<columns)
            } else {
                whole.run(0..<rows, piece(block, of: blocks, columns))
            }
        }
    }

    /// In how many blocks a product is cut, along the longer of rows and columns.
    private static func blockCount(_ rows: Int, _ columns: Int, _ inner: Int) -> Int {
        let multiplications = rows * columns * inner
        guard multiplications >= 2 * smallestBlock else { return 1 }
        return max(1, min(16, multiplications / smallestBlock, max(rows, columns) / (2 * granularity)))
    }

    private static let smallestBlock = 4 << 20  // multiplications: some 40 microseconds
    private static let granularity = 16  // of the rows of OpenBLAS's kernels

    private static func piece(_ index: Int, of count: Int, _ length: Int) -> Range<Int> {
        let units = (length + granularity - 1) / granularity
        return min(length, units * index / count * granularity)..<min(length, units * (index + 1) / count * granularity)
    }

    private struct Product: @unchecked Sendable {  // blocks write to places of their own
        let a: UnsafePointer<Float>
        let b: UnsafePointer<Float>
        let c: UnsafeMutablePointer<Float>
        let inner: Int
        let aStride: Int
        let bStride: Int
        let cStride: Int
        let transposeA: Bool
        let transposeB: Bool
        let accumulate: Bool

        func run(_ rows: Range<Int>, _ columns: Range<Int>) {
            _ = BLAS.configured
            cblas_sgemm(
                CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
                blasint(rows.count), blasint(columns.count), blasint(inner), 1,
                a + rows.lowerBound * (transposeA ? 1 : aStride), blasint(aStride),
                b + columns.lowerBound * (transposeB ? bStride : 1), blasint(bStride), accumulate ? 1 : 0,
                c + rows.lowerBound * cStride + columns.lowerBound, blasint(cStride))
        }
    }
}
