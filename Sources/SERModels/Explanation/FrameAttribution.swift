// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore
import SERSupport

/// The parts of a score over frames and coefficients, from a gradient with respect to what the network reads.
struct FrameAttribution {
    /// The parts, frame by frame: [frames x coefficients].
    private(set) var values: [Double]
    /// What the parts divided by the features' deviations from the training mean are, in the same layout; nil where the
    /// network reads statistics of the features that are not linear in them.
    private(set) var gradient: [Double]?

    /// - Parameters:
    ///   - gradient: With respect to the standardised row that the network reads, in its layout.
    ///   - features: The clip's features, before any statistics.
    ///   - baseline: The mean of each of the network's values over the training part.
    init(
        _ gradient: [Double], of features: FeatureMatrix, arrangement: FeaturePipeline.Arrangement,
        standardization: Standardization
    ) {
        let (frames, columns) = (features.frames, features.coefficients)
        let scale = standardization.scale
        var values = [Double](repeating: 0, count: frames * columns)
        switch arrangement {
        case .sequence, .image:
            var raw = values
            for frame in 0..<frames {
                for column in 0..<columns {
                    let index = frame * columns + column
                    let source = arrangement == .image ? column * frames + frame : index
                    raw[index] = gradient[source] * scale[column]
                    values[index] = raw[index] * (Double(features.values[index]) - standardization.mean[column])
                }
            }
            self.gradient = raw
        case .vector(let statistics):
            for (position, statistic) in statistics.enumerated() {
                for column in 0..<columns {
                    let source = position * columns + column
                    let shares = statistic.shares(features.column(column), from: standardization.mean[source])
                    for frame in 0..<frames {
                        values[frame * columns + column] += gradient[source] * scale[source] * shares[frame]
                    }
                }
            }
            if statistics == [.mean] {
                let row = (0..<columns).map { gradient[$0] * scale[$0] / Double(frames) }
                self.gradient = (0..<frames).flatMap { _ in row }
            }
        }
        self.values = values
    }

    /// Parts that were found another way.
    init(values: [Double]) {
        self.values = values
        gradient = nil
    }
}

extension TimeStatistic {
    /// How the statistic's deviation from `baseline` is shared among the values it comes of, in proportion to its gradient
    /// times the value's own deviation: each value's for the mean, its square for the standard deviation, and all for
    /// the values that are the least, the greatest or at the percentile.
    func shares(_ column: [Float], from baseline: Double) -> [Double] {
        let values = column.map(Double.init)
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        var shares = [Double](repeating: 0, count: values.count)
        switch self {
        case .mean: return values.map { ($0 - baseline) / count }
        case .standardDeviation:
            let squares = values.map { ($0 - mean) * ($0 - mean) }
            let sum = squares.reduce(0, +)
            let change = (sum / count).squareRoot() - baseline
            return squares.map { change * (sum > 0 ? $0 / sum : 1 / count) }
        case .minimum, .maximum:
            guard let extreme = self == .minimum ? values.min() : values.max(),
                let index = values.firstIndex(of: extreme)
            else { return shares }
            shares[index] = extreme - baseline
        case .percentile(let percent):
            let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
            let position = percent / 100 * (count - 1)
            let lower = Int(saturating: position, rounding: .down)
            let upper = min(lower + 1, order.count - 1)
            let part = position - Double(lower)
            let value = values[order[lower]] + part * (values[order[upper]] - values[order[lower]])
            shares[order[lower]] += (1 - part) * (value - baseline)
            shares[order[upper]] += part * (value - baseline)
        }
        return shares
    }
}
