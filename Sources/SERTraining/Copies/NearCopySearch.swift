// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore
import SERSupport

/// The search for copies. Clips are taken in the order of the corpus, some at once, and compared with those before them
/// that stand for the sounds heard so far: all clips but those that were found to be copies of enough that stand.
struct NearCopySearch {
    /// Correlation of two waves around a moment from which two recordings are laid over each other. Of one corpus's true
    /// copies, even clipped ones, no pair stayed below 0.9.
    private static let resemblance: Float = 0.85
    /// Moments in one matrix of those that stand.
    private static let blockRows = 512
    private static let clipsAtOnce = 32
    /// Of how many clips that stand another is a copy when it need not stand itself. Only its own copies count: parts of
    /// one recording that overlap form a chain, whose ends have no sound in common.
    static let mostStanding = 16
    /// Recordings that one clip is laid over, those first that it resembles at the most moments.
    static let mostCompared = 64
    /// Samples of sounds that are kept to be compared again: 12 bytes each.
    private static let mostKept = 1 << 24

    private let clips: [Clip]
    private let fingerprints: [SoundFingerprint]
    private let stop: StopSignal
    private var standing = StandingMoments()
    /// For each clip, of how many that stand it is a copy.
    private var copied: [Int]

    /// The pairs found, and how many were laid over each other.
    private(set) var matches: [EqualSounds.Match] = []
    private(set) var compared = 0
    /// Clips that resemble more others than they were compared with.
    private(set) var partlyCompared: [Int] = []

    init(clips: [Clip], fingerprints: [SoundFingerprint], stop: StopSignal) {
        self.clips = clips
        self.fingerprints = fingerprints
        self.stop = stop
        copied = [Int](repeating: 0, count: clips.count)
    }

    static func sound(of clip: Clip) -> Result<[Float], AudioError> {
        do throws(AudioError) {
            return .success(try clip.sound(sampleRate: SoundFingerprint.rate).samples)
        } catch { return .failure(error) }
    }

    mutating func run() {
        let heard = fingerprints.indices.filter { !fingerprints[$0].moments.isEmpty }
        for start in stride(from: 0, to: heard.count, by: Self.clipsAtOnce) where !stop.isSet {
            take(Array(heard[start..<min(start + Self.clipsAtOnce, heard.count)]))
        }
        matches.sort { ($0.first, $0.second) < ($1.first, $1.second) }
    }

    private mutating func take(_ some: [Int]) {
        let own = Moments(of: some, fingerprints)
        var earlier: [Resemblance] = []
        for candidates in candidates(own, standing.blocks) { earlier += chosen(candidates) }
        let before = verified(earlier)
        for match in before { copied[match.second] += 1 }
        // What is a copy of enough clips needs no comparison with its neighbours here.
        let open = Set(some.filter { copied[$0] < Self.mostStanding })
        let beside = candidates(own, [own]).flatMap { $0 }.filter {
            open.contains($0.first) && open.contains($0.second)
        }
        let among = verified(beside)
        matches += before + among
        let copies = Dictionary(grouping: among, by: \.first)
        for clip in some where copied[clip] < Self.mostStanding {
            for match in copies[clip] ?? [] { copied[match.second] += 1 }
            standing.append(Moments(of: [clip], fingerprints), blockRows: Self.blockRows)
        }
    }

    /// The earlier clips that each clip resembles at some moment.
    private func candidates(_ own: Moments, _ others: [Moments]) -> [[Resemblance]] {
        let (stop, matrix) = (stop, own.matrix)
        let hits = parallelMap(others.count) { block -> [(Int, Int)] in
            guard !stop.isSet else { return [] }
            let products = matrix.matmul(others[block].turned)
            let columns = products.shape[1]
            var hits: [(Int, Int)] = []
            products.withPointer { values in
                for place in 0..<products.count where values[place] > Self.resemblance {
                    hits.append((place / columns, place % columns))
                }
            }
            return hits
        }
        var found: [ClipPair: Lags] = [:]
        for (block, hits) in zip(others, hits) {
            for (row, column) in hits {
                let (second, first) = (own.places[row], block.places[column])
                guard first.clip < second.clip else { continue }
                let content = clips[first.clip].content
                guard content == nil || content != clips[second.clip].content else { continue }
                found[ClipPair(first: first.clip, second: second.clip), default: Lags()]
                    .add(first.position - second.position)
            }
        }
        let all = found.map { Resemblance(first: $0.key.first, second: $0.key.second, lags: $0.value) }
        return Dictionary(grouping: all, by: \.second).sorted { $0.key < $1.key }.map(\.value)
    }

    /// Of one clip's candidates those that it is laid over.
    private mutating func chosen(_ own: [Resemblance]) -> [Resemblance] {
        guard own.count > Self.mostCompared, let clip = own.first?.second else { return own }
        partlyCompared.append(clip)
        return Array(own.sorted { ($1.lags.hits, $0.first) < ($0.lags.hits, $1.first) }.prefix(Self.mostCompared))
    }

    /// Those candidates whose samples agree.
    private mutating func verified(_ candidates: [Resemblance]) -> [EqualSounds.Match] {
        compared += candidates.count
        let kept = sounds(neededBy: candidates)
        let groups = Dictionary(grouping: candidates, by: \.second).sorted { $0.key < $1.key }.map(\.value)
        let (clips, stop) = (clips, stop)
        @Sendable func sound(_ clip: Int) -> ComparedSound? {
            if let sound = kept[clip] { return sound }
            guard case .success(let samples) = Self.sound(of: clips[clip]) else { return nil }
            return ComparedSound(samples)
        }
        return parallelMap(groups.count) { group -> [EqualSounds.Match] in
            guard !stop.isSet, let clip = groups[group].first?.second, let own = sound(clip) else { return [] }
            return groups[group].compactMap { candidate in
                guard !stop.isSet, let other = sound(candidate.first) else { return nil }
                let similarity = candidate.lags.bestCorrelation(of: other, with: own)
                guard similarity >= NearCopies.threshold else { return nil }
                return EqualSounds.Match(first: candidate.first, second: candidate.second, similarity: similarity)
            }
        }.flatMap { $0 }
    }

    /// The sounds that several of the candidates need, as many as there is room for.
    private func sounds(neededBy candidates: [Resemblance]) -> [Int: ComparedSound] {
        let times = Dictionary(candidates.map { ($0.first, 1) }, uniquingKeysWith: +)
        let often = times.filter { $0.value > 1 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
        var room = Self.mostKept
        var chosen: [Int] = []
        for clip in often {
            room -= Int(saturating: clips[clip].duration * SoundFingerprint.rate)
            guard room > 0 else { break }
            chosen.append(clip)
        }
        let (clips, stop, wanted) = (clips, stop, chosen)
        let sounds = parallelMap(wanted.count) { place -> ComparedSound? in
            guard !stop.isSet, case .success(let samples) = Self.sound(of: clips[wanted[place]]) else { return nil }
            return ComparedSound(samples)
        }
        return Dictionary(
            uniqueKeysWithValues: zip(wanted, sounds).compactMap { clip, sound in sound.map { (clip, $0) } })
    }

    /// Sounds that files of different bytes share, and that are loud enough to be compared: each with itself.
    func ofOneSound(_ sounds: EqualSounds) -> [EqualSounds.Match] {
        let shared = sounds.shared.filter { !fingerprints[$0].moments.isEmpty }
        let (clips, stop) = (clips, stop)
        return parallelMap(shared.count) { place -> EqualSounds.Match? in
            guard !stop.isSet, case .success(let samples) = Self.sound(of: clips[shared[place]]) else { return nil }
            let own = ComparedSound(samples)
            let similarity = own.correlation(with: own, near: 0)
            guard similarity >= NearCopies.threshold else { return nil }
            return EqualSounds.Match(first: shared[place], second: shared[place], similarity: similarity)
        }.compactMap { $0 }
    }
}

private struct ClipPair: Hashable {
    let first, second: Int
}

/// Two clips that may be copies.
private struct Resemblance: Sendable {
    let first, second: Int
    let lags: Lags
}

/// By how many samples two clips may be shifted, and how many moments say so.
private struct Lags: Sendable {
    /// Beyond this no other shift is looked at.
    private static let enough = 0.97

    private(set) var hits = 0
    private var lags: [(lag: Int, hits: Int)] = []

    mutating func add(_ lag: Int) {
        hits += 1
        if let known = lags.firstIndex(where: { abs($0.lag - lag) <= ComparedSound.tolerance / 2 }) {
            lags[known].hits += 1
        } else {
            lags.append((lag, 1))
        }
    }

    /// The highest correlation, the shifts first that most moments have.
    func bestCorrelation(of first: ComparedSound, with second: ComparedSound) -> Double {
        var best = 0.0
        for (lag, _) in lags.sorted(by: { ($1.hits, $0.lag) < ($0.hits, $1.lag) }) where best < Self.enough {
            best = max(best, first.correlation(with: second, near: lag))
        }
        return best
    }
}

/// Moments of clips, and the waves around them as rows.
private struct Moments: Sendable {
    private(set) var places: [(clip: Int, position: Int)] = []
    private(set) var shapes: [Float] = []
    private var kept: Tensor?

    init(of clips: [Int], _ fingerprints: [SoundFingerprint]) {
        for clip in clips {
            places += fingerprints[clip].moments.map { (clip, $0) }
            shapes += fingerprints[clip].shapes
        }
    }

    /// [moments, width].
    var matrix: Tensor { Tensor(shapes, shape: [places.count, SoundFingerprint.width]) }
    /// [width, moments].
    var turned: Tensor { kept ?? matrix.transposed() }

    mutating func append(_ other: Moments) {
        places += other.places
        shapes += other.shapes
    }

    /// Keeps what is not to be turned each time, when nothing more comes.
    mutating func close() { (kept, shapes) = (turned, []) }
}

/// The moments of the clips that stand, in blocks.
private struct StandingMoments {
    private(set) var blocks: [Moments] = []

    mutating func append(_ moments: Moments, blockRows: Int) {
        if let last = blocks.last, last.places.count < blockRows {
            blocks[blocks.count - 1].append(moments)
        } else {
            if !blocks.isEmpty { blocks[blocks.count - 1].close() }
            blocks.append(moments)
        }
    }
}
