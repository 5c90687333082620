// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore

/// Brings every coefficient to mean 0 and standard deviation 1 as measured on the training part:
/// (x - mean) / (deviation + 1e-8).
public struct Standardization: Sendable, Hashable, Codable {
    /// The mean of each coefficient.
    public let mean: [Double]
    /// The standard deviation of each coefficient (of the population, as scikit-learn's `StandardScaler`).
    public let standardDeviation: [Double]

    /// Added to the standard deviation, so that a coefficient that never changes divides by something.
    private static let epsilon = 1e-8

    /// Measures matrices of the same number of coefficients; the caller answers for their being the training part.
    package init(fitting matrices: [FeatureMatrix]) {
        let columns = matrices.first?.coefficients ?? 0
        require(
            matrices.allSatisfy { $0.coefficients == columns }, "Standardization: matrices differ in coefficients")
        let frames = Double(max(matrices.reduce(0) { $0 + $1.frames }, 1))
        // Two passes: the sum of squares alone loses what matters where the mean is large.
        let mean = Self.sums(over: matrices, columns: columns) { value, _ in value }.map { $0 / frames }
        let squares = Self.sums(over: matrices, columns: columns) { value, column in
            (value - mean[column]) * (value - mean[column])
        }
        self.mean = mean
        standardDeviation = squares.map { ($0 / frames).squareRoot() }
    }

    private static func sums(
        over matrices: [FeatureMatrix], columns: Int, _ term: (Double, Int) -> Double
    ) -> [Double] {
        var sums = [Double](repeating: 0, count: columns)
        for matrix in matrices {
            matrix.values.withUnsafeBufferPointer { values in
                for frame in 0..<matrix.frames {
                    for column in 0..<columns { sums[column] += term(Double(values[frame * columns + column]), column) }
                }
            }
        }
        return sums
    }

    /// What deviations from the mean are multiplied with.
    package var scale: [Double] { standardDeviation.map { 1 / ($0 + Standardization.epsilon) } }

    /// The matrix on the scale of the training part. Stops the program unless it has as many coefficients as the
    /// measured ones.
    public func apply(to matrix: FeatureMatrix) -> FeatureMatrix {
        let columns = mean.count
        require(
            matrix.coefficients == columns,
            "Standardization: \(matrix.coefficients) coefficients, but \(columns) were measured")
        let scale = scale
        var result = matrix
        result.values.withUnsafeMutableBufferPointer { values in
            for frame in 0..<matrix.frames {
                for column in 0..<columns {
                    let index = frame * columns + column
                    values[index] = Float((Double(values[index]) - mean[column]) * scale[column])
                }
            }
        }
        return result
    }

    /// - Throws: `DecodingError` when the numbers cannot be a standardisation.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        mean = try container.decode([Double].self, forKey: .mean)
        standardDeviation = try container.decode([Double].self, forKey: .standardDeviation)
        guard mean.count == standardDeviation.count, mean.allSatisfy(\.isFinite),
            standardDeviation.allSatisfy({ $0.isFinite && $0 >= 0 })
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .mean, in: container, debugDescription: "means and deviations do not fit each other")
        }
    }
}
