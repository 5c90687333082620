// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// What a temperature changes: the same clips with logits as the network gave them, and divided by the temperature.
public struct CalibrationComparison: Codable, Sendable, Equatable {
    /// What logits are divided by.
    public let temperature: Double
    /// Measures of the logits as they are, and divided.
    public let before, after: ClassificationMetrics
    /// Confidence against accuracy, likewise.
    public let reliabilityBefore, reliabilityAfter: ReliabilityDiagram

    /// Compares an evaluation with the same without its temperature.
    /// - Throws: ``EvaluationError`` when the evaluation has no clip.
    public init(_ evaluation: Evaluation) throws(EvaluationError) {
        let raw = try evaluation.scaled(by: 1)
        temperature = evaluation.temperature
        before = raw.metrics
        after = evaluation.metrics
        reliabilityBefore = raw.reliability
        reliabilityAfter = evaluation.reliability
    }
}

extension CalibrationComparison: CustomStringConvertible {
    /// Log-loss, Brier score and expected calibration error before and after.
    public var description: String {
        func line(_ name: String, _ value: (ClassificationMetrics) -> Double) -> String {
            "\(name) \(value(before).fixed(4)) -> \(value(after).fixed(4))"
        }
        return "temperature \(temperature.fixed(3)): "
            + [
                line("log-loss") { $0.loss }, line("Brier score") { $0.brierScore },
                line("expected calibration error") { $0.expectedCalibrationError },
            ].joined(separator: ", ")
    }
}
