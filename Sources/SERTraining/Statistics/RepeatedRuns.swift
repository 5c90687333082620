// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// A measure over several trainings that differ in their seed alone: its mean and how far it spreads.
///
/// The interval is of the mean over seeds, for runs on the same clips; it says nothing about other clips or voices.
public struct RepeatedRuns: Codable, Sendable, Equatable {
    /// The value of each run.
    public let values: [Double]
    /// The mean of the runs.
    public let mean: Double
    /// The standard deviation of the runs, n - 1 in its denominator; `nil` for one run.
    public let standardDeviation: Double?
    /// mean ± t s / sqrt(n), with the quantile t of Student's distribution of n - 1 degrees of freedom (Student,
    /// Biometrika 6, 1908); `nil` for one run.
    public let interval: ConfidenceInterval?

    /// Sums up values of several runs.
    /// - Throws: ``EvaluationError`` when there is none, or the level is not above 0 and below 1.
    public init(_ values: [Double], level: Double = 0.95) throws(EvaluationError) {
        guard !values.isEmpty else { throw .empty }
        guard level > 0, level < 1 else {
            throw .resampling(reason: "a confidence level of \(level): it must be above 0 and below 1")
        }
        let mean = values.mean
        self.values = values
        self.mean = mean
        guard values.count > 1 else {
            standardDeviation = nil
            interval = nil
            return
        }
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = (squares / Double(values.count - 1)).squareRoot()
        let half =
            StudentDistribution.quantile(central: level, degreesOfFreedom: values.count - 1)
            * deviation / Double(values.count).squareRoot()
        standardDeviation = deviation
        interval = ConfidenceInterval(lower: mean - half, upper: mean + half, level: level)
    }

    /// Sums up a measure of several evaluations.
    /// - Throws: ``EvaluationError`` when there is none, or the measure is undefined for one.
    public init(
        _ measure: Measure, of evaluations: [Evaluation], level: Double = 0.95
    ) throws(EvaluationError) {
        let values = evaluations.compactMap { $0.metrics[measure] }
        guard values.count == evaluations.count else {
            throw .resampling(
                reason: "\(measure) is undefined in \(evaluations.count - values.count) of \(evaluations.count) runs")
        }
        try self.init(values, level: level)
    }
}

extension RepeatedRuns: CustomStringConvertible {
    /// Such as `0.9912 ± 0.0031 over 5 runs (95 % interval of the mean 0.9874 to 0.9950)`.
    public var description: String {
        guard let standardDeviation, let interval else { return "\(mean.fixed(4)) in one run" }
        return "\(mean.fixed(4)) ± \(standardDeviation.fixed(4)) over \(counted(values.count, "run")) "
            + "(\((interval.level * 100).significant(4)) % interval of the mean \(interval.lower.fixed(4)) to "
            + "\(interval.upper.fixed(4)))"
    }
}
