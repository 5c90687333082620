// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSyntheticSpeech
import SERTestSupport
import SERTraining
import Testing

@Suite struct SyntheticCorpusTests {
    @Test func itIsShapedLikeTESSAndSaysWhatItIs() throws {
        let folder = try TemporaryFolder(), made = SyntheticCorpus(words: 3, seed: 5)
        try made.write(to: folder.url)
        let corpus = try Corpus(detecting: folder.url)
        #expect(corpus.name == "synthetic (TESS-shaped)")
        #expect(corpus.isSynthetic)
        #expect(corpus.problems == [])
        #expect(corpus.clips.count == 42 && made.clipCount == 42)
        #expect(corpus.speakers == ["OAF", "YAF"])
        #expect(corpus.labels == ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"])
        #expect(corpus.counts.found == corpus.counts.expected.map { $0.map { $0 ?? -1 } })
        #expect(corpus.clips.allSatisfy { $0.sampleRate == 24_414 && $0.channels == 1 })
        #expect(corpus.clips.allSatisfy { $0.duration > 1.1 && $0.duration < 3 })
        #expect(Set(corpus.clips.compactMap(\.content)).count == 42)
        let note = try String(contentsOf: folder.path("README.txt"), encoding: .utf8)
        #expect(note.contains("SYNTHETIC"))
    }

    @Test func partsAndCollectionsOfItAreSyntheticToo() throws {
        let folder = try TemporaryFolder()
        try SyntheticCorpus(words: 1, seed: 1).write(to: folder.path("a"))
        try SyntheticCorpus(words: 1, seed: 2).write(to: folder.path("b"))
        #expect(try Corpus(detecting: folder.url).isSynthetic)
        #expect(try Corpus(detecting: folder.path("a/OAF_angry")).isSynthetic)
        try folder.wav("real/OAF_angry/OAF_back_angry.wav")
        #expect(try !Corpus(detecting: folder.path("real")).isSynthetic)
    }

    @Test func whatSaysThatItIsSyntheticIsSoWhateverItsSettings() throws {
        let folder = try TemporaryFolder()
        try SyntheticCorpus(words: 1).write(to: folder.path("a"))
        try folder.write("{\"words\": ", to: "a/synthetic-corpus.json")
        #expect(try Corpus(detecting: folder.path("a")).isSynthetic)
        #expect(throws: SyntheticCorpusError.notEmpty(folder.path("a"))) {
            try SyntheticCorpus(words: 1).write(to: folder.path("a"))
        }
    }

    @Test func theSeedDecidesEveryByte() throws {
        let folder = try TemporaryFolder()
        for (name, seed) in [("a", 1), ("b", 1), ("c", 2)] as [(String, UInt64)] {
            try SyntheticCorpus(words: 1, seed: seed).write(to: folder.path(name))
        }
        let corpora = try ["a", "b", "c"].map { try Corpus.tess(at: folder.path($0)) }
        #expect(corpora[0].clips.map(\.content) == corpora[1].clips.map(\.content))
        #expect(Set(corpora[0].clips.map(\.content)).isDisjoint(with: corpora[2].clips.map(\.content)))
    }

    @Test func moreWordsKeepTheClipsOfFewer() throws {
        let folder = try TemporaryFolder()
        try SyntheticCorpus(words: 1).write(to: folder.path("one"))
        try SyntheticCorpus(words: 2).write(to: folder.path("two"))
        let one = try Corpus.tess(at: folder.path("one")), two = try Corpus.tess(at: folder.path("two"))
        #expect(Set(one.clips.compactMap(\.content)).isSubset(of: two.clips.compactMap(\.content)))
    }

    @Test func everyClipIsSoundThatMovesAndNeverClips() throws {
        let folder = try TemporaryFolder()
        try SyntheticCorpus(words: 2, seed: 3).write(to: folder.url)
        for clip in try Corpus.tess(at: folder.url).clips {
            let samples = try AudioFile.read(at: clip.path).samples
            let peak = samples.map(abs).max() ?? 0
            #expect(peak > 0.02 && peak < 0.98)
            let level = samples.chunks(of: 2441).map { $0.reduce(0) { $0 + $1 * $1 } / Float($0.count) }
            #expect((level.max() ?? 0) > 30 * (level.min() ?? 1))  // speech has loud parts and soft ones
        }
    }

    @Test func emotionsDifferInTheWayTheyShould() throws {
        let folder = try TemporaryFolder()
        try SyntheticCorpus(words: 8, seed: 1).write(to: folder.url)
        let corpus = try Corpus.tess(at: folder.url)
        func mean(_ emotion: String, _ value: (Clip) throws -> Double) rethrows -> Double {
            let clips = corpus.clips.filter { $0.emotion == emotion }
            return try clips.map(value).reduce(0, +) / Double(clips.count)
        }
        let level: (Clip) throws -> Double = { clip in
            let samples = try AudioFile.read(at: clip.path).samples
            return 10 * log10(Double(samples.reduce(0) { $0 + $1 * $1 }) / Double(samples.count))
        }
        #expect(try mean("angry", level) > mean("neutral", level) + 2)
        #expect(try mean("sad", level) < mean("neutral", level) - 2)
        #expect(mean("sad") { $0.duration } > mean("neutral") { $0.duration })
        #expect(mean("fear") { $0.duration } < mean("neutral") { $0.duration })
    }

    @Test func whatIsThereIsRespected() throws {
        let folder = try TemporaryFolder()
        let made = SyntheticCorpus(words: 1, seed: 1), target = folder.path("made")
        try made.write(to: target)
        let before = try Corpus.tess(at: target)
        let lost = before.clips[3].path
        try FileManager.default.removeItem(at: lost)
        try made.write(to: target)  // taken up again
        #expect(try Corpus.tess(at: target).clips == before.clips)
        #expect(throws: SyntheticCorpusError.otherSettings(target, words: 1, seed: 1)) {
            try SyntheticCorpus(words: 2, seed: 1).write(to: target)
        }
        try folder.write("mine", to: "other/thesis.txt")
        #expect(throws: SyntheticCorpusError.notEmpty(folder.path("other"))) {
            try made.write(to: folder.path("other"))
        }
        #expect(throws: SyntheticCorpusError.notAFolder(folder.path("other/thesis.txt"))) {
            try made.write(to: folder.path("other/thesis.txt"))
        }
        #expect(throws: SyntheticCorpusError.wordCount(0, most: SyntheticCorpus.mostWords)) {
            try SyntheticCorpus(words: 0).write(to: folder.path("none"))
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("none").path))
        #expect(throws: SyntheticCorpusError.self) { try made.write(to: folder.path("other/thesis.txt/below")) }
    }

    @Test func progressReachesTheEnd() throws {
        let folder = try TemporaryFolder()
        let counts = Counts()
        try SyntheticCorpus(words: 4).write(to: folder.url) { counts.add($0, $1) }
        #expect(counts.all.last?.0 == 56)
        #expect(counts.all.allSatisfy { $0.1 == 56 })
        #expect(counts.all.map(\.0) == counts.all.map(\.0).sorted())
    }
}

private final class Counts: @unchecked Sendable {
    private let lock = NSLock()
    private var values: [(Int, Int)] = []

    var all: [(Int, Int)] { lock.withLock { values } }
    func add(_ done: Int, _ total: Int) { lock.withLock { values.append((done, total)) } }
}

extension Array {
    fileprivate func chunks(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
