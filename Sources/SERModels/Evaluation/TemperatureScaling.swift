import Foundation
import SERSupport

/// Confidence brought in line with accuracy: logits are divided by one number, fitted on clips that were not trained on
/// (Guo et al., On calibration of modern neural networks, ICML 2017, section 4.2).
///
/// The order of the classes, and with it every prediction, stays as it is.
public struct TemperatureScaling: Codable, Sendable, Hashable {
    /// What logits are divided by: above 1 where the network is too sure of itself, below 1 where not enough.
    public let temperature: Double

    /// Temperatures that a fit can give. Beyond, clips do not determine one: when every clip is classified rightly, the
    /// log-loss falls for ever as the temperature does.
    public static let range = 0.01...100.0

    /// A temperature found elsewhere.
    /// - Throws: ``EvaluationError/temperature(_:)`` unless it is in ``range``.
    public init(temperature: Double) throws(EvaluationError) {
        guard Self.range.contains(temperature) else { throw .temperature(temperature) }
        self.temperature = temperature
    }

    /// The temperature with the least log-loss.
    ///
    /// With b = 1 / temperature the log-loss is convex in b, with the derivative mean(E[z] - z of the true class) and
    /// the second derivative mean(Var[z]), both under softmax(b z): Newton's steps, and halving where one leaves the
    /// bracket.
    /// - Parameters:
    ///   - logits: scores, [clips, classes], of clips that were not trained on.
    ///   - targets: true class of each clip.
    /// - Returns: `nil` where the clips do not determine a temperature in ``range``: where all are right or the scores
    ///   tell nothing; then logits are best left as they are.
    /// - Throws: ``EvaluationError`` when counts or indices do not fit, or a score is not finite.
    public static func fitted(
        logits: [[Float]], targets: [Int]
    ) throws(EvaluationError) -> TemperatureScaling? {
        guard logits.count == targets.count else {
            throw .countsDiffer(targets: targets.count, predictions: logits.count)
        }
        let classes = logits.first?.count ?? 0
        for (position, (row, target)) in zip(logits, targets).enumerated() {
            guard row.count == classes else {
                throw .scoresDiffer(row: position, scores: row.count, classes: classes)
            }
            guard row.indices.contains(target) else {
                throw .classOutOfRange(target, position: position, classes: classes)
            }
            guard row.allSatisfy(\.isFinite) else { throw .notFinite(row: position) }
        }
        // Less its largest, which changes no softmax and keeps exp from overflowing for any b.
        let clips = zip(logits, targets).map { row, target in
            let largest = row.max() ?? 0
            return (scores: row.map { Double($0) - Double(largest) }, target: target)
        }
        func derivatives(_ b: Double) -> (first: Double, second: Double) {
            var first = 0.0, second = 0.0
            for (scores, target) in clips {
                let weights = scores.map { exp(b * $0) }
                let sum = weights.reduce(0, +)
                let mean = zip(weights, scores).reduce(0) { $0 + $1.0 * $1.1 } / sum
                first += mean - scores[target]
                second += zip(weights, scores).reduce(0) { $0 + $1.0 * ($1.1 - mean) * ($1.1 - mean) } / sum
            }
            return (first, second)
        }
        var (lower, upper) = (1 / range.upperBound, 1 / range.lowerBound)
        guard derivatives(lower).first < 0, derivatives(upper).first > 0 else { return nil }
        var b = 1.0
        for _ in 0..<200 {
            let (first, second) = derivatives(b)
            if first > 0 { upper = b } else { lower = b }
            let step = b - first / second
            let next = step > lower && step < upper ? step : lower + (upper - lower) / 2
            guard abs(next - b) > 1e-14 * b, first != 0 else { break }
            b = next
        }
        return try TemperatureScaling(temperature: min(max(1 / b, range.lowerBound), range.upperBound))
    }

    /// - Throws: `DecodingError` when the temperature is not in ``range``.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let temperature = try container.decode(Double.self, forKey: .temperature)
        guard Self.range.contains(temperature) else {
            throw DecodingError.dataCorruptedError(
                forKey: .temperature, in: container, debugDescription: "\(temperature) cannot be a temperature")
        }
        self.temperature = temperature
    }
}

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
        return "temperature \(temperature.fixed(3)): " + [
            line("log-loss") { $0.loss }, line("Brier score") { $0.brierScore },
            line("expected calibration error") { $0.expectedCalibrationError },
        ].joined(separator: ", ")
    }
}
