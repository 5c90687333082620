// SPDX-License-Identifier: Apache-2.0

/// The frequency, in Hz, up to which 85 % of the magnitudes of each frame lie, or another share
/// (`librosa.feature.spectral_rolloff`): one column; 0 of silence.
public struct SpectralRollOff: SpectralMeasure, Hashable {
    public static let kind = "spectralRollOff"

    public var sampleRate: Double
    /// How spectra are taken.
    public var stft: STFT
    /// The share, between 0 and 1.
    public var share: Double

    /// librosa's defaults where nothing else is said; the rate is in Hz.
    public init(sampleRate: Double = 22_050, stft: STFT = STFT(), share: Double = 0.85) {
        self.sampleRate = sampleRate
        self.stft = stft
        self.share = share
    }

    public var columns: [FeatureColumn] { [.named("spectral roll-off")] }

    public func validate() throws(FeatureError) {
        try validateSpectra()
        try require(share > 0 && share < 1, "share \(share): must be between 0 and 1")
    }

    func measure(
        _ magnitudes: UnsafeMutableBufferPointer<Float>, frequencies: [Float], into out: UnsafeMutablePointer<Float>
    ) {
        let threshold = share * magnitudes.total
        var sum = 0.0
        let bin = magnitudes.firstIndex {
            sum += Double($0)
            return sum >= threshold
        }
        out[0] = frequencies[bin ?? magnitudes.count - 1]
    }
}
