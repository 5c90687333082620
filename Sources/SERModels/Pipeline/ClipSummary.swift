// SPDX-License-Identifier: Apache-2.0

import SERAudio

/// What a network that reads one vector a clip is fed: statistics of each coefficient over the clip's valid frames.
public enum ClipSummary: String, Sendable, CaseIterable, Codable {
    /// The mean: what the report's ANN is taken to read, [coefficients].
    case means
    /// The mean and the standard deviation, [2 x coefficients].
    case deviations
    /// The mean, the standard deviation, the least and the greatest value, [4 x coefficients].
    case extremes

    /// The statistics, in the order in which they stand in the vector.
    public var statistics: [TimeStatistic] {
        switch self {
        case .means: [.mean]
        case .deviations: [.mean, .standardDeviation]
        case .extremes: [.mean, .standardDeviation, .minimum, .maximum]
        }
    }
}
