// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERModels
import SERSupport
import SERSyntheticSpeech
import SERTestSupport
import SERTraining
import Testing

/// Corpora in which some clips cannot be decoded to their end.
@Suite struct CorpusAuditTests {
    /// Two synthetic voices in each of two labels, and what `body` adds.
    private func corpus(in folder: TemporaryFolder, _ body: (TemporaryFolder) throws -> Void) throws -> Corpus {
        try SyntheticCorpus(words: 1).write(to: folder.path("voices"))
        let voices = try Corpus(detecting: folder.path("voices")).clips
        for (name, index) in [("angry/1.wav", 0), ("angry/2.wav", 1), ("sad/1.wav", 2), ("sad/2.wav", 3)] {
            try FileManager.default.copyItem(at: voices[index].path, to: folder.makeFolder(of: "c/\(name)"))
        }
        try body(folder)
        return try Corpus.folders(at: folder.path("c"))
    }

    private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/data")

    /// A float WAV file of a second at 8 kHz with one sample that is none.
    private func withNaN(_ url: URL) throws {
        let sound = (0..<8000).map { 0.5 * sin(Float($0) / 5) }
        try AudioFile.write(AudioClip(samples: sound, sampleRate: 8000), to: url, format: .wavFloat)
        var data = try Data(contentsOf: url)
        data.replaceSubrange(data.count - 400..<data.count - 396, with: [0, 0, 0xc0, 0x7f])
        try data.write(to: url)
    }

    @Test func whatTrainingWouldSkipIsListed() throws {
        let folder = try TemporaryFolder()
        let read = try corpus(in: folder) { folder in
            for name in ["flac_truncated.flac", "vorbis_truncated.ogg"] {
                try FileManager.default.copyItem(
                    at: Self.fixtures.appendingPathComponent(name), to: folder.path("c/sad/\(name)"))
            }
            try withNaN(folder.path("c/angry/nan.wav"))
            try Data("no sound".utf8).write(to: folder.path("c/angry/text.wav"))
        }
        let audited = try read.audited()
        #expect(audited.clips.map(\.path.lastPathComponent) == ["1.wav", "2.wav", "1.wav", "2.wav"])
        let unreadable = CorpusReport(audited).unreadable
        #expect(
            Set(unreadable.map { URL(fileURLWithPath: $0.path).lastPathComponent }) == [
                "flac_truncated.flac", "vorbis_truncated.ogg", "nan.wav", "text.wav",
            ])
        #expect(unreadable.allSatisfy { !$0.reason.isEmpty })
        let nan = unreadable.first { $0.path.hasSuffix("nan.wav") }
        #expect(nan?.reason.contains("0.9875 s") == true, "\(nan?.reason ?? "")")
        #expect(throws: CorpusError.self) { try read.audited(strict: true) }
        // The same clips are those that have no features.
        let pipeline = FeaturePipeline(extractor: MFCC(.librosa), span: .atMost(seconds: 3), arrangement: .sequence)
        let skipped = try FeatureStore().matrices(of: read.clips, pipeline: pipeline).failures
        #expect(
            Set(skipped.map(\.path)).isSubset(of: Set(read.clips.map(\.path)).subtracting(audited.clips.map(\.path))))
    }

    @Test func cutFilesAreReadAlikeByAllWhereThatIsAccepted() throws {
        let folder = try TemporaryFolder()
        let refused = try corpus(in: folder) { folder in
            for name in ["flac_truncated.flac", "vorbis_truncated.ogg"] {
                try FileManager.default.copyItem(
                    at: Self.fixtures.appendingPathComponent(name), to: folder.path("c/sad/\(name)"))
            }
            var open = try Data(contentsOf: folder.path("c/angry/1.wav"))
            open.replaceSubrange(40..<44, with: [0, 0, 0, 0])
            try open.write(to: folder.path("c/angry/open.wav"))
        }
        func remarked(_ corpus: Corpus) -> [String] {
            CorpusReport(corpus).remarks.map { URL(fileURLWithPath: $0.path).lastPathComponent }.sorted()
        }
        let names = ["flac_truncated.flac", "open.wav", "vorbis_truncated.ogg"]
        #expect(try remarked(refused.audited()) == ["open.wav"])
        #expect(CorpusReport(try refused.audited()).unreadable.count == 2)
        // What is wrong with a file that was read is no failure.
        try FileManager.default.createDirectory(at: folder.path("d"), withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: folder.path("c/angry"), to: folder.path("d/angry"))
        #expect(try remarked(Corpus.folders(at: folder.path("d"), strict: true).audited(strict: true)) == ["open.wav"])

        let corpus = try Corpus.folders(at: folder.path("c"), strict: true, truncated: .accept)
        let audited = try corpus.audited(strict: true)
        #expect(corpus.clips.count == 7 && audited.clips == corpus.clips)
        #expect(remarked(corpus) == names && remarked(audited) == names)
        let problems = audited.problems.map(\.description)
        #expect(problems.contains { $0.hasPrefix("truncated; what is there was read: 2 files: ") }, "\(problems)")
        #expect(problems.contains { $0.contains("was not closed") && $0.contains("1 file: ") }, "\(problems)")
        let pipeline = FeaturePipeline(extractor: MFCC(.librosa), span: .atMost(seconds: 3), arrangement: .sequence)
        #expect(try FeatureStore().matrices(of: corpus.clips, pipeline: pipeline).failures.isEmpty)
        #expect(try corpus.nearCopies().unread.isEmpty)
        // A manifest reads parts of cut files, and only where that is accepted.
        try folder.write(
            "path,label,start,end\nc/sad/flac_truncated.flac,sad,0,0.1\nc/angry/1.wav,angry,,\n", to: "m.csv")
        #expect(throws: CorpusError.self) { try Corpus.manifest(at: folder.path("m.csv"), strict: true) }
        let parts = try Corpus(detecting: folder.path("m.csv"), strict: true, truncated: .accept)
        #expect(try FeatureStore().matrices(of: parts.clips, pipeline: pipeline).failures.isEmpty)
        #expect(remarked(parts) == ["flac_truncated.flac"])
    }

    @Test func decodingFindsWhatNobodyHasFoundBefore() throws {
        let folder = try TemporaryFolder()
        let read = try corpus(in: folder) { folder in
            let url = Self.fixtures.appendingPathComponent("flac_truncated.flac")
            try FileManager.default.copyItem(at: url, to: folder.path("c/sad/cut.flac"))
        }
        let accepting =
            read.clips + [
                Clip(
                    path: folder.path("c/sad/cut.flac"), emotion: "sad", duration: 1, sampleRate: 16_000, corpus: "c",
                    truncated: .accept)
            ]
        let audited = try Corpus(name: "c", clips: accepting).audited()
        #expect(audited.clips.count == 5)
        #expect(CorpusReport(audited).remarks.map(\.path) == [folder.path("c/sad/cut.flac").path])
    }

    /// At the lowest and the highest rates that are read, speech is searched for, and none is found in a hum.
    @Test(arguments: [1000.0, 8000, 192_000, 1_000_000]) func speechIsSearchedForAtAnyRate(rate: Double) throws {
        let folder = try TemporaryFolder()
        let read = try corpus(in: folder) { folder in
            let hum = (0..<Int(rate)).map { 0.1 * sin(2 * .pi * 110 * Float($0) / Float(rate)) }
            try AudioFile.write(AudioClip(samples: hum, sampleRate: rate), to: folder.path("c/sad/hum.wav"))
        }
        let report = CorpusReport(try read.audited())
        #expect(report.withoutSpeech.map { URL(fileURLWithPath: $0).lastPathComponent } == ["hum.wav"])
    }

    @Test func silenceAndNoiseAreToldApart() throws {
        let folder = try TemporaryFolder()
        let read = try corpus(in: folder) { folder in
            let silence = AudioClip(samples: [Float](repeating: 0.000_9, count: 16_000), sampleRate: 16_000)
            try AudioFile.write(silence, to: folder.path("c/sad/silence.wav"))
            let hum = AudioClip(samples: (0..<16_000).map { 0.1 * sin(Float($0) / 50) }, sampleRate: 16_000)
            try AudioFile.write(hum, to: folder.path("c/sad/hum.wav"))
        }
        let audited = try read.audited(), report = CorpusReport(audited)
        #expect(audited.clips == read.clips)
        #expect(report.nearlySilent.map { URL(fileURLWithPath: $0).lastPathComponent } == ["silence.wav"])
        #expect(report.withoutSpeech.map { URL(fileURLWithPath: $0).lastPathComponent } == ["hum.wav"])
    }

    @Test func countsAreOfTheClipsThatAreLeft() throws {
        let folder = try TemporaryFolder()
        try folder.wavs(["OAF_back_sad.wav", "YAF_back_sad.wav", "YAF_bar_sad.wav"])
        try withNaN(folder.path("OAF_bar_sad.wav"))
        let audited = try Corpus.tess(at: folder.url).audited()
        #expect(
            audited.problems.contains(
                .count(speaker: "OAF", emotion: "sad", expected: 200, found: 1, missing: [])))
        #expect(audited.counts.found[audited.counts.emotions.firstIndex(of: "sad") ?? 0] == [1, 2])
    }

    /// A speaker and a label for each clip: the table would have 16 million cells, of which 4,000 hold something.
    @Test func countsOfManySpeakersAndLabelsAreSparse() {
        let clips = (0..<4000).map { place in
            Clip(
                path: URL(fileURLWithPath: "/\(place).wav"), emotion: "e\(place)", speaker: "s\(place)", duration: 1,
                sampleRate: 8000, corpus: "x")
        }
        let report = CorpusReport(Corpus(name: "x", clips: clips))
        #expect(report.counts.count == 4000 && report.counts.allSatisfy { $0.found == 1 && $0.expected == nil })
        #expect(report.counts.allSatisfy { $0.emotion.dropFirst() == $0.speaker?.dropFirst() })
        #expect("\(report)".contains("4000 emotions, 4000 speakers"))
        let few = Corpus(name: "x", clips: Array(clips.prefix(2))).counts
        #expect(few.found == [[1, 0], [0, 1]] && few.totals == [1, 1])
        #expect(few.expected == [[nil, nil], [nil, nil]])
        let text = "\(CorpusReport(Corpus(name: "x", clips: Array(clips.prefix(2)))))"
        let rows = text.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(rows.contains(["e1", "0", "1", "1"]) && rows.contains(["total", "1", "1", "2"]), "\(text)")
    }

    @Test func allDamagedIsAnErrorAndCancellingIsNone() throws {
        let folder = try TemporaryFolder()
        for name in ["sad/a.wav", "angry/b.wav"] { try withNaN(folder.makeFolder(of: name)) }
        let read = try Corpus.folders(at: folder.url)
        #expect(throws: CorpusError.self) { try read.audited() }
        #expect(try read.audited(stop: StopSignal(asking: { true })) == read)
    }
}
