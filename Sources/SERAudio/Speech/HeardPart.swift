// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// Which part of a recording was listened to, and how much speech there is in it.
public struct HeardPart: Sendable, Hashable, Codable {
    /// Where it begins and ends, in seconds from the recording's start.
    public let start, end: Double
    /// The recording's length in seconds.
    public let duration: Double
    /// The time that voiced sounds of speech take in the part, in seconds; see ``SpeechActivity``.
    public let voicedSeconds: Double
    /// The silence before and behind it that was left out, in seconds; nil for none.
    public let silence: Double?

    init(start: Double, end: Double, duration: Double, voicedSeconds: Double, silence: Double? = nil) {
        self.start = start
        self.end = end
        self.duration = duration
        self.voicedSeconds = voicedSeconds
        self.silence = silence
    }

    /// The part without silence of so many seconds before and behind it.
    func trimmed(before: Double, behind: Double) -> HeardPart {
        HeardPart(
            start: start + before, end: max(start + before, end - behind), duration: duration,
            voicedSeconds: voicedSeconds, silence: before + behind)
    }

    /// All of a recording of so many seconds.
    init(whole duration: Double, voicedSeconds: Double) {
        self.init(start: 0, end: duration, duration: duration, voicedSeconds: voicedSeconds)
    }

    /// Whether somebody speaks in the part.
    public var hasSpeech: Bool { voicedSeconds >= SpeechActivity.leastVoiced - 1e-9 }
    /// Whether the part is the whole recording, but for silence at its ends.
    public var isWhole: Bool { end - start + (silence ?? 0) >= duration - 1e-3 }
}

extension HeardPart: CustomStringConvertible {
    /// Such as `5.10 to 8.10 s of 575.00 s`, or `2.10 s`.
    public var description: String {
        isWhole ? "\(duration.fixed(2)) s" : "\(start.fixed(2)) to \(end.fixed(2)) s of \(duration.fixed(2)) s"
    }

    /// What somebody who reads only the emotion should know beside it; nil where all was heard and somebody speaks.
    public var remark: String? {
        let part = isWhole ? nil : "heard \(self)"
        let speech: String? =
            hasSpeech
            ? nil
            : duration < SpeechActivity.leastVoiced
                ? "no speech found: too short, \((duration * 1000).significant(3)) ms" : "no speech found"
        let remarks = [part, speech].compactMap { $0 }
        return remarks.isEmpty ? nil : remarks.joined(separator: "; ")
    }
}
