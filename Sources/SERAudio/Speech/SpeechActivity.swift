// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where somebody speaks in a clip, and whether anybody does.
///
/// Voiced sounds are looked for in frames of 40 ms, every 20 ms, at 8 kHz. A frame counts when
/// - it is within 40 dB of the loudest frame and above -75 dB of full scale,
/// - it is periodic at 70 to 500 Hz: its autocorrelation, divided by that of the window, has a peak of at least 0.6
///   (Boersma, "Accurate short-term analysis of the fundamental frequency", IFA Proceedings 17, 1993), and
/// - its spectrum, in 16 bands relative to the strongest, differs by at least 3.5 dB on average from those of the other
///   such frames within 0.3 s, as speech does and hums and tones do not (after the long-term variability of Ghosh,
///   Tsiartas and Narayanan, IEEE TASLP 19(3), 2011).
///
/// A clip has speech where this holds for ``leastVoiced`` seconds together. Whispered speech has no voiced sounds, and
/// melodies change as speech does: neither is told rightly.
public struct SpeechActivity: Sendable, Hashable, Codable {
    /// A stretch of time, in seconds from the clip's start.
    public struct Interval: Sendable, Hashable, Codable {
        /// Where it begins and ends.
        public var start, end: Double
    }

    /// The least voiced time of a clip with speech, in seconds.
    public static let leastVoiced = 0.2

    /// Stretches of speech: voiced frames with what lies between those less than 0.3 s apart.
    public let intervals: [Interval]
    /// The time that voiced frames take, in seconds.
    public let voicedSeconds: Double
    /// The clip's length in seconds.
    public let duration: Double

    /// Whether anybody speaks.
    public var hasSpeech: Bool { voicedSeconds >= Self.leastVoiced - 1e-9 }
    /// The length of all ``intervals``, in seconds.
    public var seconds: Double { intervals.reduce(0) { $0 + $1.end - $1.start } }
    /// The part of the clip that ``intervals`` take, 0...1.
    public var fraction: Double { duration > 0 ? min(1, seconds / duration) : 0 }

    /// Looks for speech in a clip.
    /// - Throws: ``AudioError/invalidRate(path:from:to:)``.
    public init(of clip: AudioClip) throws(AudioError) {
        self = try SpeechTrack(of: clip).activity
    }

    init(intervals: [Interval], voicedSeconds: Double, duration: Double) {
        self.intervals = intervals
        self.voicedSeconds = voicedSeconds
        self.duration = duration
    }
}
