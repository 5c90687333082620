// SPDX-License-Identifier: Apache-2.0

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
    /// - Throws: ``CalibrationError/temperature(_:)`` unless it is in ``range``.
    public init(temperature: Double) throws(CalibrationError) {
        guard Self.range.contains(temperature) else { throw .temperature(temperature) }
        self.temperature = temperature
    }

    /// The temperature nearest to one that was found, in ``range``.
    package init(nearest temperature: Double) {
        self.temperature = min(max(temperature, Self.range.lowerBound), Self.range.upperBound)
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

/// Why confidences cannot be calibrated.
public enum CalibrationError: Error, Sendable, Equatable, LocalizedError, CustomStringConvertible {
    /// A temperature out of ``TemperatureScaling/range``.
    case temperature(Double)

    public var errorDescription: String? { description }

    public var description: String {
        switch self {
        case .temperature(let temperature):
            "a temperature of \(temperature): it must be from \(TemperatureScaling.range.lowerBound) to "
                + "\(TemperatureScaling.range.upperBound)"
        }
    }
}
