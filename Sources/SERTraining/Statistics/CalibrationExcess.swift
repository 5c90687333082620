// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// How much further confidence is from accuracy than chance explains: the expected calibration error, less that of a
/// perfectly calibrated model with the same confidences, whose predictions are right as often as they claim to be.
public struct CalibrationExcess: Codable, Sendable, Equatable {
    /// The expected calibration error over all clips.
    public let expectedCalibrationError: Double
    /// Its mean over simulations of the perfectly calibrated model: what it comes to by chance.
    public let perfectlyCalibrated: Double
    /// The interval of the difference: percentiles over resamples, each with a simulation of its own; `nil` for a
    /// single unit. Resampling raises the error of both alike.
    public let interval: ConfidenceInterval?
    /// What was drawn anew, and how many of them there are.
    public let unit: ResamplingUnit
    /// How many speakers or clips were drawn from.
    public let units: Int
    /// How often they were drawn.
    public let resamples: Int

    /// The difference.
    public var value: Double { expectedCalibrationError - perfectlyCalibrated }
}

extension Evaluation {
    /// How much of the expected calibration error is not due to chance.
    /// - Throws: ``EvaluationError`` as ``estimates(of:bootstrap:)``.
    public func calibrationExcess(bootstrap: Bootstrap = Bootstrap()) throws(EvaluationError) -> CalibrationExcess {
        try bootstrap.check()
        let units = try ResamplingUnits(self, unit: bootstrap.unit)
        let confidences = scores.confidences
        let bins = confidences.map { ReliabilityDiagram.bin(of: $0, of: ReliabilityDiagram.standardBins) }
        let outcomes = correct.map { $0 ? 1.0 : 0 }
        @Sendable func error(_ outcomes: [Double], _ weights: UnsafeBufferPointer<Double>) -> Double {
            var gaps = [Double](repeating: 0, count: ReliabilityDiagram.standardBins)
            var total = 0.0
            for clip in confidences.indices {
                gaps[bins[clip]] += weights[clip] * (outcomes[clip] - confidences[clip])
                total += weights[clip]
            }
            return gaps.reduce(0) { $0 + abs($1) } / total
        }
        let key = RandomKey(seed: bootstrap.seed).derived("calibration excess")
        let ones = [Double](repeating: 1, count: confidences.count)
        let draws = Bootstrap.inPieces(bootstrap.resamples) { resample in
            var generator = key.derived(resample).derived("outcomes").generator
            let simulated = confidences.map { generator.drawFraction() < $0 ? 1.0 : 0 }
            let difference = Bootstrap.withWeights(units, key.derived(resample).drawn(units.count)) {
                error(outcomes, $0) - error(simulated, $0)
            }
            return [difference, ones.withUnsafeBufferPointer { error(simulated, $0) }]
        }
        let differences = draws.map { $0[0] }.sorted()
        let tail = (1 - bootstrap.level) / 2
        return CalibrationExcess(
            expectedCalibrationError: metrics.expectedCalibrationError, perfectlyCalibrated: draws.map { $0[1] }.mean,
            interval: units.count < 2
                ? nil
                : ConfidenceInterval(
                    lower: differences.quantile(tail), upper: differences.quantile(1 - tail), level: bootstrap.level),
            unit: units.unit, units: units.count, resamples: bootstrap.resamples)
    }
}
