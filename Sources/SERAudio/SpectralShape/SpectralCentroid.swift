// SPDX-License-Identifier: Apache-2.0

/// The mean frequency of each frame, in Hz, weighted by magnitude (`librosa.feature.spectral_centroid`): one column; 0
/// of silence.
public struct SpectralCentroid: SpectralMeasure, Hashable {
    public static let kind = "spectralCentroid"

    public var sampleRate: Double
    /// How spectra are taken.
    public var stft: STFT

    /// librosa's defaults where nothing else is said; the rate is in Hz.
    public init(sampleRate: Double = 22_050, stft: STFT = STFT()) {
        self.sampleRate = sampleRate
        self.stft = stft
    }

    public var columns: [FeatureColumn] { [.named("spectral centroid")] }

    func measure(
        _ magnitudes: UnsafeMutableBufferPointer<Float>, frequencies: [Float], into out: UnsafeMutablePointer<Float>
    ) {
        out[0] = Float(Self.centroid(magnitudes, frequencies))
    }

    static func centroid(_ magnitudes: UnsafeMutableBufferPointer<Float>, _ frequencies: [Float]) -> Double {
        let total = magnitudes.total
        guard total > Double(Float.leastNormalMagnitude) else { return 0 }
        var sum = 0.0
        for bin in magnitudes.indices { sum += Double(magnitudes[bin]) * Double(frequencies[bin]) }
        return sum / total
    }
}
