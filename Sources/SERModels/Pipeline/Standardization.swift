// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore

/// Brings every coefficient to mean 0 and standard deviation 1: (x - mean) / (deviation + 1e-8). Mean and deviation are
/// those of the training part, or of the speaker or the clip (``scope``).
public struct Standardization: Sendable, Hashable {
    /// The mean of each coefficient over the training part.
    public let mean: [Double]
    /// The standard deviation of each coefficient over the training part (of the population, as scikit-learn's
    /// `StandardScaler`); where the scope is speaker or clip, from the mean of each speaker or clip: an average one's.
    public let standardDeviation: [Double]
    /// Over which sound the numbers are taken that bring a clip to one scale.
    public let scope: Scope
    /// Rows of a voice from which on its own numbers stand alone; 0 but for the scope `speaker`.
    public let sufficient: Double

    /// Added to the standard deviation, so that a coefficient that never changes divides by something.
    private static let epsilon = 1e-8

    init(mean: [Double], standardDeviation: [Double], scope: Scope = .corpus, sufficient: Double = 0) {
        self.mean = mean
        self.standardDeviation = standardDeviation
        self.scope = scope
        self.sufficient = sufficient
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
        self.init(mean: mean, standardDeviation: squares.map { ($0 / frames).squareRoot() })
    }

    /// Measures a training part by its voices (or its clips, each as a voice): the mean of all rows, and their deviation
    /// from the mean of their own voice.
    /// - Parameters:
    ///   - voices: All rows of the part, each in one voice.
    ///   - clips: How many clips they are of.
    package init(fitting voices: [Voice], clips: Int, scope: Scope) {
        var all = Moments()
        for voice in voices { all.add(voice.features) }
        let rows = Double(max(all.count, 1))
        var squares = [Double](repeating: 0, count: all.mean.count)
        for voice in voices {
            for (column, square) in voice.features.squares.enumerated() { squares[column] += square }
        }
        self.init(
            mean: all.mean, standardDeviation: squares.map { ($0 / rows).squareRoot() }, scope: scope,
            sufficient: scope == .speaker ? Self.clipsThatSuffice * rows / Double(max(clips, 1)) : 0)
    }

    private static func sums(
        over matrices: [FeatureMatrix], columns: Int, _ term: (Double, Int) -> Double
    ) -> [Double] {
        var sums = [Double](repeating: 0, count: columns)
        for matrix in matrices { matrix.add(term, to: &sums) }
        return sums
    }

    /// What deviations from the mean are multiplied with.
    package var scale: [Double] { standardDeviation.map { 1 / ($0 + Standardization.epsilon) } }

    /// The matrix on the scale that the network reads: of the training part, or where the scope is `clip`, of the clip
    /// itself. Where it is `speaker`, the voice is taken for the average one of the training part. Stops the program
    /// unless the matrix has as many coefficients as the measured ones.
    public func apply(to matrix: FeatureMatrix) -> FeatureMatrix {
        let columns = mean.count
        require(
            matrix.coefficients == columns,
            "Standardization: \(matrix.coefficients) coefficients, but \(columns) were measured")
        let numbers = adapted(toClip: matrix)
        let (mean, scale) = (numbers.mean, numbers.scale)
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
}

extension Standardization: Codable {
    private enum Keys: String, CodingKey { case mean, standardDeviation, scope, sufficient }

    /// What is not said stands for the training part's numbers for every clip, as in files from before there was a choice.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(mean, forKey: .mean)
        try container.encode(standardDeviation, forKey: .standardDeviation)
        if scope != .corpus { try container.encode(scope, forKey: .scope) }
        if scope == .speaker { try container.encode(sufficient, forKey: .sufficient) }
    }

    /// - Throws: `DecodingError` when the numbers cannot be a standardisation.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        let scope = try container.decodeIfPresent(Scope.self, forKey: .scope) ?? .corpus
        self.init(
            mean: try container.decode([Double].self, forKey: .mean),
            standardDeviation: try container.decode([Double].self, forKey: .standardDeviation), scope: scope,
            sufficient: scope == .speaker ? try container.decode(Double.self, forKey: .sufficient) : 0)
        guard mean.count == standardDeviation.count, mean.allSatisfy(\.isFinite),
            standardDeviation.allSatisfy({ $0.isFinite && $0 >= 0 })
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .mean, in: container, debugDescription: "means and deviations do not fit each other")
        }
        guard scope != .speaker || sufficient.isFinite && sufficient >= 1 else {
            throw DecodingError.dataCorruptedError(
                forKey: .sufficient, in: container, debugDescription: "no number of rows of a voice that suffices")
        }
    }
}
