// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERSupport
import SERSyntheticSpeech
import SERTestSupport
import SERTraining
import Testing

/// Copies as they come about: the sound changed, and written as 16 bits, which clips what is too loud.
private enum Change: String, CaseIterable {
    case renamed, resampled, halfTheLevel, twiceTheLevel, trimmedInFront, trimmedAtTheEnd, allAtOnce, everythingLouder

    func apply(to clip: AudioClip) throws -> AudioClip {
        let cut = Int((0.1 * clip.sampleRate).rounded())
        func scaled(_ clip: AudioClip, _ factor: Float) -> AudioClip {
            AudioClip(samples: clip.samples.map { $0 * factor }, sampleRate: clip.sampleRate)
        }
        func front(_ clip: AudioClip) -> AudioClip {
            AudioClip(samples: Array(clip.samples.dropFirst(cut)), sampleRate: clip.sampleRate)
        }
        func end(_ clip: AudioClip) -> AudioClip {
            AudioClip(samples: Array(clip.samples.dropLast(cut)), sampleRate: clip.sampleRate)
        }
        switch self {
        case .renamed: return clip
        case .resampled: return try clip.resampled(to: 16_000)
        case .halfTheLevel: return scaled(clip, 0.5)
        case .twiceTheLevel: return scaled(clip, 2)
        case .trimmedInFront: return front(clip)
        case .trimmedAtTheEnd: return end(clip)
        case .allAtOnce: return try scaled(front(clip), 0.5).resampled(to: 16_000)
        case .everythingLouder: return try scaled(front(end(clip)), 2).resampled(to: 16_000)
        }
    }
}

private struct Planted {
    let corpus: Corpus
    let split: DataSplit
    let pairs: [[String]]

    /// Every clip trains; copies of some of them, each changed in its own way, are tested.
    init(in corpus: Corpus, every step: Int, folder: TemporaryFolder) throws {
        var copies: [Clip] = []
        var pairs: [[String]] = []
        for (place, index) in stride(from: 0, to: corpus.clips.count, by: step).enumerated() {
            let original = corpus.clips[index]
            let sound = try AudioFile.read(at: original.path)
            for change in Change.allCases {
                var copy = original
                copy.path = folder.path("\(place)-\(change.rawValue).wav")
                if change == .renamed {
                    try FileManager.default.copyItem(at: original.path, to: copy.path)
                } else {
                    try AudioFile.write(change.apply(to: sound), to: copy.path)
                    copy.content = ContentDigest(of: try Data(contentsOf: copy.path))
                    pairs.append([original.path.path, copy.path.path])
                }
                copies.append(copy)
            }
        }
        let all = Corpus(name: corpus.name, clips: corpus.clips + copies)
        self.corpus = all
        self.pairs = pairs
        split = try DataSplit(
            corpus: all, train: Array(corpus.clips.indices), validation: [],
            test: Array(corpus.clips.count..<all.clips.count))
    }
}

@Suite struct NearCopyTests {
    @Test func copiesAreFoundAndOtherUtterancesAreNot() throws {
        let folder = try TemporaryFolder()
        let source = folder.path("corpus")
        try SyntheticCorpus(words: 4, seed: 1).write(to: source)
        let corpus = try Corpus(detecting: source)
        let original = try corpus.nearCopies()
        #expect(original.pairs.isEmpty && original.unread.isEmpty)
        let planted = try Planted(in: corpus, every: 7, folder: folder)
        let found = try planted.corpus.nearCopies()
        let audit = planted.split.audit(with: found)
        #expect(Set(audit.overlaps[1].nearlyIdenticalAudio ?? []) == Set(planted.pairs))
        #expect(audit.overlaps[1].identicalAudio.count == 8)
        let warning = "\(planted.pairs.count) pairs of recordings with the same sound"
        #expect(audit.warnings.contains { $0.contains(warning) })
        #expect("\(audit)".contains("nearly identical"))
        #expect(planted.split.audit.overlaps[1].nearlyIdenticalAudio == nil)
        #expect("\(planted.split.audit)".contains("not searched"))
        #expect(try JSONDecoder().decode(SplitAudit.self, from: JSONEncoder().encode(audit)) == audit)
        // Copies of one recording are copies of each other too; nothing else is.
        #expect(found.pairs.allSatisfy { $0.similarity >= NearCopies.threshold && $0.similarity <= 1.000001 })
    }

    /// Files of equal samples are compared as one: what is found is the same, the work does not grow with their number.
    @Test func equalSoundsAreComparedOnce() throws {
        let folder = try TemporaryFolder()
        let source = folder.path("corpus")
        try SyntheticCorpus(words: 1, seed: 1).write(to: source)
        let original = try #require(Corpus(detecting: source).clips.first)
        let sound = try AudioFile.read(at: original.path)
        let softer = AudioClip(samples: sound.samples.map { $0 * 0.5 }, sampleRate: sound.sampleRate)
        func clip(_ name: String, _ sound: AudioClip, _ format: AudioFile.Format = .wav16) throws -> Clip {
            var clip = original
            clip.path = folder.path(name)
            try AudioFile.write(sound, to: clip.path, format: format)
            clip.content = ContentDigest(of: try Data(contentsOf: clip.path))
            return clip
        }
        func search(_ copies: Int) throws -> (found: NearCopies, work: [Int]) {
            var clips: [Clip] = []
            for copy in 0..<copies {
                clips.append(try clip("loud\(copy).wav", sound))
                clips.append(try clip("soft\(copy).wav", softer))
                // The same samples in other bytes.
                clips.append(try clip("float\(copy).wav", sound, .wavFloat))
            }
            var work: [Int] = []
            let found = try Corpus(name: "copies", clips: clips).nearCopies(
                stop: .never, comparing: { work = [$0, $1] })
            return (found, work)
        }
        let few = try search(1), many = try search(20)
        #expect(few.found.pairs.count == 3 && few.found.unread.isEmpty)
        #expect(many.work == few.work && few.work[0] <= 40 && few.work[1] == 1, "\(few.work), \(many.work)")
        // Each of a kind with each of another, and none with its own kind, which has its bytes.
        let names = many.found.pairs.map { pair in
            [pair.first, pair.second].map { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent }
        }
        #expect(names.count == 3 * 20 * 20 && Set(names).count == names.count)
        #expect(names.allSatisfy { $0[0].prefix(4) != $0[1].prefix(4) })
        #expect(many.found.pairs.allSatisfy { $0.similarity > 0.99 && $0.similarity < 1.000001 })
        // In the order of the corpus.
        #expect(names.first == ["loud0", "soft0"] && names[1] == ["loud0", "float0"])
    }

    /// Each of them louder or softer than all others: of one sound's recordings, some stand for all, so that the work
    /// grows as their number; each leads to each all the same, and none that two parts share is missing in the audit.
    @Test func manyDifferentCopiesAreComparedWithSome() throws {
        let folder = try TemporaryFolder()
        let source = folder.path("corpus")
        try SyntheticCorpus(words: 1, seed: 1).write(to: source)
        let originals = try Corpus(detecting: source).clips
        func copies(of original: Clip, _ count: Int) throws -> [Clip] {
            let sound = try AudioFile.read(at: original.path)
            return try (0..<count).map { place in
                let gain = Float(1 - 0.004 * Double(place))
                var clip = original
                clip.path = folder.path("\(original.speaker ?? "")\(place).wav")
                try AudioFile.write(
                    AudioClip(samples: sound.samples.map { $0 * gain }, sampleRate: sound.sampleRate), to: clip.path)
                clip.content = ContentDigest(of: try Data(contentsOf: clip.path))
                return clip
            }
        }
        let other = try #require(originals.first { $0.speaker != originals[0].speaker })
        let clips = try copies(of: originals[0], 120) + copies(of: other, 3)
        func search(_ clips: [Clip]) throws -> (found: NearCopies, compared: Int) {
            var compared = 0
            let found = try Corpus(name: "copies", clips: clips).nearCopies(
                stop: .never, comparing: { compared = $1 })
            return (found, compared)
        }
        let few = try search(Array(clips.prefix(14)))
        #expect(few.found.pairs.count == 14 * 13 / 2 && few.compared == 14 * 13 / 2)
        let half = try search(Array(clips.prefix(60))), all = try search(clips)
        // Within the first 32 each with each, then 16 for each further one.
        #expect(half.compared == 32 * 31 / 2 + 28 * 16)
        #expect(all.compared == half.compared + 60 * 16 + 3 && all.found.partlyCompared.isEmpty)
        #expect(all.found.pairs.count == all.compared && all.found.pairs.allSatisfy { $0.similarity > 0.99 })

        let corpus = Corpus(name: "copies", clips: clips)
        let split = try DataSplit(
            corpus: corpus, train: Array(60..<110), validation: Array(0..<50) + [120, 121],
            test: Array(50..<60) + Array(110..<120) + [122])
        let shared = split.audit(with: all.found).overlaps[1].nearlyIdenticalAudio ?? []
        let names = (Set(split.train.clips.map(\.name)), Set(split.test.clips.map(\.name)))
        #expect(shared.allSatisfy { names.0.contains($0[0]) && names.1.contains($0[1]) })
        #expect(Set(shared.map { $0[0] }) == names.0)
        #expect(Set(shared.map { $0[1] }) == names.1.subtracting([clips[122].name]))
        #expect(shared.count < 200)
        let held = split.audit(with: all.found).overlaps[2].nearlyIdenticalAudio ?? []
        #expect(held.contains([clips[120].name, clips[122].name]))
    }

    /// Parts of one recording that overlap form a chain: neighbours are copies, ends are not, in whatever order they
    /// stand.
    @Test func chainsOfOverlappingPartsAreFollowedLinkByLink() throws {
        let folder = try TemporaryFolder()
        let source = folder.path("corpus")
        try SyntheticCorpus(words: 4, seed: 1).write(to: source)
        let originals = try Corpus(detecting: source).clips
        var sound: [Float] = [], rate = 16_000.0
        for clip in originals.prefix(24) {
            let one = try AudioFile.read(at: clip.path)
            sound += one.samples
            rate = one.sampleRate
        }
        let step = Int(rate / 5), length = Int(rate * 2)
        try #require(sound.count > 63 * step + length)
        let clips = try (0..<64).map { place -> Clip in
            var clip = originals[0]
            clip.path = folder.path("part\(place).wav")
            let part = Array(sound[place * step..<place * step + length])
            try AudioFile.write(AudioClip(samples: part, sampleRate: rate), to: clip.path)
            clip.content = ContentDigest(of: try Data(contentsOf: clip.path))
            return clip
        }
        func pairs(_ clips: [Clip]) throws -> Set<Set<String>> {
            Set(try Corpus(name: "parts", clips: clips).nearCopies().pairs.map { [$0.first, $0.second] })
        }
        let inOrder = try pairs(clips)
        for place in 0..<63 { #expect(inOrder.contains([clips[place].name, clips[place + 1].name]), "\(place)") }
        #expect(!inOrder.contains([clips[0].name, clips[63].name]))
        let order = (0..<64).map { $0 * 37 % 64 }
        #expect(try pairs(order.map { clips[$0] }) == inOrder)
        let split = try DataSplit(
            corpus: Corpus(name: "parts", clips: clips), train: Array(0..<32), validation: [], test: Array(32..<64))
        let shared = split.audit(with: try split.corpus.nearCopies()).overlaps.flatMap { $0.nearlyIdenticalAudio ?? [] }
        #expect(shared.contains([clips[31].name, clips[32].name]))
        #expect(shared.allSatisfy { inOrder.contains(Set($0)) })
    }

    /// One signal tone in front of all makes each resemble each: as many as can be are compared, and the rest is told.
    @Test func resemblancesOfAMomentAreCountedAndTold() throws {
        let folder = try TemporaryFolder()
        let tone = (0..<4000).map { Float(0.9 * sin(Double($0) * 0.25) * sin(Double($0) * 0.0008)) }
        let clips = try (0..<110).map { place -> Clip in
            let noise = Tensor.normal([16_000], key: RandomKey(seed: UInt64(place))).scalars.map { 0.2 * $0 }
            let clip = AudioClip(samples: tone + noise, sampleRate: 8000)
            try AudioFile.write(clip, to: folder.path("\(place).wav"))
            return Clip(path: folder.path("\(place).wav"), emotion: "x", duration: 2.5, sampleRate: 8000, corpus: "x")
        }
        let found = try Corpus(name: "x", clips: clips).nearCopies()
        // 32 at once are compared with those before them, and with each other.
        #expect(found.pairs.isEmpty && found.partlyCompared == clips[96...].map(\.name))
    }

    @Test func silentShortAndMissingFilesDoNotDisturb() throws {
        let folder = try TemporaryFolder()
        for (name, count) in [("a", 8000), ("b", 8001), ("c", 3), ("d", 0)] {
            let silence = AudioClip(samples: [Float](repeating: 0, count: count), sampleRate: 8000)
            try AudioFile.write(silence, to: folder.path("\(name).wav"))
        }
        let clips = ["a", "b", "c", "d", "e"].map {
            Clip(path: folder.path("\($0).wav"), emotion: "x", duration: 1, sampleRate: 8000, corpus: "silence")
        }
        let found = try Corpus(name: "silence", clips: clips).nearCopies()
        #expect(found.pairs.isEmpty)
        #expect(found.unread.map(\.path).contains(folder.path("e.wav").path))
        #expect(throws: CorpusError.cancelled) {
            try Corpus(name: "x", clips: clips).nearCopies(stop: StopSignal(asking: { true }))
        }
    }

    @Test(
        .enabled(if: realData != nil, "SER_DATA does not name a folder with tess/ and emodb/"),
        arguments: [
            ("tess", 40), ("emodb", 1),
        ]) func realSpeech(name: String, step: Int) throws
    {
        let corpus = try Corpus(detecting: try #require(realData).appendingPathComponent(name))
        let start = Date()
        #expect(try corpus.nearCopies().pairs == [])
        let seconds = Date().timeIntervalSince(start)
        let folder = try TemporaryFolder()
        let planted = try Planted(in: corpus, every: step, folder: folder)
        let audit = planted.split.audit(with: try planted.corpus.nearCopies())
        let overlap = audit.overlaps[1]
        #expect(overlap.identicalAudio.count == planted.split.test.count - planted.pairs.count)
        let found = Set(overlap.nearlyIdenticalAudio ?? [])
        let missed = planted.pairs.filter { !found.contains($0) }
        #expect(missed.isEmpty, "\(missed.count) missed, such as \(missed.prefix(3))")
        #expect(found.subtracting(planted.pairs).isEmpty)
        print(
            "\(corpus.name): \(corpus.clips.count) clips in \(seconds) s without a false alarm; "
                + "\(planted.pairs.count - missed.count) of \(planted.pairs.count) changed copies found")
    }
}
