import SERAudio

/// Brings every coefficient to mean 0 and standard deviation 1 as measured on the training part.
public struct Standardization: Sendable, Hashable, Codable {
    /// The mean of each coefficient.
    public let mean: [Float]
    /// The standard deviation of each coefficient (of the population, as scikit-learn's `StandardScaler`).
    public let standardDeviation: [Float]

    /// Added to the standard deviation, so that a coefficient that never changes divides by something.
    private static let epsilon: Float = 1e-8

    /// Measures matrices of the same number of coefficients, every frame counting once. Only ``Trainer`` calls this, with
    /// the training part.
    package init(fitting matrices: [FeatureMatrix]) {
        let columns = matrices.first?.coefficients ?? 0
        precondition(
            matrices.allSatisfy { $0.coefficients == columns }, "Standardization: matrices differ in coefficients")
        let frames = Double(max(matrices.reduce(0) { $0 + $1.frames }, 1))
        func sums(_ value: (Float, Int) -> Double) -> [Double] {
            var sums = [Double](repeating: 0, count: columns)
            for matrix in matrices {
                for frame in 0..<matrix.frames {
                    for column in 0..<columns { sums[column] += value(matrix[frame, column], column) }
                }
            }
            return sums
        }
        // Two passes: the sum of squares alone loses what matters where the mean is large.
        let means = sums { value, _ in Double(value) }.map { $0 / frames }
        let squares = sums { value, column in (Double(value) - means[column]) * (Double(value) - means[column]) }
        mean = means.map { Float($0) }
        standardDeviation = squares.map { Float(($0 / frames).squareRoot()) }
    }

    /// The matrix on the scale of the training part. It must have as many coefficients as the measured ones.
    public func apply(to matrix: FeatureMatrix) -> FeatureMatrix {
        let columns = mean.count
        precondition(
            matrix.coefficients == columns,
            "Standardization: \(matrix.coefficients) coefficients, but \(columns) were measured")
        let scale = standardDeviation.map { 1 / ($0 + Standardization.epsilon) }
        var values = matrix.values
        for frame in 0..<matrix.frames {
            for column in 0..<columns {
                let index = frame * columns + column
                values[index] = (values[index] - mean[column]) * scale[column]
            }
        }
        return FeatureMatrix(frames: matrix.frames, coefficients: columns, values: values)
    }

    /// - Throws: `DecodingError` when the numbers cannot be a standardisation.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        mean = try container.decode([Float].self, forKey: .mean)
        standardDeviation = try container.decode([Float].self, forKey: .standardDeviation)
        guard mean.count == standardDeviation.count, mean.allSatisfy(\.isFinite),
            standardDeviation.allSatisfy({ $0.isFinite && $0 >= 0 })
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .mean, in: container, debugDescription: "means and deviations do not fit each other")
        }
    }
}
