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

    /// The pairs found, in the order of the corpus.
    public let pairs: [Pair]
    /// Files that could not be listened to.
    public let unread: [UnreadableFile]
}

extension Corpus {
    /// Listens to all recordings and finds those that are the same sound in different files.
    ///
    /// The time grows with the square of the number of different sounds, with a small factor: 3,000 take some 10 s on
    /// two cores. Clips of equal samples are compared as one.
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
        let search = NearCopySearch(clips: clips, stop: stop)
        let done = Counter()
        let heard = parallelMap(clips.count) { index -> Result<ListenedClip, AudioError>? in
            guard !stop.isSet else { return nil }
            defer { progress(done.increment(), clips.count) }
            return search.sound(index).map { ListenedClip($0) }
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
        let candidates = search.candidates(fingerprints)
        comparing(fingerprints.reduce(0) { $0 + $1.moments.count }, candidates.count)
        let found = search.verified(candidates) + search.ofOneSound(sounds, fingerprints)
        if stop.isSet { throw .cancelled }
        return NearCopies(pairs: sounds.pairs(of: found), unread: unread)
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

/// The steps of the search for copies.
private struct NearCopySearch {
    /// Correlation of two waves around a moment from which two recordings are laid over each other. Of one corpus's true
    /// copies, even clipped ones, no pair stayed below 0.9.
    private static let resemblance: Float = 0.85
    private static let blockRows = 512

    let clips: [Clip]
    let stop: StopSignal

    /// Two clips that may be copies, and by how many samples they may be shifted.
    struct Candidate: Sendable {
        let first, second: Int
        var lags: [Int]
    }

    private struct Moment {
        let clip, position: Int
    }

    private struct ClipPair: Hashable {
        let first, second: Int
    }

    func sound(_ index: Int) -> Result<[Float], AudioError> {
        do throws(AudioError) {
            return .success(try clips[index].sound(sampleRate: SoundFingerprint.rate).samples)
        } catch { return .failure(error) }
    }

    /// All pairs of moments by matrix products, block against block.
    func candidates(_ fingerprints: [SoundFingerprint]) -> [Candidate] {
        let moments = fingerprints.enumerated().flatMap { clip, fingerprint in
            fingerprint.moments.map { Moment(clip: clip, position: $0) }
        }
        let shapes = fingerprints.flatMap(\.shapes)
        let width = SoundFingerprint.width, blockRows = Self.blockRows
        let starts = Array(stride(from: 0, to: moments.count, by: blockRows))
        let blocks = starts.map { start in
            let end = min(start + blockRows, moments.count)
            return Tensor(Array(shapes[start * width..<end * width]), shape: [end - start, width])
        }
        let turned = blocks.map { $0.transposed() }
        let tasks = blocks.indices.flatMap { row in (row..<blocks.count).map { (row, $0) } }
        let hits = parallelMap(tasks.count) { task -> [(Int, Int)] in
            guard !stop.isSet else { return [] }
            let (row, column) = tasks[task]
            let products = blocks[row].matmul(turned[column])
            let columns = products.shape[1]
            var hits: [(Int, Int)] = []
            products.withPointer { values in
                for place in 0..<products.count where values[place] > Self.resemblance {
                    let pair = (starts[row] + place / columns, starts[column] + place % columns)
                    if moments[pair.0].clip < moments[pair.1].clip { hits.append(pair) }
                }
            }
            return hits
        }
        var lags: [ClipPair: [Int]] = [:]
        for (a, b) in hits.joined() {
            let (first, second) = (moments[a], moments[b])
            let content = clips[first.clip].content
            guard content == nil || content != clips[second.clip].content else { continue }
            let lag = first.position - second.position
            let pair = ClipPair(first: first.clip, second: second.clip)
            if lags[pair, default: []].allSatisfy({ abs($0 - lag) > ComparedSound.tolerance / 2 }) {
                lags[pair, default: []].append(lag)
            }
        }
        return lags.map { Candidate(first: $0.key.first, second: $0.key.second, lags: $0.value) }
            .sorted { ($0.first, $0.second) < ($1.first, $1.second) }
    }

    /// Those candidates whose samples agree.
    func verified(_ candidates: [Candidate]) -> [EqualSounds.Match] {
        let groups = Dictionary(grouping: candidates, by: \.first).sorted { $0.key < $1.key }.map(\.value)
        return parallelMap(groups.count) { group -> [EqualSounds.Match] in
            guard !stop.isSet, let first = groups[group].first, case .success(let samples) = sound(first.first)
            else {
                return []
            }
            let own = ComparedSound(samples)
            return groups[group].compactMap { candidate in
                guard !stop.isSet, case .success(let samples) = sound(candidate.second) else { return nil }
                let other = ComparedSound(samples)
                let similarity = candidate.lags.map { own.correlation(with: other, near: $0) }.max() ?? 0
                guard similarity >= NearCopies.threshold else { return nil }
                return EqualSounds.Match(first: candidate.first, second: candidate.second, similarity: similarity)
            }
        }.flatMap { $0 }
    }

    /// Sounds that files of different bytes share, and that are loud enough to be compared: each with itself.
    func ofOneSound(_ sounds: EqualSounds, _ fingerprints: [SoundFingerprint]) -> [EqualSounds.Match] {
        let shared = sounds.shared.filter { !fingerprints[$0].moments.isEmpty }
        return parallelMap(shared.count) { place -> EqualSounds.Match? in
            guard !stop.isSet, case .success(let samples) = sound(shared[place]) else { return nil }
            let own = ComparedSound(samples)
            let similarity = own.correlation(with: own, near: 0)
            guard similarity >= NearCopies.threshold else { return nil }
            return EqualSounds.Match(first: shared[place], second: shared[place], similarity: similarity)
        }.compactMap { $0 }
    }
}
