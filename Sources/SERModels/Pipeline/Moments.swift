// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore
import SERSupport

/// Mean and variance of each column of rows that come one after another, or in parts that are joined.
///
/// Means and sums of squares are joined as T. Chan, G. Golub and R. LeVeque, "Updating formulae and a pairwise algorithm
/// for computing sample variances" (1979), which loses nothing where the mean is large.
package struct Moments: Sendable, Hashable {
    /// Rows that have been heard.
    package private(set) var count = 0
    /// The mean of each column; empty before anything was heard.
    package private(set) var mean: [Double] = []
    /// Sums of the squared deviations from the mean.
    package private(set) var squares: [Double] = []

    /// No rows.
    package init() {}

    /// The variance of each column (of the population).
    package var variance: [Double] { squares.map { $0 / Double(max(count, 1)) } }

    /// Adds rows, [rows, columns]. Stops the program at another number of columns than were added before, and at values
    /// that are not finite.
    package mutating func add(_ rows: FeatureMatrix) {
        guard rows.frames > 0 else { return }
        var piece = Moments()
        piece.count = rows.frames
        // Two passes: the sum of squares alone loses what matters where the mean is large.
        let count = Double(rows.frames)
        let mean = rows.columnSums { value, _ in value }.map { $0 / count }
        piece.squares = rows.columnSums { value, column in (value - mean[column]) * (value - mean[column]) }
        piece.mean = mean
        require(piece.squares.allSatisfy(\.isFinite), "Voice.hear: the features are infinite or not numbers")
        add(piece)
    }

    /// Adds the rows of another. Stops the program unless both have the same number of columns.
    package mutating func add(_ other: Moments) {
        guard other.count > 0 else { return }
        guard count > 0 else { return self = other }
        require(
            mean.count == other.mean.count,
            "Voice.hear: \(other.mean.count) coefficients, and \(mean.count) were heard before")
        let (own, added) = (Double(count), Double(other.count))
        let all = own + added
        for column in mean.indices {
            let difference = other.mean[column] - mean[column]
            squares[column] += other.squares[column] + difference * difference * own * added / all
            mean[column] += difference * added / all
        }
        count += other.count
    }

    /// The least deviation of a voice or a clip, as a share of what is usual: what hardly changes is not stretched beyond
    /// ten times.
    private static let leastDeviation = 0.1

    /// Mean and standard deviation of each column, as much their own as rows were heard for a share of what suffices: the
    /// own mean counts for the square root of the share, the own variance, which takes longer to tell, for the share.
    func blended(
        share: Double, mean usual: [Double], deviation: [Double]
    ) -> (mean: [Double], deviation: [Double]) {
        guard share > 0, count > 0 else { return (usual, deviation) }
        let (variances, ofMean) = (variance, share.squareRoot())
        return (
            usual.indices.map { ofMean * mean[$0] + (1 - ofMean) * usual[$0] },
            usual.indices.map { column in
                let variance = share * variances[column] + (1 - share) * deviation[column] * deviation[column]
                return max(variance.squareRoot(), Self.leastDeviation * deviation[column])
            }
        )
    }
}

extension Moments: Codable {
    private enum Keys: String, CodingKey { case count, mean, squares }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(count, forKey: .count)
        try container.encode(mean, forKey: .mean)
        try container.encode(squares, forKey: .squares)
    }

    /// - Throws: `DecodingError` when the numbers cannot be of any rows.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        count = try container.decode(Int.self, forKey: .count)
        mean = try container.decode([Double].self, forKey: .mean)
        squares = try container.decode([Double].self, forKey: .squares)
        // So many rows that counting on never overflows.
        guard (0...1 << 53).contains(count), mean.count == squares.count, (count == 0) == mean.isEmpty,
            mean.allSatisfy(\.isFinite), squares.allSatisfy({ $0.isFinite && $0 >= 0 })
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .mean, in: container, debugDescription: "these numbers are of no voice")
        }
    }
}

extension FeatureMatrix {
    /// For each column, the sum of a term of each value and its column.
    package func columnSums(_ term: (Double, Int) -> Double) -> [Double] {
        var sums = [Double](repeating: 0, count: coefficients)
        add(term, to: &sums)
        return sums
    }

    /// Adds a term of each value and its column to the sum of the column.
    func add(_ term: (Double, Int) -> Double, to sums: inout [Double]) {
        values.withUnsafeBufferPointer { values in
            for frame in 0..<frames {
                for column in 0..<coefficients {
                    sums[column] += term(Double(values[frame * coefficients + column]), column)
                }
            }
        }
    }
}
