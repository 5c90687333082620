// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERSupport

/// Recordings of a corpus that are the same sound in different files: resampled, louder or softer, cut at the ends,
/// coded anew. Files with the same bytes are not among them; ``SplitAudit`` finds those without listening.
///
/// Candidates are recordings whose waves agree around a loud moment or an onset (`SoundFingerprint`); each is then
/// laid over the other, and both count as copies where the correlation of their samples reaches ``threshold``. The same
/// word said twice by the same speaker stays far below: 0.67 at most in TESS and in EMO-DB, where copies reach 0.97 even
/// when they are clipped.
public struct NearCopies: Sendable, Equatable, Codable {
    /// The correlation from which two recordings count as the same sound.
    public static let threshold = 0.85

    /// Two files that hold the same sound.
    public struct Pair: Sendable, Hashable, Codable {
        /// The two clips' names; the first stands earlier in the corpus.
        public let first, second: String
        /// Correlation of their samples at 8 kHz where they overlap, up to 1.
        public let similarity: Double
    }

    /// The pairs found, in the order of the corpus. A recording that is a copy of 16 earlier ones is not compared with
    /// those behind it: two of these have earlier ones in common, by which ``SplitAudit`` finds them.
    public let pairs: [Pair]
    /// Files that could not be listened to.
    public let unread: [UnreadableFile]
    /// Recordings that resemble more than 64 others at some moment, as with one signal tone in front of all: they were
    /// laid over the 64 that they resemble most, and no copy among the rest would have been found.
    public let partlyCompared: [String]
}

extension Corpus {
    /// Listens to all recordings and finds those that are the same sound in different files.
    ///
    /// The time grows with the square of the number of different sounds, with a small factor: 3,000 take some 10 s on
    /// two cores. Of the recordings of one sound, 16 stand for all: with copies the time grows as their number.
    /// - Parameter progress: Told how many recordings have been listened to, from several threads.
    public func nearCopies(
        progress: @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(CorpusError) -> NearCopies {
        try nearCopies(progress: progress, stop: .never)
    }

    /// The same without blocking a thread of the concurrency pool.
    /// - Throws: ``CorpusError/cancelled`` where the task is cancelled.
    public func nearCopies(
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws(CorpusError) -> NearCopies {
        try await onOwnThread { stop throws(CorpusError) in try self.nearCopies(progress: progress, stop: stop) }
    }

    /// The same, until it is to stop.
    /// - Parameter comparing: Told how many moments of sound are compared with each other, and how many pairs of clips
    ///   are then laid over each other.
    package func nearCopies(
        progress: @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }, stop: StopSignal,
        comparing: (_ moments: Int, _ pairs: Int) -> Void = { _, _ in }
    ) throws(CorpusError) -> NearCopies {
        let clips = clips
        let done = Counter()
        let heard = parallelMap(clips.count) { index -> Result<ListenedClip, AudioError>? in
            guard !stop.isSet else { return nil }
            defer { progress(done.increment(), clips.count) }
            return NearCopySearch.sound(of: clips[index]).map { ListenedClip($0) }
        }
        if stop.isSet { throw .cancelled }
        var unread: [UnreadableFile] = []
        for case (let index, .failure(let error)?) in heard.enumerated() {
            unread.append(UnreadableFile(path: clips[index].name, reason: error.description))
        }
        let sounds = EqualSounds(clips, heard.map { (try? $0?.get())?.samples })
        let fingerprints = heard.indices.map { index in
            sounds.isFirst(index) ? (try? heard[index]?.get())?.fingerprint ?? .silence : .silence
        }
        var search = NearCopySearch(clips: clips, fingerprints: fingerprints, stop: stop)
        search.run()
        comparing(fingerprints.reduce(0) { $0 + $1.moments.count }, search.compared)
        let found = search.matches + search.ofOneSound(sounds)
        if stop.isSet { throw .cancelled }
        return NearCopies(
            pairs: sounds.pairs(of: found), unread: unread,
            partlyCompared: search.partlyCompared.map { clips[$0].name })
    }
}

/// What a clip that was listened to leaves behind.
private struct ListenedClip: Sendable {
    /// Of its samples at the rate of the search.
    let samples: ContentDigest
    let fingerprint: SoundFingerprint

    init(_ sound: [Float]) {
        samples = ContentDigest(ofSamples: sound)
        fingerprint = SoundFingerprint(sound)
    }
}
