// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERTestSupport
import SERTraining
import Testing

/// Folders that hold files of several corpora.
@Suite struct MixedCorpusTests {
    private static let ravdess = (1...8).map { "03-01-0\($0)-01-01-01-0\($0).wav" }
    private static let tess = ["angry", "sad", "fear", "ps"].flatMap { ["OAF_back_\($0).wav", "YAF_back_\($0).wav"] }
    private static let cremad = ["ANG", "SAD", "FEA", "HAP"].flatMap {
        ["1001_DFA_\($0)_XX.wav", "1002_IEO_\($0)_HI.wav"]
    }
    private static let savee = ["a01", "sa02", "f03", "su04"].flatMap { ["DC_\($0).wav", "JK_\($0).wav"] }

    private func corpus(_ files: [String]) throws -> Corpus {
        let folder = try TemporaryFolder()
        try folder.wavs(files)
        return try Corpus(detecting: folder.url)
    }

    /// The common download: four corpora, in folders of their own or all in one.
    @Test(arguments: [false, true]) func eachFileIsReadByItsRule(inOneFolder: Bool) throws {
        let parts = [("Ravdess", Self.ravdess), ("Tess", Self.tess), ("Crema", Self.cremad), ("Savee", Self.savee)]
        let read = try corpus(parts.flatMap { name, files in inOneFolder ? files : files.map { "\(name)/\($0)" } })
        #expect(read.name == "TESS + RAVDESS + CREMA-D + SAVEE")
        #expect(read.clips.count == 32)
        let counts = Dictionary(grouping: read.clips, by: \.corpus).mapValues(\.count)
        #expect(counts == ["TESS": 8, "RAVDESS": 8, "CREMA-D": 8, "SAVEE": 8])
        guard case .severalCorpora(let layouts)? = read.problems.first(where: { $0.concernsReading }) else {
            Issue.record("not told: \(read.problems)")
            return
        }
        #expect(layouts.map(\.matching) == [8, 8, 8, 8])
        func clip(_ name: String) throws -> Clip {
            try #require(read.clips.first { $0.path.lastPathComponent == name })
        }
        #expect(try clip("JK_su04.wav").emotion == "surprise" && clip("JK_su04.wav").speaker == "JK")
        #expect(try clip("03-01-05-01-01-01-05.wav").emotion == "angry")
        #expect(try clip("YAF_back_ps.wav").emotion == "surprise")
        #expect(try clip("1002_IEO_HAP_HI.wav").speaker == "1002")
        #expect(read.speakers.count == 8 + 2 + 2 + 2 && read.speakers.contains("SAVEE/DC"))
        #expect(
            read.problems.contains(
                .count(
                    corpus: "TESS", speaker: "OAF", emotion: "angry", expected: 200, found: 1, missing: [])))
        #expect(
            read.problems.contains(
                .count(
                    corpus: "CREMA-D", speaker: nil, emotion: "angry", expected: 1271, found: 2, missing: [])))
    }

    @Test func oneCorpusWithStrayFilesStaysOne() throws {
        let many = (1...24).flatMap { actor in
            (1...8).map { "03-01-0\($0)-01-01-01-\(actor < 10 ? "0" : "")\(actor).wav" }
        }
        let read = try corpus(many + ["DC_a01.wav", "notes.wav"])
        #expect(read.name == "RAVDESS" && read.clips.count == 192)
        #expect(read.problems.contains { "\($0)".hasPrefix("DC_a01.wav: it is left out") })
    }

    @Test func songsAndForeignFilesAreLeftOutAndFoldersContradicted() throws {
        let read = try corpus(
            Self.ravdess + Self.savee + ["03-02-05-01-01-01-05.wav", "angry/1001_DFA_SAD_XX.wav"] + Self.cremad + [
                "x.wav"
            ])
        #expect(read.clips.count == 8 + 8 + 9)
        #expect(read.clips.contains { $0.path.path.hasSuffix("angry/1001_DFA_SAD_XX.wav") && $0.emotion == "sad" })
        for text in ["it is sung", "x.wav: it is left out", "angry/1001_DFA_SAD_XX.wav: the folder says angry"] {
            #expect(read.problems.contains { "\($0)".contains(text) }, "\(text)")
        }
    }

    @Test func unknownMixturesAreRefused() {
        #expect(throws: CorpusError.self) { try corpus(Self.tess + (1...9).map { "\($0).wav" }) }
    }
}
