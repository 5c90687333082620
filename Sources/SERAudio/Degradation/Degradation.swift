// SPDX-License-Identifier: Apache-2.0

/// One way in which sound gets worse between a mouth and a recognizer, with how much of it.
///
/// What comes out depends on the degradation, the clip and the seed alone, has the clip's sample rate and, but for
/// ``shortened(seconds:)``, its length. An empty clip stays empty, and a silent one gets no noise: there is nothing that
/// a ratio could be of.
public enum Degradation: Sendable, Hashable, Codable {
    /// Noise at a signal-to-noise ratio in dB: the active speech level (``AudioClip/activeSpeechLevel``) above the
    /// noise's root mean square.
    case noise(color: NoiseColor, snr: Double)
    /// Other people's talk, `talkers` at once, at a signal-to-noise ratio in dB, as for ``noise(color:snr:)``.
    case babble(snr: Double, talkers: Int = 6)
    /// A room in which sound falls by 60 dB in `rt60` seconds; see ``RoomResponse``. The clip's root mean square stays.
    case reverberation(rt60: Double)
    /// 8 kHz, 300 to 3,400 Hz, 8-bit mu-law (ITU-T G.711).
    case telephone
    /// All that is less than `decibels` below the clip's peak is cut off there.
    case clipping(decibels: Double)
    /// Through a codec of a low bit rate and back.
    case coding(SpeechCodec)
    /// Louder or softer, in dB; nothing is clipped.
    case gain(decibels: Double)
    /// The beginning of the clip alone, from its first sample.
    case shortened(seconds: Double)
    /// As if recorded at another sample rate, in Hz.
    case recorded(sampleRate: Double)

    /// The degraded clip.
    /// - Parameters:
    ///   - clip: Sound of any length, rate and level.
    ///   - seed: Decides noise, rooms and voices.
    ///   - voices: What babble is made of: clips of others than the one who speaks, at any rate.
    /// - Throws: ``DegradationError`` for settings out of range, for samples that are no numbers, for babble without
    ///   voices and for codecs that are not installed.
    public func applied(
        to clip: AudioClip, seed: UInt64, voices: [AudioClip] = []
    ) throws(DegradationError) -> AudioClip {
        try validate()
        guard Resampler.accepts(clip.sampleRate) else {
            throw .audio(.invalidRate(path: nil, from: clip.sampleRate, to: clip.sampleRate))
        }
        if let bad = clip.samples.firstIndex(where: { !$0.isFinite }) {
            throw .invalidSetting("the sample at \(Double(bad) / clip.sampleRate) s is NaN or infinite")
        }
        switch self {
        case .noise(let color, let snr): return clip.withNoise(color, snr: snr, seed: seed)
        case .babble(let snr, let talkers): return try clip.withBabble(voices, talkers: talkers, snr: snr, seed: seed)
        case .reverberation(let rt60): return clip.reverberated(RoomResponse(rt60: rt60), seed: seed)
        case .telephone: return try clip.throughTelephone()
        case .clipping(let decibels): return clip.clipped(by: decibels)
        case .coding(let codec): return try clip.coded(by: codec)
        case .gain(let decibels): return clip.amplified(by: decibels)
        case .shortened(let seconds): return clip.shortened(to: seconds)
        case .recorded(let rate): return try clip.recorded(at: rate)
        }
    }

    /// Says what is wrong with the settings, before any sound.
    /// - Throws: ``DegradationError/invalidSetting(_:)``.
    public func validate() throws(DegradationError) {
        switch self {
        case .noise(_, let snr): try Self.check(snr, in: -60...100, "a signal-to-noise ratio of", "dB")
        case .babble(let snr, let talkers):
            try Self.check(snr, in: -60...100, "a signal-to-noise ratio of", "dB")
            try Self.check(Double(talkers), in: 1...100, "babble of", "talkers")
        case .reverberation(let rt60): try Self.check(rt60, in: 0.05...10, "a reverberation time of", "s")
        case .clipping(let decibels): try Self.check(decibels, in: 0...100, "clipping by", "dB")
        case .gain(let decibels): try Self.check(decibels, in: -100...100, "a gain of", "dB")
        case .shortened(let seconds): try Self.check(seconds, in: 0.001...86_400, "a length of", "s")
        case .recorded(let rate): try Self.check(rate, in: 1000...SoundBounds.highestRate, "a sample rate of", "Hz")
        case .telephone, .coding: break
        }
    }

    private static func check(
        _ value: Double, in range: ClosedRange<Double>, _ what: String, _ unit: String
    ) throws(DegradationError) {
        guard range.contains(value) else {
            throw .invalidSetting("\(what) \(value) \(unit): must be from \(range.lowerBound) to \(range.upperBound)")
        }
    }
}

extension AudioClip {
    /// The clip with other samples of the same number and rate.
    func with(_ samples: [Float]) -> AudioClip { AudioClip(samples: samples, sampleRate: sampleRate) }

    /// The root mean square of all samples; 0 for an empty clip.
    var rootMeanSquare: Double {
        if samples.isEmpty { return 0 }
        return (samples.sumOfSquares / Double(samples.count)).squareRoot()
    }

    /// The clip made as loud, over all of it, as another.
    func levelled(like other: AudioClip) -> AudioClip {
        let own = rootMeanSquare
        guard own > 0 else { return self }
        let factor = Float(other.rootMeanSquare / own)
        return with(samples.map { $0 * factor })
    }
}

extension [Float] {
    /// The sum of the squares, in double precision.
    var sumOfSquares: Double {
        withUnsafeBufferPointer { $0.reduce(0.0) { $0 + Double($1) * Double($1) } }
    }
}
