// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore

/// What has been heard of one speaker: mean and deviation of each coefficient, without any labels.
///
/// It grows with every clip, or with pieces of frames as they come, and costs as much memory as three rows of features.
/// Two that heard parts of the same speaker join into one.
///
/// ```swift
/// var voice = Voice()
/// for recording in recordings { try voice.hear(contentsOf: recording, by: recognizer) }
/// print(try recognizer.adapted(to: voice).recognize(contentsOf: recordings[0]))
/// ```
/// What a voice says is worth as much as its clips are like life: one that was heard in anger alone is taken for one that
/// always sounds so, and its anger for what is usual.
///
/// Means and sums of squares are joined as T. Chan, G. Golub and R. LeVeque, "Updating formulae and a pairwise algorithm
/// for computing sample variances" (1979), which loses nothing where the mean is large.
public struct Voice: Sendable, Hashable {
    /// Rows that have been heard: frames, or clips where a clip is one vector.
    public private(set) var count = 0
    /// The mean of each coefficient; empty before anything was heard.
    public private(set) var mean: [Double] = []
    /// Sums of the squared deviations from the mean.
    private var squares: [Double] = []

    /// A voice of which nothing has been heard.
    public init() {}

    /// The variance of each coefficient over the rows that were heard (of the population).
    public var variance: [Double] { squares.map { $0 / Double(max(count, 1)) } }

    /// Sums of the squared deviations from the mean, for whoever adds up several voices.
    var squaredDeviations: [Double] { squares }

    /// Hears features, [frames, coefficients]: of a clip, or of a piece of one. Stops the program at another number of
    /// coefficients than were heard before, and at values that are not finite.
    public mutating func hear(_ features: FeatureMatrix) {
        guard features.frames > 0 else { return }
        var piece = Voice()
        piece.count = features.frames
        // Two passes: the sum of squares alone loses what matters where the mean is large.
        let frames = Double(features.frames)
        let mean = features.columnSums { value, _ in value }.map { $0 / frames }
        piece.squares = features.columnSums { value, column in (value - mean[column]) * (value - mean[column]) }
        piece.mean = mean
        require(piece.squares.allSatisfy(\.isFinite), "Voice.hear: the features are infinite or not numbers")
        hear(piece)
    }

    /// Hears what another has heard of the same speaker. Stops the program unless both heard the same number of
    /// coefficients.
    public mutating func hear(_ other: Voice) {
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
}

extension Voice: Codable {
    private enum Keys: String, CodingKey { case count, mean, squares }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(count, forKey: .count)
        try container.encode(mean, forKey: .mean)
        try container.encode(squares, forKey: .squares)
    }

    /// - Throws: `DecodingError` when the numbers cannot be of a voice.
    public init(from decoder: any Decoder) throws {
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
