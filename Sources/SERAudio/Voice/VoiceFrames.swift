// SPDX-License-Identifier: Apache-2.0

/// The frames that descriptors of the voice are taken of: short ones of 20 ms for the spectrum, long ones of 60 ms for
/// pitch and harmonics, both every 10 ms from the clip's first sample on, whole frames only.
enum VoiceFrames {
    /// Samples a second, in Hz.
    static let rate = 16_000.0
    /// Samples from one frame to the next.
    static let hop = 160
    /// Seconds from one frame to the next.
    static let period: Float = 0.01
    /// Samples of a short frame.
    static let short = 320
    /// Samples of a long frame.
    static let long = 960
    /// openSMILE takes the greatest 16-bit sample, 32,767, for full scale; this library 32,768.
    static let gain = Float(32_768.0 / 32_767)

    /// Whole frames of a length in a clip.
    static func count(_ length: Int, forSamples samples: Int) -> Int {
        samples < length ? 0 : 1 + (samples - length) / hop
    }

    /// Refuses rates other than the one that descriptors are defined at.
    static func check(_ sampleRate: Double) throws(FeatureError) {
        try require(
            sampleRate == rate, "sampleRate \(sampleRate): must be \(Int(rate)) Hz; clips at other rates are resampled")
    }

    /// Refuses clips shorter than a long frame.
    static func requireLongFrame(_ clip: AudioClip) throws(FeatureError) {
        guard clip.samples.count >= long else {
            throw .tooShort(samples: clip.samples.count, needed: long, sampleRate: clip.sampleRate)
        }
    }
}
