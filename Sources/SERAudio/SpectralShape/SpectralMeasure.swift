// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import SERSupport

/// Features of one frame's magnitude spectrum each, by librosa's definitions and defaults.
protocol SpectralMeasure: FeatureExtractor {
    /// How spectra are taken.
    var stft: STFT { get }

    /// Columns of ``measure(_:frequencies:into:)``.
    var measured: Int { get }

    /// Writes the columns of a frame from its magnitudes, one for each frequency in Hz, which may be changed.
    func measure(
        _ magnitudes: UnsafeMutableBufferPointer<Float>, frequencies: [Float], into out: UnsafeMutablePointer<Float>)
}

extension SpectralMeasure {
    public var coefficients: Int { 1 }

    var measured: Int { coefficients }

    public func frames(forSamples samples: Int) -> Int {
        (try? validate()) == nil ? 0 : stft.frames(forSamples: samples)
    }

    public func validate() throws(FeatureError) { try validateSpectra() }

    public func time(ofFrame frame: Int) -> Double { stft.layout.middle(of: frame) / sampleRate }

    public func extract(_ clip: AudioClip) throws(FeatureError) -> FeatureMatrix {
        try validate()
        return try measurements(of: clip).finite()
    }

    func validateSpectra() throws(FeatureError) {
        try require(
            Resampler.accepts(sampleRate),
            "sampleRate \(sampleRate): must be from 1 to \(Int(SoundBounds.highestRate)) Hz")
        try stft.validate()
    }

    /// What ``measure(_:frequencies:into:)`` gives of each frame, [frames, measured].
    func measurements(of clip: AudioClip) throws(FeatureError) -> FeatureMatrix {
        let clip = try prepared(clip)
        let plan = try STFTPlan.of(stft)
        let frames = try plan.frames(of: clip)
        let (bins, measured) = (stft.bins, measured)
        let frequencies = (0..<bins).map { Float(Double($0) * sampleRate / Double(stft.fftLength)) }
        return try FeatureMatrix(frames: frames, coefficients: measured) { out throws(FeatureError) in
            try plan.forEachFrame(of: clip, frames: frames) { frame, workspace in
                plan.transform.power(workspace)
                ser_audio_sqrt(workspace.power, Int64(bins))
                measure(
                    UnsafeMutableBufferPointer(start: workspace.power, count: bins), frequencies: frequencies,
                    into: out + frame * measured)
            }
        }
    }
}

extension UnsafeMutableBufferPointer<Float> {
    /// The sum of all magnitudes.
    var total: Double { reduce(0.0) { $0 + Double($1) } }
}
