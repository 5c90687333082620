// SPDX-License-Identifier: Apache-2.0

/// Where in a recording voiced sounds of speech are, frame by frame.
struct SpeechTrack {
    /// Numbers of voiced frames, ascending.
    let frames: [Int]
    /// The recording's length in seconds.
    let duration: Double

    init(frames: [Int], duration: Double) {
        self.frames = frames
        self.duration = duration
    }

    init(of clip: AudioClip) throws(AudioError) {
        let detector = try SpeechDetector(sampleRate: clip.sampleRate)
        clip.samples.withUnsafeBufferPointer { detector.append($0) }
        self = detector.finish()
    }

    var activity: SpeechActivity {
        SpeechActivity(intervals: intervals, voicedSeconds: Self.seconds(of: frames.count), duration: duration)
    }

    /// The time that voiced frames with their middles from `start` on and before `end` take, in seconds.
    func voicedSeconds(from start: Double, to end: Double) -> Double {
        Self.seconds(of: frames.count { (start..<end).contains(Self.middle(of: $0)) })
    }

    private static func seconds(of frames: Int) -> Double { Double(frames) * VoicedFrames.hopSeconds }

    private static func middle(of frame: Int) -> Double { (Double(frame) + 1) * VoicedFrames.hopSeconds }

    private var intervals: [SpeechActivity.Interval] {
        var intervals: [SpeechActivity.Interval] = []
        for frame in frames {
            // The middle of the frame, half a hop to each side.
            let start = (Double(frame) + 0.5) * VoicedFrames.hopSeconds
            let end = min(start + VoicedFrames.hopSeconds, duration)
            if let last = intervals.last, start - last.end < 0.3 {
                intervals[intervals.count - 1].end = end
            } else {
                intervals.append(SpeechActivity.Interval(start: min(start, duration), end: end))
            }
        }
        return intervals
    }
}

/// Looks for speech in samples that come in pieces, at any rate. What it keeps grows with the speech found alone: some
/// 12 MB for an hour of it.
final class SpeechDetector {
    private let sampleRate: Double
    private let resampler: Resampler?
    private var voiced = VoicedFrames()
    private var samples = 0

    init(sampleRate: Double) throws(AudioError) {
        self.sampleRate = sampleRate
        let narrow = VoicedFrames.sampleRate
        resampler = sampleRate == narrow ? nil : Resampler(from: sampleRate, to: narrow, quality: .low)
        guard Resampler.accepts(sampleRate), resampler != nil || sampleRate == narrow else {
            throw .invalidRate(path: nil, from: sampleRate, to: narrow)
        }
    }

    func append(_ block: UnsafeBufferPointer<Float>) {
        samples += block.count
        guard let resampler else { return voiced.append(block) }
        resampler.append(block)
        voiced.append(resampler.take())
    }

    /// What was found in all that came.
    func finish() -> SpeechTrack {
        if samples > 0, let resampler { voiced.append(resampler.finish()) }
        return SpeechTrack(frames: voiced.changing, duration: Double(samples) / sampleRate)
    }
}
