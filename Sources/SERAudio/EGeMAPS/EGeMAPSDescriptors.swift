// SPDX-License-Identifier: Apache-2.0

/// The 25 low-level descriptors of the extended Geneva minimalistic acoustic parameter set, eGeMAPSv02 (Eyben et al.
/// 2016), every 10 ms, smoothed over three frames, as the openSMILE package gives them.
///
/// [frames, 25]: of spectrum and loudness 10, of pitch, voice quality and formants 15, which are 0 in unvoiced frames
/// but for formants (and levels of formants, -201 there). A clip needs 60 ms.
public struct EGeMAPSDescriptors: FeatureExtractor, Hashable {
    public static let kind = "egemapsLLD"

    /// The rate, in Hz, at which descriptors are computed: 16,000.
    public var sampleRate: Double

    /// The descriptors at 16,000 Hz, the only rate they are defined at here; clips at other rates are resampled.
    public init(sampleRate: Double = 16_000) { self.sampleRate = sampleRate }

    public var coefficients: Int { EGeMAPSColumns.descriptors.count }

    public var columns: [FeatureColumn] { EGeMAPSColumns.descriptors.map { .named($0) } }

    public func frames(forSamples samples: Int) -> Int {
        let frames = VoiceFrames.count(VoiceFrames.long, forSamples: samples)
        return sampleRate == VoiceFrames.rate && frames > 0 ? frames + 1 : 0
    }

    public func validate() throws(FeatureError) { try VoiceFrames.check(sampleRate) }

    public func time(ofFrame frame: Int) -> Double {
        Double(VoiceFrames.hop * frame + VoiceFrames.long / 2) / VoiceFrames.rate
    }

    public func extract(_ clip: AudioClip) throws(FeatureError) -> FeatureMatrix {
        try validate()
        let clip = try prepared(clip)
        try VoiceFrames.requireLongFrame(clip)
        let tracks = try VoiceTracks(clip.samples, unvoicedFormants: true)
        let columns =
            tracks.spectral.map(Smoothing.mean)
            + tracks.voiced.map { Smoothing.meanOfNonzero($0, decided: tracks.decided) }
        let frames = frames(forSamples: clip.samples.count)
        return try FeatureMatrix(frames: frames, coefficients: coefficients) { out in
            for (index, column) in columns.enumerated() {
                for frame in 0..<frames { out[frame * columns.count + index] = column[frame] }
            }
        }.finite()
    }
}
