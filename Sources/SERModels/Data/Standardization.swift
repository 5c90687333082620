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

    /// Measures a training part's features, every frame of every clip counting once.
    /// - Parameters:
    ///   - features: One matrix a clip, [frames, coefficients], valid frames only.
    ///   - partition: Where the features come from: the training part alone may be learned from.
    /// - Throws: ``StandardizationError`` for another part, another number of clips, no frames at all, matrices that
    ///   differ in their coefficients, and values that are not finite.
    public init(fitting features: [FeatureMatrix], of partition: Partition) throws(StandardizationError) {
        guard partition.role == .training else { throw .notTraining(partition.role) }
        guard features.count == partition.count else {
            throw .count(features: features.count, clips: partition.count)
        }
        guard let coefficients = features.first?.coefficients, features.contains(where: { !$0.values.isEmpty }) else {
            throw .noFrames
        }
        for (matrix, clip) in zip(features, partition.clips) {
            guard matrix.coefficients == coefficients else {
                throw .coefficients(clip: clip.path.path, found: matrix.coefficients, expected: coefficients)
            }
            guard matrix.values.allSatisfy(\.isFinite) else { throw .notFinite(clip: clip.path.path) }
        }
        self.init(fitting: features)
    }

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

/// Why a standardisation cannot be measured.
public enum StandardizationError: Error, Sendable, Equatable {
    /// A part that is not the training part.
    case notTraining(Partition.Role)
    /// Another number of matrices than of clips.
    case count(features: Int, clips: Int)
    /// No frames at all.
    case noFrames
    /// A matrix with another number of coefficients than the first.
    case coefficients(clip: String, found: Int, expected: Int)
    /// A value that is infinite or not a number.
    case notFinite(clip: String)
}

extension StandardizationError: LocalizedError, CustomStringConvertible {
    public var errorDescription: String? { description }

    public var description: String {
        switch self {
        case .notTraining(let role):
            "A standardisation is measured on the training part alone, not on the \(role.rawValue) part: what is "
                + "tested must not shape what is learned."
        case .count(let features, let clips):
            "\(features) feature matrices do not go with \(clips) clips; give one for each, in their order."
        case .noFrames:
            "There are no frames to measure; check that features were extracted."
        case .coefficients(let clip, let found, let expected):
            "\(clip) has \(found) coefficients where \(expected) are expected; extract all features with one setting."
        case .notFinite(let clip):
            "\(clip) has features that are infinite or not numbers; leave it out or record it again."
        }
    }
}
