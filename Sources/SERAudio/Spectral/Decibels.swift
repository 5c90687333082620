// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import Foundation

/// Power on a logarithmic scale, 10 log10(power / reference), as `librosa.power_to_db`.
public struct Decibels: Codable, Sendable, Hashable {
    /// What 0 dB stands for.
    public enum Reference: Codable, Sendable, Hashable {
        /// A power.
        case power(Double)
        /// The largest power of the clip (librosa's `ref=np.max`).
        case maximum
    }

    /// What 0 dB stands for.
    public var reference: Reference
    /// The least power; smaller ones count as this.
    public var least: Double
    /// Values more than this many dB below the loudest of the whole clip are raised to there; nil for none. Not causal:
    /// streaming needs nil.
    public var topDB: Double?

    /// librosa's defaults where nothing else is said.
    public init(reference: Reference = .power(1), least: Double = 1e-10, topDB: Double? = 80) {
        self.reference = reference
        self.least = least
        self.topDB = topDB
    }

    /// Says what is wrong with the settings.
    /// - Throws: ``FeatureError/invalidSetting(_:)``.
    public func validate() throws(FeatureError) {
        try require(least.isFinite && least >= 1e-37, "least power \(least): must be at least 1e-37")
        if let topDB { try require(topDB >= 0, "topDB \(topDB): must not be negative") }
        if case .power(let power) = reference {
            try require(power.isFinite && power >= 0, "reference power \(power): must not be negative")
        }
    }

    /// Powers, of any shape, in decibels.
    /// - Throws: ``FeatureError/invalidSetting(_:)``.
    public func callAsFunction(_ power: FeatureMatrix) throws(FeatureError) -> FeatureMatrix {
        try validate()
        var result = power
        result.values.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return }
            let loudest = ser_audio_decibels(base, Int64(values.count), Float(least))
            finish(base, values.count, loudest: loudest)
        }
        return result
    }

    /// The second pass, over 10 log10 of the powers, when the loudest is known.
    func finish(_ values: UnsafeMutablePointer<Float>, _ count: Int, loudest: Float) {
        let offset: Float =
            switch reference {
            case .maximum: -loudest
            case .power(let power): Float(-10 * log10(max(least, power)))
            }
        if topDB == nil && offset == 0 { return }
        let floor = topDB.map { loudest - Float($0) } ?? -.infinity
        // Beside a loudest value that is none, none is known.
        ser_audio_floor(values, Int64(count), floor, floor.isNaN ? .nan : offset)
    }
}
