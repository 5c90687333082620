// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERModels
import SERTestSupport
import SERTraining
import Testing

/// Clips that are parts of files.
@Suite struct SegmentTests {
    /// A file of four seconds at 8 kHz whose n-th sample is n / 65,536, and a table beside it.
    private func corpus(_ table: String, strict: Bool = false) throws -> (folder: TemporaryFolder, corpus: Corpus) {
        let folder = try TemporaryFolder()
        for name in ["a.wav", "sub/b.wav"] { try ramp(folder.makeFolder(of: name)) }
        try folder.write(table, to: "list.csv")
        return (folder, try Corpus.manifest(at: folder.path("list.csv"), strict: strict))
    }

    private func ramp(_ url: URL) throws {
        let samples = (0..<32_000).map { Float($0) / 65_536 }
        try AudioFile.write(AudioClip(samples: samples, sampleRate: 8000), to: url, format: .wavFloat)
    }

    private func error(_ table: String, strict: Bool = false) -> CorpusError? {
        do {
            _ = try corpus(table, strict: strict)
        } catch { return error as? CorpusError }
        return nil
    }

    @Test func partsOfFilesAreClipsOfTheirOwn() throws {
        let (folder, corpus) = try corpus(
            "path,start,end,label,speaker\na.wav,0.5,1.25,sad,x\na.wav,1.25,2,joy,y\nsub/b.wav,,,joy,x\n"
                + "a.wav,3,NaT,sad,x\n")
        #expect(
            corpus.clips.map(\.segment) == [
                try Segment(start: 0.5, end: 1.25), try Segment(start: 1.25, end: 2), nil,
                try Segment(start: 3, end: 4),
            ])
        #expect(corpus.clips.map(\.duration) == [0.75, 0.75, 4, 1])
        let a = folder.path("a.wav").standardizedFileURL.path
        #expect(corpus.clips.map(\.name)[0] == "\(a)#t=0.5,1.25")
        #expect(Set(corpus.clips.compactMap(\.content)).count == 4)
        #expect(corpus.problems.isEmpty, "\(corpus.problems)")
        // The very samples, none twice and none missing.
        let sounds = try corpus.clips.map { try $0.sound().samples.map { Int($0 * 65_536) } }
        let ends = sounds.map { [$0.first ?? -1, $0.last ?? -1] }
        #expect(ends == [[4000, 9999], [10_000, 15_999], [0, 31_999], [24_000, 31_999]])
        let middle = try corpus.clips[1].sound(from: 0.25, duration: 0.125).samples.map { Int($0 * 65_536) }
        #expect(middle == Array(12_000..<13_000))
        var blocks = 0
        _ = try corpus.clips[1].decode { blocks += $0.count }
        #expect(blocks == 6000)
    }

    @Test func partsThatTouchMissNoSample() throws {
        let times = (0...37).map { Double($0) * 0.1 + 0.000_07 }
        for (start, end) in zip(times, times.dropFirst()) {
            let (first, second) = (try Segment(start: start, end: end), try Segment(start: end, end: end + 0.1))
            for rate in [8000, 11_025, 22_050, 44_100, 48_000.0] {
                #expect(first.frames(at: rate).upperBound == second.frames(at: rate).lowerBound)
            }
        }
    }

    @Test func timesAreReadAsTablesWriteThem() throws {
        let written = [
            "1.5": 1.5, "0 days 00:00:01.500000": 1.5, "0 days 00:00:01.5": 1.5, "00:00:01.5": 1.5, "1.5 s": 1.5,
            "1500ms": 1.5, "1 days 00:00:00": 86_400, "1 day": 86_400, "0 days 01:01:01": 3661, "2e-1": 0.2,
        ]
        for (text, seconds) in written {
            #expect(try SegmentTimes.seconds(text, decimalComma: false) == seconds, "\(text)")
        }
        for text in ["", " ", "NaT", "nan", "None", "<NA>"] {
            #expect(try SegmentTimes.seconds(text, decimalComma: false) == nil, "\(text)")
        }
        #expect(try SegmentTimes.seconds("1,5", decimalComma: true) == 1.5)
        for text in ["1,5", "01:30", "x", "0x10", "inf", "0 days 00:61:00", "1 days 2", "1e999"] {
            #expect(throws: SegmentError.notATime("\"\(text)\"")) {
                try SegmentTimes.seconds(text, decimalComma: false)
            }
        }
    }

    /// What audformat and pandas write, made by Fixtures/data/segments.py.
    @Test(arguments: ["audformat.csv", "pandas.csv", "nkululeko.csv", "seconds.csv", "german.csv", "excel.tsv"])
    func tablesOfOtherProgramsAreRead(name: String) throws {
        struct Row: Decodable {
            let file, label: String
            let start: Double
            let end: Double?
        }
        let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Fixtures/data/segments")
        let rows = try JSONDecoder().decode(
            [Row].self, from: Data(contentsOf: fixtures.appendingPathComponent("expected.json")))
        let folder = try TemporaryFolder()
        for (file, seconds) in [("a.wav", 3), ("b.wav", 62)] {
            let sound = AudioClip(samples: [Float](repeating: 0.1, count: 1000 * seconds), sampleRate: 1000)
            try AudioFile.write(sound, to: folder.path(file))
        }
        try FileManager.default.copyItem(at: fixtures.appendingPathComponent(name), to: folder.path(name))
        let clips = try Corpus(detecting: folder.path(name)).clips
        #expect(clips.map(\.path.lastPathComponent) == rows.map(\.file) && clips.map(\.emotion) == rows.map(\.label))
        #expect(clips.map(\.speaker) == ["s1", "s1", "s2", "s2"])
        #expect(clips.map { $0.segment?.start } == rows.map(\.start))
        #expect(clips.map { $0.segment?.end } == rows.map { $0.end ?? 62 })
    }

    @Test func timesThatAreNoPartAreToldWithTheirLine() throws {
        let head = "file,start,end,emotion\na.wav,0,1,joy\n"
        func fault(_ line: String) -> SegmentError? {
            guard case .segment(_, 3, let fault)? = error(head + line) else { return nil }
            return fault
        }
        #expect(fault("a.wav,2,1,sad\n") == .endsBeforeItBegins(start: 2, end: 1))
        #expect(fault("a.wav,2,2,sad\n") == .endsBeforeItBegins(start: 2, end: 2))
        #expect(fault("a.wav,-1,1,sad\n") == .beforeTheBeginning(start: -1))
        #expect(fault("a.wav,soon,1,sad\n") == .notATime("\"soon\""))
        // What only the file can tell is listed with the other clips that cannot be read.
        for times in ["3,5", "4,5", "9,NaT", "1000,1500"] {
            let (_, read) = try corpus(head + "a.wav,\(times),sad\n")
            guard case .unreadable(let file)? = read.problems.first else {
                Issue.record("\(times): \(read.problems)")
                continue
            }
            #expect(read.clips.count == 1 && file.path == "a.wav")
            for text in ["beyond the end", "4.0 s long", "line 3"] {
                #expect(file.reason.contains(text), "\(file.reason)")
            }
            guard case .unreadable? = error(head + "a.wav,\(times),sad\n", strict: true) else {
                Issue.record("strict: \(times)")
                continue
            }
        }
        // Rounding is no fault.
        #expect(try corpus(head + "a.wav,3,4.004,sad\n").corpus.clips[1].segment?.end == 4)
        // All of a file is the file.
        let whole = try corpus("path,start,end,label\na.wav,0,4,x\nsub/b.wav,0,NaT,y\n").corpus
        #expect(whole.clips.map(\.segment) == [nil, nil])
    }

    @Test func overlapsAndContradictionsAreTold() throws {
        let (_, read) = try corpus(
            "path,start,end,label\na.wav,0,1.5,sad\na.wav,1,2,joy\na.wav,1.9,3,joy\na.wav,2,3,joy\n")
        #expect(read.clips.count == 4)
        #expect(read.problems == [.manifest(.overlap(path: "a.wav", lines: [2, 3], labels: ["sad", "joy"]))])
        #expect(read.problems[0].description.contains("sad on line 2, joy on line 3"))
        guard case .manifest(_, 3, let reason)? = error("path,start,end,label\na.wav,0,1,sad\na.wav,0.0,1.0,joy\n")
        else {
            Issue.record("no contradiction")
            return
        }
        #expect(reason.contains("sad on line 2"))
    }

    /// Pairs could be as many as the square of the segments: more memory than any file warrants.
    @Test func noMoreOverlapsAreToldThanThereAreSegments() throws {
        let labels = ["sad", "joy", "calm"]
        let lines = (0..<600).map { "a.wav,\(Double($0) / 1000),NaT,\(labels[$0 % 3])\n" }
        let read = try corpus("path,start,end,label\n" + lines.joined()).corpus
        #expect(read.clips.count == 600 && read.problems.count == 599)
        let (_, three) = try corpus(
            "path,start,end,label\na.wav,0,3.5,sad\na.wav,1,2,joy\na.wav,1.5,3,calm\na.wav,2.5,3,sad\n")
        #expect(
            three.problems == [
                .manifest(.overlap(path: "a.wav", lines: [2, 4], labels: ["sad", "calm"])),
                .manifest(.overlap(path: "a.wav", lines: [2, 3], labels: ["sad", "joy"])),
                .manifest(.overlap(path: "a.wav", lines: [4, 5], labels: ["calm", "sad"])),
            ])
    }

    @Test func startAndLengthSayTheSame() throws {
        let (_, read) = try corpus("path,start,duration,label\na.wav,1,0.5,sad\na.wav,2,0.5,joy\n")
        #expect(read.clips.map(\.segment) == [try Segment(start: 1, end: 1.5), try Segment(start: 2, end: 2.5)])
    }

    @Test func tablesOfSegmentsAreReadBack() throws {
        let (folder, read) = try corpus("path,start,end,label\na.wav,0.5,1.25,sad\nsub/b.wav,,,joy\n")
        #expect(read.table.columns.prefix(4) == ["path", "start", "end", "emotion"])
        try folder.write(read.table.csv(), to: "again.csv")
        #expect(try Corpus.manifest(at: folder.path("again.csv")).clips == read.clips)
        let start = read.table.columnSummary[1]
        #expect(start.name == "start" && start.type == .seconds && start.count == 1 && start.missing == 1)
    }

    @Test func partsOfAFileHaveFeaturesOfTheirOwn() throws {
        let folder = try TemporaryFolder()
        func tone(_ step: Float) -> [Float] { (0..<16_000).map { sin(Float($0) * step) / 3 } }
        let tones = tone(0.12) + tone(0.47)
        try AudioFile.write(AudioClip(samples: tones, sampleRate: 16_000), to: folder.path("two.wav"))
        for (index, name) in ["low.wav", "high.wav"].enumerated() {
            let part = AudioClip(samples: Array(tones[index * 16_000..<(index + 1) * 16_000]), sampleRate: 16_000)
            try AudioFile.write(part, to: folder.path(name))
        }
        try folder.write("file,start,end,label\ntwo.wav,0,1,low\ntwo.wav,1,2,high\n", to: "parts.csv")
        try folder.write("file,label\nlow.wav,low\nhigh.wav,high\n", to: "files.csv")
        let pipeline = FeaturePipeline(extractor: MFCC(.librosa), span: .atMost(seconds: 3), arrangement: .sequence)
        let features = try ["parts.csv", "files.csv"].map { table in
            let clips = try Corpus.manifest(at: folder.path(table)).clips
            return try FeatureStore().matrices(of: clips, pipeline: pipeline).matrices.map { $0?.values }
        }
        #expect(features[0] == features[1] && features[0][0] != features[0][1])
    }

    @Test func splitsTellOfPartsThatOverlap() throws {
        let (_, read) = try corpus(
            "path,start,end,label\na.wav,0,1.5,sad\na.wav,1,2,sad\na.wav,2,3,joy\nsub/b.wav,0,1,joy\n")
        let split = try DataSplit(corpus: read, train: [0, 2], validation: [3], test: [1])
        let pairs = split.audit.overlaps.map { $0.overlappingSegments?.map { $0.map { String($0.suffix(5)) } } }
        #expect(pairs == [[], [["0,1.5", "t=1,2"]], []])
        let warning = "1 pair of segments that overlap in the training and the test part"
        #expect(split.audit.warnings.contains { $0.hasPrefix(warning) })
        let whole = try DataSplit(corpus: madeUpCorpus(["a": 4, "b": 4]), train: [0], validation: [1], test: [2])
        #expect(whole.audit.overlaps[0].overlappingSegments == nil)
    }

    @Test func splitsTellOfRecordingsThatTheyCut() throws {
        let (_, read) = try corpus(
            "path,start,end,label\na.wav,0,1,sad\na.wav,1,2,joy\na.wav,2,3,joy\nsub/b.wav,0,1,sad\nsub/b.wav,1,2,joy\n")
        let split = try DataSplit(corpus: read, train: [0, 2], validation: [3, 4], test: [1])
        #expect(split.audit.overlaps.map { $0.recordings?.map { String($0.suffix(5)) } } == [[], ["a.wav"], []])
        #expect(
            split.audit.warnings.contains { $0.hasPrefix("Segments of 1 recording stand in the training and the test") }
        )
        let apart = try DataSplit(corpus: read, train: [0, 1, 2], validation: [3], test: [4])
        #expect(!apart.audit.warnings.contains { $0.hasPrefix("Segments of") })
        let whole = try DataSplit(corpus: madeUpCorpus(["a": 4, "b": 4]), train: [0], validation: [1], test: [2])
        #expect(whole.audit.overlaps.allSatisfy { $0.recordings == nil })
    }

    @Test func aSegmentWithoutASampleIsNoClip() throws {
        let (_, read) = try corpus("path,start,end,label\na.wav,0.5,0.50001,sad\na.wav,1,1.000125,joy\na.wav,2,3,joy\n")
        // At 8 kHz a sample takes 0.000125 s.
        #expect(read.clips.map { $0.segment?.start } == [1, 2])
        #expect(read.problems.contains { "\($0)".contains("holds no sample") }, "\(read.problems)")
    }

    @Test func foldListsNameFilesOrParts() throws {
        let (folder, read) = try corpus(
            "path,start,end,label\na.wav,0,1,sad\na.wav,1,2,joy\nsub/b.wav,0,1,sad\nsub/b.wav,1,2,joy\n")
        try folder.write("file,fold,start,end\na.wav,1,1,2\nb.wav,2,,\n", to: "folds.csv")
        let splits = try read.folds(try .lists(contentsOf: folder.path("folds.csv")), validation: 0, seed: 1)
        #expect(splits.map(\.test.indices) == [[1], [2, 3]])
        #expect(try read.folds(.lists([["a.wav#t=0,1"]]), validation: 0, seed: 1).map(\.test.indices) == [[0]])
    }
}
