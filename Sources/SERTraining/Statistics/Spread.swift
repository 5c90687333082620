// SPDX-License-Identifier: Apache-2.0

/// Some values' mean, standard deviation (with n - 1; 0 for one value), least and greatest.
public struct Spread: Codable, Sendable, Equatable {
    /// The mean, the standard deviation, the least and the greatest value.
    public let mean, deviation, least, greatest: Double

    /// The spread of values; all zeros for none.
    public init(_ values: [Double]) {
        let mean = values.reduce(0, +) / Double(max(values.count, 1))
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        self.mean = mean
        deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : 0
        least = values.min() ?? 0
        greatest = values.max() ?? 0
    }
}
