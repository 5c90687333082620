// SPDX-License-Identifier: Apache-2.0

import SERCore

/// Clips as rows of numbers, each with a 1 at its end that the bias is multiplied with.
package struct LinearRows: Sendable {
    /// How many clips.
    package let count: Int
    /// Numbers of a row, the 1 included.
    package let columns: Int
    /// [count, columns].
    private let values: [Double]
    private let squares: [Double]

    /// Rows of so many numbers, one after the other.
    package init(_ numbers: [Float], columns: Int) {
        count = columns > 0 ? numbers.count / columns : 0
        self.columns = columns + 1
        var values: [Double] = []
        values.reserveCapacity(count * (columns + 1))
        for row in 0..<count {
            values += numbers[row * columns..<(row + 1) * columns].map(Double.init)
            values.append(1)
        }
        self.values = values
        squares = values.map { $0 * $0 }
    }

    /// For each row its products with some vectors [vectors, columns]: [count, vectors].
    func products(with vectors: [Double]) -> [Double] {
        DoubleProducts.product(
            values, vectors, rows: count, columns: vectors.count / columns, inner: columns, transposeB: true)
    }

    /// The sums of all rows, weighted by [count, sums]: [sums, columns].
    func sums(weightedBy weights: [Double]) -> [Double] { sums(of: values, weightedBy: weights) }

    /// The sums of the squares of all rows, weighted by [count, sums]: [sums, columns].
    func sumsOfSquares(weightedBy weights: [Double]) -> [Double] { sums(of: squares, weightedBy: weights) }

    private func sums(of matrix: [Double], weightedBy weights: [Double]) -> [Double] {
        let sums = weights.count / max(count, 1)
        // One sum is a product with a vector, which is faster.
        guard sums > 1 else {
            return DoubleProducts.product(
                matrix, weights, rows: columns, columns: 1, inner: count, transposeA: true)
        }
        return DoubleProducts.product(weights, matrix, rows: sums, columns: columns, inner: count, transposeA: true)
    }
}
