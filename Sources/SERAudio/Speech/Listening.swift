// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// How much of a recording is listened to, which part of it, and at what rate.
package struct Listening: Sendable, Equatable {
    /// The rate of what is heard, in Hz.
    package var sampleRate: Double
    /// How much is heard, in seconds: all of shorter recordings.
    package var seconds: Double
    /// Which part of longer recordings.
    package var window: ListeningWindow
    /// What is left out before and behind the voice; nil for nothing.
    package var trimming: SilenceTrimming?

    package init(sampleRate: Double, seconds: Double, window: ListeningWindow, trimming: SilenceTrimming? = nil) {
        self.sampleRate = sampleRate
        self.seconds = seconds
        self.window = window
        self.trimming = trimming
    }

    /// How many samples are heard.
    private var samples: Int { Int(saturating: seconds * sampleRate) }
}

/// Sound that was heard, and which part of a recording it is.
package struct HeardSound: Sendable, Equatable {
    /// The sound, at the rate asked for.
    package let clip: AudioClip
    /// Where it stands in the recording.
    package let part: HeardPart
    /// What is to be known of the file.
    package var remarks: [AudioRemark] = []
}

extension Listening {
    /// Gives the samples of a recording from one on, block by block, for as long as they are wanted.
    private typealias Blocks = (
        _ from: Int, _ body: (UnsafeBufferPointer<Float>) -> Bool
    ) throws(AudioError) -> Void

    /// Listens to a file, which is decoded once, and not beyond what is heard where that is its beginning by rule. Of
    /// long files, a part further on is decoded once more.
    ///
    /// What is heard are the first samples of what `AudioFile.read(at:sampleRate:from:)` gives from its start on.
    /// - Parameter takesPipes: Whether a named pipe may stand there, which is read to its end.
    /// - Throws: ``AudioError``; damage after the beginning is not found where only that is heard.
    package func hear(
        _ file: URL, truncated: TruncatedFiles = .refuse, takesPipes: Bool = true
    ) throws(AudioError) -> HeardSound {
        let reader = try SoundFileReader(file, truncated: truncated, takesPipes: takesPipes)
        let frames = reader.info.frames
        let path = reader.path
        var heard = try hear(frames, at: reader.info.sampleRate, path: path) { from, body throws(AudioError) in
            try reader.read(from..<frames, body)
        }
        heard.remarks = reader.remarks
        return heard
    }

    /// Listens to a clip.
    /// - Throws: ``AudioError/invalidRate(path:from:to:)``.
    package func hear(_ clip: AudioClip) throws(AudioError) -> HeardSound {
        try hear(clip.samples.count, at: clip.sampleRate, path: nil) { from, body in
            clip.samples.withUnsafeBufferPointer { samples in
                var start = from
                while start < samples.count {
                    let end = min(start + 1 << 15, samples.count)
                    guard body(UnsafeBufferPointer(rebasing: samples[start..<end])) else { return }
                    start = end
                }
            }
        }
    }

    private func hear(
        _ frames: Int, at rate: Double, path: String?, _ blocks: Blocks
    ) throws(AudioError) -> HeardSound {
        guard samples <= SoundBounds.mostFrames else {
            throw .tooLong(path: path ?? "the clip", frames: samples, limit: SoundBounds.mostFrames)
        }
        var head = try SoundHead(samples, from: rate, to: sampleRate, path: path)
        let detector = try SpeechDetector(sampleRate: rate)
        // Of the beginning alone, speech is looked for in what is heard.
        let searched = window == .beginning ? Int(saturating: seconds * rate) : .max
        var count = 0
        try blocks(0) { block in
            head.append(block)
            detector.append(UnsafeBufferPointer(rebasing: block.prefix(max(0, searched - count))))
            count += block.count
            return window == .speech || !head.isFull
        }
        let track = detector.finish()
        let total = window == .speech ? count : max(count, frames)
        guard Resampler.length(of: total, ratio: sampleRate / rate) > samples else {
            return sound(head, HeardPart(whole: Double(total) / rate, voicedSeconds: track.activity.voicedSeconds))
        }
        let begins = window == .speech ? track.activity.windowStart(seconds: seconds) : 0
        let start = Int(saturating: begins * rate, rounding: .down)
        if start > 0 {
            head = try SoundHead(samples, from: rate, to: sampleRate, path: path)
            try blocks(start) { block in
                head.append(block)
                return !head.isFull
            }
        }
        let (from, duration) = (Double(start) / rate, Double(total) / rate)
        let end = min(from + seconds, duration)
        return sound(
            head,
            HeardPart(
                start: from, end: end, duration: duration, voicedSeconds: track.voicedSeconds(from: from, to: end)))
    }

    private func sound(_ head: SoundHead, _ part: HeardPart) -> HeardSound {
        let samples = head.finished()
        guard let range = trimming?.range(in: samples, sampleRate: sampleRate), range != 0..<samples.count else {
            return HeardSound(clip: AudioClip(samples: samples, sampleRate: sampleRate), part: part)
        }
        return HeardSound(
            clip: AudioClip(samples: Array(samples[range]), sampleRate: sampleRate),
            part: part.trimmed(
                before: Double(range.lowerBound) / sampleRate,
                behind: Double(samples.count - range.upperBound) / sampleRate))
    }
}

/// The first samples of sound that comes in blocks, at another rate: as the whole would have them, bit for bit.
private struct SoundHead {
    private let wanted: Int
    private let resampler: Resampler?
    private var samples: [Float] = []

    init(_ wanted: Int, from rate: Double, to other: Double, path: String?) throws(AudioError) {
        self.wanted = wanted
        resampler = rate == other ? nil : Resampler(from: rate, to: other, quality: .high)
        guard Resampler.accepts(rate), Resampler.accepts(other), rate == other || resampler != nil else {
            throw .invalidRate(path: path, from: rate, to: other)
        }
    }

    /// Whether all samples that are wanted have come.
    var isFull: Bool { (resampler?.count ?? samples.count) >= wanted }

    /// Takes a block, as long as there is room. The resampler gives the same whether or not more follows.
    mutating func append(_ block: UnsafeBufferPointer<Float>) {
        guard !isFull else { return }
        if let resampler { resampler.append(block) } else { samples += block.prefix(wanted - samples.count) }
    }

    func finished() -> [Float] {
        guard let resampler else { return samples }
        // Without a sample there is nothing to end.
        if resampler.count < wanted { return Array(resampler.finish().prefix(wanted)) }
        return Array(resampler.given.prefix(wanted))
    }
}
