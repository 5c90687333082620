// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio

extension Clip {
    /// What is listened to: a file, or a part of one, and how it is read.
    struct Source: Sendable, Hashable {
        let path: URL
        let segment: Segment?
        let truncated: TruncatedFiles
        let content: ContentDigest?
    }

    var source: Source { Source(path: path, segment: segment, truncated: truncated, content: content) }

    /// Whether two clips share sound of one file.
    func overlaps(_ other: Clip) -> Bool {
        guard path == other.path else { return false }
        guard let segment, let others = other.segment else { return true }
        return segment.overlaps(others)
    }

    /// The path, and of a part of a file its times, such as `/data/talk.wav#t=3,4.5`.
    public var name: String { path.path + fragment }

    /// The same without the folder.
    var fileName: String { path.lastPathComponent + fragment }

    /// The same without a folder above, whose path ends in a slash.
    package func name(below folder: String) -> String { String(path.path.dropFirst(folder.count)) + fragment }

    private var fragment: String { segment.map { "#\($0)" } ?? "" }

    /// The sound of the clip as one channel, its first sample that at ``segment``'s start.
    /// - Parameters:
    ///   - rate: The rate wanted, in Hz; nil for the file's own.
    ///   - from: Where to begin, in seconds from the clip's beginning.
    ///   - duration: How much to read, in seconds; less where the clip ends; nil for all.
    /// - Throws: `AudioError`, also for what stands where the file was when the corpus was read, and is not it.
    package func sound(
        sampleRate rate: Double? = nil, from: Double = 0, duration: Double? = nil
    ) throws(AudioError) -> AudioClip {
        let part = timesInFile(from: from, duration: duration)
        let sound = try AudioFile.read(
            regularFile: path, sampleRate: rate, from: part.from, duration: part.duration, truncated: truncated)
        try requireSameFile()
        return sound
    }

    /// Decodes all of the clip at the rate of its file, block by block.
    /// - Returns: What is to be known of the file.
    /// - Throws: `AudioError`.
    package func decode(
        _ body: (UnsafeBufferPointer<Float>) throws(AudioError) -> Void
    ) throws(AudioError) -> [AudioRemark] {
        let part = timesInFile(from: 0, duration: nil)
        let remarks = try AudioFile.decode(
            at: path, from: part.from, duration: part.duration, truncated: truncated, body)
        try requireSameFile()
        return remarks
    }

    /// Makes sure, after it was read, that the file is still the one that the clip is of, where its content is known.
    func requireSameFile() throws(AudioError) {
        guard let content, let found = KnownFiles.content(of: path) else { return }
        guard found.part(segment) == content else { throw .replaced(path: path.path) }
    }

    /// Where a part of the clip lies in its file, in seconds.
    private func timesInFile(from: Double, duration: Double?) -> (from: Double, duration: Double?) {
        guard let segment else { return (from, duration) }
        let all = segment.frames(at: sampleRate)
        let skipped = min(max(from * sampleRate, 0), Double(all.count)).rounded(.down)
        let rest = Double(all.count) - skipped
        let count = min(duration.map { ($0 * sampleRate).rounded() } ?? rest, rest)
        // Half a frame more, so that cutting to whole frames finds these, whatever the division has rounded.
        return ((Double(all.lowerBound) + skipped + 0.5) / sampleRate, (count + 0.5) / sampleRate)
    }
}

extension ContentDigest {
    /// The fingerprint of a part of a file with this one.
    func part(_ segment: Segment?) -> ContentDigest {
        guard let segment else { return self }
        return ContentDigest(of: Array("\(self)#\(segment)".utf8))
    }
}
