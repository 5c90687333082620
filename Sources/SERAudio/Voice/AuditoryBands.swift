// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import Foundation

/// Loudness and cepstra, both of 26 mel bands of power from 20 to 8000 Hz.
///
/// Loudness is the mean over the bands of the power, weighted by the equal-loudness curve, to the power of 0.33: the
/// auditory spectrum of perceptual linear prediction (Hermansky 1990), with the curve's form for wide bands. The
/// cepstra are HTK's, coefficients 1 to 4, liftered with 22 (Young et al., The HTK Book).
final class AuditoryBands {
    static let cepstra = 4

    private static let bands = 26
    private static let exponent: Float = 0.33
    /// The least power of a band for loudness.
    private static let least: Float = 9.3e-10
    /// What the cepstra add to logarithms, that are at least 0 then: to HTK full scale is 32,767.
    private static let cepstralLevel = Float(2 * log(32_767.0))

    private static let filterbank = MelFilterbank(
        bands: bands, scale: .htk, normalization: .none, lowest: 20, highest: 8000, sides: .mel)
    private static let filters: SparseRows? = {
        guard
            var weights = try? filterbank.weights(sampleRate: VoiceFrames.rate, fftLength: ShortSpectrum.length)
        else { return nil }
        // openSMILE begins above the bin that is nearest to the lowest frequency.
        let nearest = Int((filterbank.lowest / ShortSpectrum.spacing).rounded())
        for band in 0..<weights.frames { for bin in 0...nearest { weights[band, bin] = 0 } }
        return SparseRows(weights)
    }()
    private static let equalLoudness: [Float] = filterbank.centers(sampleRate: VoiceFrames.rate).map { center in
        let angular = 2 * Double.pi * center
        let square = angular * angular
        let low = (square + 56.8e6) * square * square / ((square + 6.3e6) * (square + 6.3e6) * (square + 0.38e9))
        return Float(log(low * 1e32 / (square * square * square * angular + 1.7e31)))
    }
    /// [cepstra, bands]
    private static let cosines: [Float] = (1...cepstra).flatMap { coefficient in
        let lifter = 1 + 11 * sin(.pi * Double(coefficient) / 22)
        return (0..<bands).map { band in
            let angle = Double.pi * Double(coefficient) * (Double(band) + 0.5) / Double(bands)
            return Float(lifter * (2 / Double(bands)).squareRoot() * cos(angle))
        }
    }

    private let filters: SparseRows
    private let logarithms: UnsafeMutablePointer<Float>

    init() throws(FeatureError) {
        guard let filters = Self.filters else { throw .invalidSetting("the filterbank of loudness cannot be made") }
        self.filters = filters
        logarithms = .allocate(capacity: filters.paddedRows)
        logarithms.initialize(repeating: 0, count: filters.paddedRows)
    }

    deinit { logarithms.deallocate() }

    /// The loudness of a power spectrum; keeps the bands for ``cepstrum(_:)``.
    func loudness(_ power: UnsafePointer<Float>) -> Float {
        filters.apply(power, into: logarithms)
        ser_audio_log(logarithms, Int64(filters.paddedRows), Self.least)
        var sum: Float = 0
        for band in 0..<Self.bands { sum += exp(Self.exponent * (logarithms[band] + Self.equalLoudness[band])) }
        for band in 0..<Self.bands { logarithms[band] = max(0, logarithms[band] + Self.cepstralLevel) }
        return sum / Float(Self.bands)
    }

    /// A coefficient, from 1 on, of the spectrum that ``loudness(_:)`` saw last.
    func cepstrum(_ coefficient: Int) -> Float {
        Self.cosines.withUnsafeBufferPointer { cosines in
            var sum: Float = 0
            for band in 0..<Self.bands { sum += logarithms[band] * cosines[(coefficient - 1) * Self.bands + band] }
            return sum
        }
    }
}
