// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How far the frequencies of each frame lie from its centroid, in Hz: the root of the mean squared distance, weighted
/// by magnitude (`librosa.feature.spectral_bandwidth`), or of another power; one column; 0 of silence.
public struct SpectralBandwidth: SpectralMeasure, Hashable {
    public static let kind = "spectralBandwidth"

    public var sampleRate: Double
    /// How spectra are taken.
    public var stft: STFT
    /// The power of the distances, and the root of their mean; above 0.
    public var power: Double

    /// librosa's defaults where nothing else is said; the rate is in Hz.
    public init(sampleRate: Double = 22_050, stft: STFT = STFT(), power: Double = 2) {
        self.sampleRate = sampleRate
        self.stft = stft
        self.power = power
    }

    public var columns: [FeatureColumn] { [.named("spectral bandwidth")] }

    public func validate() throws(FeatureError) {
        try validateSpectra()
        try require(power.isFinite && power > 0, "power \(power): must be above 0")
    }

    func measure(
        _ magnitudes: UnsafeMutableBufferPointer<Float>, frequencies: [Float], into out: UnsafeMutablePointer<Float>
    ) {
        let total = magnitudes.total
        guard total > Double(Float.leastNormalMagnitude) else {
            out[0] = 0
            return
        }
        let centroid = SpectralCentroid.centroid(magnitudes, frequencies)
        var sum = 0.0
        for bin in magnitudes.indices {
            let distance = abs(Double(frequencies[bin]) - centroid)
            sum += Double(magnitudes[bin]) * (power == 2 ? distance * distance : pow(distance, power))
        }
        out[0] = Float(pow(sum / total, 1 / power))
    }
}
