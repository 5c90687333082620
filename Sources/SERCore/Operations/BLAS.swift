import COpenBLAS

/// Single-precision matrix products by OpenBLAS, which is kept to one thread: the library schedules its own work.
enum BLAS {
    private static let configured: Void = openblas_set_num_threads(1)

    /// C[rows, columns] = A[rows, inner] B[inner, columns], or C += with `accumulate`; a transposed operand lies in memory
    /// the other way round.
    static func product(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>,
        _ rows: Int, _ columns: Int, _ inner: Int, transposeA: Bool = false, transposeB: Bool = false,
        accumulate: Bool = false
    ) {
        _ = configured
        guard rows > 0, columns > 0 else { return }
        guard inner > 0 else {
            if !accumulate { c.update(repeating: 0, count: rows * columns) }
            return
        }
        cblas_sgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
            blasint(rows), blasint(columns), blasint(inner), 1, a, blasint(transposeA ? rows : inner),
            b, blasint(transposeB ? inner : columns), accumulate ? 1 : 0, c, blasint(columns))
    }
}
