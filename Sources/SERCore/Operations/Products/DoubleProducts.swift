// SPDX-License-Identifier: Apache-2.0

import COpenBLAS

/// Products of matrices of 64-bit floats by OpenBLAS, for what is solved for to more digits than a `Float` has. They run
/// on the calling thread alone, so that their bits do not depend on the number of threads.
package enum DoubleProducts {
    /// A[rows, inner] B[inner, columns]; a transposed operand lies in memory the other way round.
    package static func product(
        _ a: [Double], _ b: [Double], rows: Int, columns: Int, inner: Int, transposeA: Bool = false,
        transposeB: Bool = false
    ) -> [Double] {
        require(
            a.count == rows * inner && b.count == inner * columns,
            "DoubleProducts: \(a.count) and \(b.count) numbers are not [\(rows), \(inner)] and [\(inner), \(columns)]")
        _ = BLAS.configured
        var c = [Double](repeating: 0, count: rows * columns)
        guard !c.isEmpty, inner > 0 else { return c }
        if columns == 1 {
            let stored = transposeA ? (inner, rows) : (rows, inner)
            cblas_dgemv(
                CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, blasint(stored.0), blasint(stored.1), 1, a,
                blasint(stored.1), b, 1, 0, &c, 1)
            return c
        }
        cblas_dgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
            blasint(rows), blasint(columns), blasint(inner), 1, a, blasint(transposeA ? rows : inner), b,
            blasint(transposeB ? inner : columns), 0, &c, blasint(columns))
        return c
    }
}
