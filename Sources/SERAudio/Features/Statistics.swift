// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// A summary of a coefficient over time.
public enum TimeStatistic: Codable, Sendable, Hashable {
    /// The mean.
    case mean
    /// The standard deviation of the population (`numpy.std`).
    case standardDeviation
    /// The least value.
    case minimum
    /// The greatest value.
    case maximum
    /// The value below which a percentage from 0 to 100 of the frames lies, interpolated (`numpy.percentile`, linear).
    case percentile(Double)
}

extension FeatureMatrix {
    /// Summaries over time as one row: all coefficients of the first statistic, then of the next,
    /// [1, statistics x coefficients].
    /// - Throws: ``FeatureError``: no frames, or a percentile outside of 0 to 100.
    public func statistics(_ statistics: [TimeStatistic]) throws(FeatureError) -> FeatureMatrix {
        guard frames > 0 else { throw .emptyClip }
        for case .percentile(let percent) in statistics {
            try require((0...100).contains(percent), "percentile \(percent): must be from 0 to 100")
        }
        let needsOrder = statistics.contains { if case .percentile = $0 { true } else { false } }
        var values = [Float](repeating: 0, count: statistics.count * coefficients)
        for coefficient in 0..<coefficients {
            var column = column(coefficient)
            if needsOrder { column.sort() }
            for (index, statistic) in statistics.enumerated() {
                values[index * coefficients + coefficient] = Self.value(of: statistic, column)
            }
        }
        return FeatureMatrix(frames: 1, coefficients: values.count, values: values)
    }

    /// A statistic of a column, which is sorted where percentiles are asked for.
    private static func value(of statistic: TimeStatistic, _ column: [Float]) -> Float {
        let mean = column.reduce(0.0) { $0 + Double($1) } / Double(column.count)
        switch statistic {
        case .mean: return Float(mean)
        case .standardDeviation:
            let squares = column.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
            return Float((squares / Double(column.count)).squareRoot())
        case .minimum: return column.min() ?? 0
        case .maximum: return column.max() ?? 0
        case .percentile(let percent):
            let position = percent / 100 * Double(column.count - 1)
            let lower = Int(saturating: position, rounding: .down)
            let upper = min(lower + 1, column.count - 1)
            let share = position - Double(lower)
            return Float(Double(column[lower]) + share * (Double(column[upper]) - Double(column[lower])))
        }
    }
}
