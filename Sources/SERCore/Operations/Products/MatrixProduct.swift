// SPDX-License-Identifier: Apache-2.0

extension Tensor {
    /// The matrix product over the last two axes.
    ///
    /// - Parameter other: [..., inner, columns] for this tensor's [..., rows, inner]; the axes in front broadcast. A
    ///   tensor of one axis stands for a row on the left, for a column on the right, and that axis is dropped after.
    /// - Returns: [..., rows, columns].
    public func matmul(_ other: Tensor) -> Tensor {
        require(
            rank >= 1 && other.rank >= 1 && shape[rank - 1] == other.shape[max(other.rank - 2, 0)],
            "matmul: shapes \(shape) and \(other.shape) do not fit: [..., rows, inner] and [..., inner, columns]")
        if rank == 1 { return reshaped([1, shape[0]]).matmul(other).squeezed(axes: [other.rank == 1 ? 0 : -2]) }
        if other.rank == 1 { return matmul(other.reshaped([other.shape[0], 1])).squeezed(axes: [-1]) }
        let product = BatchedProduct(shape, other.shape)
        return Tensor.operation(shape: product.shape, [self, other]) { out in
            withPointers(self, other) { a, b in
                product.forward(a, b, into: out)
            }
        } pullback: { [aShape = shape, bShape = other.shape] _ in
            let savedA = other.trace == nil ? nil : detached
            let savedB = trace == nil ? nil : other.detached
            return { upstream, cotangents in
                if let savedB {
                    cotangents.write(0, shape: aShape) { out, accumulate in
                        withPointers(upstream, savedB) { product.backwardA($0, $1, into: out, accumulate) }
                    }
                }
                if let savedA {
                    cotangents.write(1, shape: bShape) { out, accumulate in
                        withPointers(savedA, upstream) { product.backwardB($0, $1, into: out, accumulate) }
                    }
                }
            }
        }
    }
}

/// Which matrices meet in a product of [..., rows, inner] and [..., inner, columns] whose front axes broadcast.
private struct BatchedProduct {
    let shape: [Int]
    private let rows: Int
    private let columns: Int
    private let inner: Int
    private let batches: Int
    /// For each product, the matrices it reads; empty when they run along.
    private var aMatrices: [Int] = []
    private var bMatrices: [Int] = []
    private var aCount = 1
    private var bCount = 1

    init(_ a: [Int], _ b: [Int]) {
        inner = a[a.count - 1]
        columns = b[b.count - 1]
        let (aBatch, bBatch) = (Array(a.dropLast(2)), Array(b.dropLast(2)))
        let batch = aBatch.isEmpty && bBatch.isEmpty ? [] : Broadcasting.shape(aBatch, bBatch, in: "matmul")
        shape = batch + [a[a.count - 2], columns]
        // One matrix on the right of many: they are one tall matrix.
        if bBatch.allSatisfy({ $0 == 1 }) && aBatch == batch {
            rows = aBatch.reduce(a[a.count - 2], *)
            batches = 1
            return
        }
        rows = a[a.count - 2]
        batches = batch.reduce(1, *)
        aCount = aBatch.reduce(1, *)
        bCount = bBatch.reduce(1, *)
        if aBatch != batch { aMatrices = Self.matrices(aBatch, in: batch) }
        if bBatch != batch { bMatrices = Self.matrices(bBatch, in: batch) }
    }

    private static func matrices(_ operand: [Int], in batch: [Int]) -> [Int] {
        let strides = Broadcasting.strides(of: operand, broadcastTo: batch)
        return (0..<batch.reduce(1, *)).map { index in
            var (rest, place) = (index, 0)
            for axis in batch.indices.reversed() {
                place += rest % batch[axis] * strides[axis]
                rest /= batch[axis]
            }
            return place
        }
    }

    func forward(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>) {
        forEachBatch(inParallel: true) { index, first, second in
            BLAS.product(
                a + first * rows * inner, b + second * inner * columns, into: out + index * rows * columns,
                rows, columns, inner)
        }
    }

    /// dA = dC B^T, added up where a matrix was used several times.
    func backwardA(
        _ dy: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>, _ accumulate: Bool
    ) {
        let adds = accumulate || !aMatrices.isEmpty
        if adds && !accumulate { out.update(repeating: 0, count: aCount * rows * inner) }
        forEachBatch(inParallel: aMatrices.isEmpty) { index, first, second in
            BLAS.product(
                dy + index * rows * columns, b + second * inner * columns, into: out + first * rows * inner,
                rows, inner, columns, transposeB: true, accumulate: adds)
        }
    }

    /// dB = A^T dC, added up where a matrix was used several times.
    func backwardB(
        _ a: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>, _ accumulate: Bool
    ) {
        let adds = accumulate || !bMatrices.isEmpty
        if adds && !accumulate { out.update(repeating: 0, count: bCount * inner * columns) }
        forEachBatch(inParallel: bMatrices.isEmpty) { index, first, second in
            BLAS.product(
                a + first * rows * inner, dy + index * rows * columns, into: out + second * inner * columns,
                inner, columns, rows, transposeA: true, accumulate: adds)
        }
    }

    private func forEachBatch(inParallel: Bool, _ body: (_ index: Int, _ a: Int, _ b: Int) -> Void) {
        func run(_ start: Int, _ count: Int) {
            for index in start..<(start + count) {
                body(index, aMatrices.isEmpty ? index : aMatrices[index], bMatrices.isEmpty ? index : bMatrices[index])
            }
        }
        // A product counts as an element-wise loop over a sixteenth of its multiplications.
        if inParallel {
            inChunks(batches, weight: max(1, rows * columns * inner / 16), run)
        } else {
            run(0, batches)
        }
    }
}
