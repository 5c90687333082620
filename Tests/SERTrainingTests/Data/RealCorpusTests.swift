// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERTestSupport
import SERTraining
import Testing

/// The published corpora themselves, where SER_DATA names the folder that holds them.
@Suite(.enabled(if: realData != nil, "SER_DATA does not name a folder with tess/ and emodb/"))
struct RealCorpusTests {
    private func folder(_ name: String) throws -> URL { try #require(realData).appendingPathComponent(name) }

    @Test func tess() throws {
        let corpus = try Corpus(detecting: folder("tess"))
        #expect(corpus.name == "TESS")
        #expect(corpus.clips.count == 2798)
        #expect(corpus.speakers == ["OAF", "YAF"])
        #expect(corpus.labels == ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"])
        let missing = corpus.problems.filter { if case .count = $0 { true } else { false } }
        #expect(
            missing == [
                .count(speaker: "OAF", emotion: "angry", expected: 200, found: 199, missing: ["back"]),
                .count(speaker: "YAF", emotion: "sad", expected: 200, found: 199, missing: ["beg"]),
            ])
        #expect(corpus.problems.count == 3)  // and OA_bite_neutral.wav
        #expect(corpus.clips.count { $0.sampleRate == 24_414 } == 2797)
        #expect(corpus.clips.first { $0.sampleRate == 96_000 }?.path.lastPathComponent == "OAF_food_fear.wav")
        let split = try corpus.split(.stratified(train: 0.8, validation: 0.1, test: 0.1), seed: 1)
        #expect(split.test.count == 280)
        #expect(split.audit.warnings.count == 1)
    }

    @Test func emodb() throws {
        let corpus = try Corpus(detecting: folder("emodb"))
        #expect(corpus.name == "EMO-DB")
        #expect(corpus.clips.count == 535)
        #expect(corpus.speakers.count == 10)
        #expect(Set(corpus.clips.compactMap(\.sentence)).count == 10)
        #expect(corpus.labels == ["angry", "boredom", "disgust", "fear", "happy", "neutral", "sad"])
        #expect(corpus.counts.totals == corpus.counts.expectedTotals.map { $0 ?? -1 })
        #expect(corpus.clips.allSatisfy { $0.duration == 2 && $0.sampleRate == 22_050 })
    }
}
