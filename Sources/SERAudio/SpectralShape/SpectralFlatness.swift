// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How much each frame is like noise: the geometric mean of its power spectrum over the arithmetic one, from 0 for a
/// tone to 1 for white noise and silence (`librosa.feature.spectral_flatness`): one column.
public struct SpectralFlatness: SpectralMeasure, Hashable {
    public static let kind = "spectralFlatness"

    public var sampleRate: Double
    /// How spectra are taken.
    public var stft: STFT
    /// The least power that is told from silence.
    public var least: Float

    /// librosa's defaults where nothing else is said; the rate is in Hz.
    public init(sampleRate: Double = 22_050, stft: STFT = STFT(), least: Float = 1e-10) {
        self.sampleRate = sampleRate
        self.stft = stft
        self.least = least
    }

    public var columns: [FeatureColumn] { [.named("spectral flatness")] }

    public func validate() throws(FeatureError) {
        try validateSpectra()
        try require(least.isFinite && least >= 1e-37, "least power \(least): must be at least 1e-37")
    }

    func measure(
        _ magnitudes: UnsafeMutableBufferPointer<Float>, frequencies: [Float], into out: UnsafeMutablePointer<Float>
    ) {
        var (sum, logarithms) = (0.0, 0.0)
        for magnitude in magnitudes {
            let power = max(least, magnitude * magnitude)
            sum += Double(power)
            logarithms += Double(log(power))
        }
        let count = Double(magnitudes.count)
        out[0] = Float(exp(logarithms / count) / (sum / count))
    }
}
