// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERTestSupport
import SERTraining
import Testing

/// What the folds of a corpus are dealt, and how protocols are written down.
@Suite struct FoldSeedTests {
    private static let corpus = madeUpCorpus(["a": 9, "b": 12], speakers: 3, sentences: 3)

    /// The same clips as of another corpus.
    private static func renamed(_ name: String) -> Corpus {
        Corpus(
            name: name,
            clips: corpus.clips.map { clip in
                var clip = clip
                clip.corpus = name
                clip.path = URL(fileURLWithPath: "/\(name)/" + clip.path.lastPathComponent)
                return clip
            })
    }

    private static let joined = Corpus(name: "both", clips: corpus.clips + renamed("other").clips)

    private static func names(_ part: Partition) -> String {
        part.clips.map { clip in
            let name = clip.path.deletingPathExtension().lastPathComponent.replacing("-", with: "")
            return clip.corpus == "other" ? name + "'" : name
        }.joined(separator: " ")
    }

    /// Constants that this code computed: they hold it to what every later version must deal from the same seed.
    @Test(arguments: [
        (
            Folds.random(3),
            ["a1 a8 b0 b2 b3 b8 b10 | a3 a6 b4", "a0 a2 b1 b5 b7 b9 b11 | a5 a7 b2", "a3 a4 a5 a6 a7 b4 b6 | a1 b0 b1"]
        ),
        (
            .stratified(3),
            ["a2 a4 a6 b4 b5 b7 b11 | a7 b0 b1", "a1 a3 a5 b1 b2 b3 b9 | a7 b4 b5", "a0 a7 a8 b0 b6 b8 b10 | a1 b1 b2"]
        ),
        (
            .grouped(by: .speaker, 2),
            ["a1 a2 a4 a5 a7 a8 b1 b2 b4 b5 b7 b8 b10 b11 | a6 b6", "a0 a3 a6 b0 b3 b6 b9 | a7 b2 b4"]
        ),
        (
            .leaveOneSpeakerOut,
            [
                "a0 a3 a6 b0 b3 b6 b9 | a4 b1 b2", "a1 a4 a7 b1 b4 b7 b10 | a5 b6 b11",
                "a2 a5 a8 b2 b5 b8 b11 | a0 b7 b9",
            ]
        ),
        (
            .leaveOneSentenceOut,
            [
                "a0 a1 a2 b0 b1 b2 b9 b10 b11 | a5 b4 b8", "a3 a4 a5 b3 b4 b5 | a1 b2 b8 b10",
                "a6 a7 a8 b6 b7 b8 | a4 b0 b1 b2",
            ]
        ),
        (.lists([["a-0.wav", "b-1.wav"], ["b-3.wav"]]), ["a0 b1 | a3 a6 b0 b2 b10", "b3 | a1 a6 b1 b4 b7"]),
    ]) func seedsDealTheSameFoldsForEver(folds: Folds, expected: [String]) throws {
        let splits = try Self.corpus.folds(folds, validation: 0.25, seed: 7)
        #expect(splits.map { Self.names($0.test) + " | " + Self.names($0.validation) } == expected)
    }

    /// As above, of folds that name corpora or two groups, and of validation parts of whole speakers.
    @Test func seedsDealTheSameGroupsForEver() throws {
        let across = try Self.joined.folds(
            .corpora(trainedOn: "made up", testedOn: "other"), validation: 0.25, seed: 7)
        #expect(across.map { Self.names($0.validation) } == ["a1 a4 b0 b6 b10"])
        let speakers = try Self.joined.folds(.leaveOneSpeakerOut, validation: 0.1, seed: 7)
        #expect(
            speakers.map { Self.names($0.validation) } == [
                "a8 b2 b4'", "a5 b6 b7'", "b1 a8' b1'", "a2 b1 b9", "b7 a3' b5'", "b1 b5 a6'",
            ])
        let pairs = try madeUpCorpus(["a": 18, "b": 18], speakers: 3, sentences: 3).folds(
            .crossed(speakers: 2, sentences: 2), validation: 0.25, seed: 7)
        #expect(pairs.map { Self.names($0.validation) } == ["a15 b15", "a0 b0", "a16 b8", "a5 a13 b1 b4"])
        let voices = try Self.corpus.folds(.leaveOneSentenceOut, validation: 0.3, validatedBy: .speaker, seed: 7)
        #expect(voices.map(\.validation.clips.first?.speaker) == ["speaker 1", "speaker 1", "speaker 0"])
    }

    /// Names that say where a corpus lies, and who else is in it, decide nothing.
    @Test func aSpeakersFoldDependsOnTheSpeakerAlone() throws {
        let own = try Self.corpus.folds(.leaveOneSpeakerOut, validation: 0.25, seed: 3)
        let renamed = try Self.renamed("elsewhere").folds(.leaveOneSpeakerOut, validation: 0.25, seed: 3)
        #expect(own.map(\.validation.indices) == renamed.map(\.validation.indices))
        #expect(Set(own.map(\.validation.indices)).count == 3)
        // Among several corpora a speaker is known by name and corpus.
        let both = try Self.joined.folds(.leaveOneSpeakerOut, validation: 0.25, seed: 3)
        #expect(Set(both.map(\.validation.indices)).count == 6)
    }

    @Test(arguments: [
        (Folds.random(5), #"{"random":{"folds":5}}"#),
        (.stratified(10), #"{"stratified":{"folds":10}}"#),
        (.grouped(by: .sentence, 4), #"{"grouped":{"by":"sentence","folds":4}}"#),
        (.leaveOneSpeakerOut, #"{"eachGroup":{"by":"speaker"}}"#),
        (.leaveOneSentenceOut, #"{"eachGroup":{"by":"sentence"}}"#),
        (.crossed(speakers: 2, sentences: 3), #"{"crossed":{"sentences":3,"speakers":2}}"#),
        (.lists([["a.wav", "b.wav"], ["c.wav"]]), #"{"lists":{"files":[["a.wav","b.wav"],["c.wav"]]}}"#),
        (.corpora(trainedOn: "one", testedOn: "other"), #"{"corpora":{"test":"other","train":"one"}}"#),
    ]) func protocolsAreWrittenAndReadBack(folds: Folds, json: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        #expect(String(decoding: try encoder.encode(folds), as: UTF8.self) == json)
        #expect(try JSONDecoder().decode(Folds.self, from: Data(json.utf8)) == folds)
    }

    @Test func anotherProtocolIsNoFolds() {
        for json in [
            "{}", #"{"bootstrap":{"folds":5}}"#, #"{"random":{}}"#, #"{"grouped":{"by":"weather","folds":2}}"#,
        ] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(Folds.self, from: Data(json.utf8)) }
        }
    }
}
