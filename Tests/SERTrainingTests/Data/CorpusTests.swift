// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERTestSupport
import SERTraining
import Testing

@Suite struct CorpusLayoutTests {
    @Test func tessReadsFileNamesAndTrustsThemOverFolders() throws {
        let folder = try TemporaryFolder()
        try folder.wavs([
            "OAF_angry/OAF_back_angry.wav", "OAF_Fear/OAF_back_fear.wav", "YAF_pleasant_surprised/YAF_back_ps.wav",
            "OAF_neutral/OA_bite_neutral.wav", "YAF_sad/YAF_dog_happy.wav",
        ])
        let corpus = try Corpus.tess(at: folder.url)
        #expect(corpus.name == "TESS")
        #expect(!corpus.isSynthetic)
        #expect(corpus.labels == ["angry", "fear", "happy", "neutral", "surprise"])
        #expect(corpus.clips.map(\.emotion) == ["fear", "angry", "neutral", "surprise", "happy"])
        #expect(corpus.clips.map(\.speaker) == ["OAF", "OAF", "OAF", "YAF", "YAF"])
        #expect(corpus.clips.map(\.sentence) == ["back", "back", "bite", "back", "dog"])
        #expect(corpus.clips.allSatisfy { $0.duration == 0.02 && $0.sampleRate == 8000 && $0.channels == 1 })
        let remarks = corpus.problems.compactMap { problem in
            if case .unexpectedName(let path, _) = problem { path } else { nil }
        }
        #expect(remarks == ["OAF_neutral/OA_bite_neutral.wav", "YAF_sad/YAF_dog_happy.wav"])
    }

    @Test func tessCountsAgainstWhatItShouldHold() throws {
        let folder = try TemporaryFolder()
        try folder.wavs(["OAF_angry/OAF_back_angry.wav", "OAF_sad/OAF_back_sad.wav", "OAF_sad/OAF_dog_sad.wav"])
        let corpus = try Corpus.tess(at: folder.url)
        let counts = corpus.counts
        #expect(counts.emotions == ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"])
        #expect(counts.speakers == ["OAF", "YAF"])
        #expect(counts.found[0] == [1, 0] && counts.found[5] == [2, 0])
        #expect(counts.totals == [1, 0, 0, 0, 0, 2, 0])
        #expect(counts.expected.allSatisfy { $0 == [200, 200] })
        #expect(counts.expectedTotals.allSatisfy { $0 == 400 })
        #expect(
            corpus.problems.contains(
                .count(speaker: "YAF", emotion: nil, expected: 1400, found: 0, missing: [])))
        #expect(
            corpus.problems.contains(
                .count(speaker: "OAF", emotion: "sad", expected: 200, found: 2, missing: [])))
    }

    @Test func emodb() throws {
        let folder = try TemporaryFolder()
        try folder.wavs([
            "wav/03a01Fa.wav", "wav/03a01Nc.wav", "wav/08b10Wa.wav", "wav/16a07Lb.wav", "wav/16a07Ea.wav",
            "wav/16a07Aa.wav", "wav/16a07Ta.wav", "wav/nonsense.wav",
        ])
        let corpus = try Corpus.emodb(at: folder.url)
        #expect(corpus.clips.map(\.emotion) == ["happy", "neutral", "angry", "fear", "disgust", "boredom", "sad"])
        #expect(corpus.speakers == ["03", "08", "16"])
        #expect(corpus.clips.map(\.sentence) == ["a01", "a01", "b10", "a07", "a07", "a07", "a07"])
        #expect(corpus.counts.expectedTotals.compactMap { $0 }.reduce(0, +) == 535)
        #expect(corpus.problems.contains { $0.description.contains("wav/nonsense.wav") })
    }

    @Test func ravdessPassesSongsOver() throws {
        let folder = try TemporaryFolder()
        try folder.wavs(
            (1...8).map { "Actor_12/03-01-0\($0)-01-02-01-12.wav" } + ["Actor_12/03-02-03-01-02-01-12.wav"])
        let corpus = try Corpus.ravdess(at: folder.url)
        #expect(
            corpus.clips.map(\.emotion)
                == ["neutral", "calm", "happy", "sad", "angry", "fear", "disgust", "surprise"])
        #expect(corpus.speakers == ["12"])
        #expect(corpus.clips.allSatisfy { $0.sentence == "02" })
        #expect(corpus.problems.contains { $0.description.contains("03-02-03-01-02-01-12.wav") })
        #expect(corpus.counts.expectedTotals.compactMap { $0 }.reduce(0, +) == 1440)
    }

    @Test func cremad() throws {
        let folder = try TemporaryFolder()
        try folder.wavs([
            "AudioWAV/1001_DFA_ANG_XX.wav", "AudioWAV/1001_IEO_DIS_HI.wav", "AudioWAV/1091_IEO_FEA_LO.wav",
            "AudioWAV/1091_IEO_HAP_MD.wav", "AudioWAV/1091_WSI_NEU_XX.wav", "AudioWAV/1040_ITH_SAD_X.wav",
        ])
        let corpus = try Corpus.cremad(at: folder.url)
        #expect(corpus.clips.map(\.emotion) == ["angry", "disgust", "sad", "fear", "happy", "neutral"])
        #expect(corpus.speakers == ["1001", "1040", "1091"])
        #expect(corpus.clips.map(\.sentence) == ["DFA", "IEO", "ITH", "IEO", "IEO", "WSI"])
        #expect(corpus.counts.expectedTotals.compactMap { $0 }.reduce(0, +) == 7442)
    }

    @Test(arguments: [true, false]) func savee(inFolders: Bool) throws {
        let folder = try TemporaryFolder()
        let codes = ["a01", "d02", "f03", "h04", "n30", "sa05", "su15"]
        try folder.wavs(codes.map { inFolders ? "AudioData/JE/\($0).wav" : "ALL/JE_\($0).wav" })
        let corpus = try Corpus.savee(at: folder.url)
        #expect(
            corpus.clips.map(\.emotion) == ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"])
        #expect(corpus.speakers == ["JE"])
        #expect(corpus.clips.map(\.sentence) == codes)
        #expect(corpus.counts.expectedTotals.compactMap { $0 }.reduce(0, +) == 480)
    }

    @Test func foldersTakeTheirNamesAsLabels() throws {
        let folder = try TemporaryFolder()
        try folder.wavs(["all/Joy/a.wav", "all/Joy/deep/b.wav", "all/calm-ish/c.wav"])
        let corpus = try Corpus.folders(at: folder.url)
        #expect(corpus.labels == ["Joy", "calm-ish"])
        #expect(corpus.clips.map(\.emotion) == ["Joy", "Joy", "calm-ish"])
        #expect(corpus.name == folder.url.lastPathComponent)

        let one = try TemporaryFolder()
        try one.wavs(["angry/a.wav", "angry/b.wav"])
        #expect(try Corpus.folders(at: one.url).labels == ["angry"])
        #expect(try Corpus(detecting: one.url).labels == ["angry"])
    }

    @Test(arguments: [
        ("TESS", "OAF_sad/OAF_back_sad.wav"), ("EMO-DB", "03a01Fa.wav"), ("RAVDESS", "03-01-06-01-02-01-12.wav"),
        ("CREMA-D", "1001_DFA_ANG_XX.wav"), ("SAVEE", "DC_a01.wav"), ("SAVEE", "KL/su01.wav"),
    ]) func layoutsAreDetected(name: String, file: String) throws {
        let folder = try TemporaryFolder()
        try folder.wav(file)
        #expect(try Corpus(detecting: folder.url).name == name)
    }

    @Test func foldersAndManifestsAreDetected() throws {
        let folder = try TemporaryFolder()
        try folder.wavs(["happy/1.wav", "happy/2.wav", "Sadness/1.wav"])
        #expect(try Corpus(detecting: folder.url).labels == ["Sadness", "happy"])

        let listed = try TemporaryFolder()
        try listed.wav("x/1.wav")
        try listed.write("path,label\nx/1.wav,good\n", to: "list.csv")
        #expect(try Corpus(detecting: listed.url).labels == ["good"])
        #expect(try Corpus(detecting: listed.path("list.csv")).labels == ["good"])
    }
}

@Suite struct CorpusTroubleTests {
    private func failure(_ body: () throws -> Void) -> CorpusError? {
        do { try body() } catch let error as CorpusError { return error } catch {}
        return nil
    }

    @Test func foldersWithoutACorpusAreExplained() throws {
        let folder = try TemporaryFolder()
        #expect(failure { _ = try Corpus.tess(at: folder.url) } == .noAudio(folder.url, files: 0))
        #expect(failure { _ = try Corpus(detecting: folder.url) } == .noAudio(folder.url, files: 0))
        try folder.write("hello", to: "note.txt")
        #expect(failure { _ = try Corpus.folders(at: folder.url) } == .noAudio(folder.url, files: 1))
        let absent = folder.path("absent")
        #expect(failure { _ = try Corpus(detecting: absent) } == .notFound(absent))
        let file = folder.path("note.txt")
        #expect(failure { _ = try Corpus.tess(at: file) } == .notAFolder(file))
    }

    @Test func unknownLayoutsListWhatWasTried() throws {
        let folder = try TemporaryFolder()
        try folder.wavs(["a/one.wav", "b/two.wav"])
        guard case .unknownLayout(_, let count, let tried) = failure({ _ = try Corpus(detecting: folder.url) }) else {
            Issue.record("no unknownLayout")
            return
        }
        #expect(count == 2)
        #expect(tried.map(\.layout) == ["TESS", "EMO-DB", "RAVDESS", "CREMA-D", "SAVEE", "folders"])
        let message = failure { _ = try Corpus(detecting: folder.url) }?.description ?? ""
        for example in ["OAF_back_angry.wav", "03a01Fa.wav", "1001_DFA_ANG_XX.wav", "path,label"] {
            #expect(message.contains(example))
        }
        guard case .nothingRecognised(_, "TESS", _, let examples) = failure({ _ = try Corpus.tess(at: folder.url) })
        else {
            Issue.record("no nothingRecognised")
            return
        }
        #expect(examples == ["a/one.wav", "b/two.wav"])
    }

    @Test func unreadableFilesAreListedOrRefused() throws {
        let folder = try TemporaryFolder()
        try folder.wavs(["happy/1.wav", "sad/1.wav"])
        try folder.write("", to: "sad/empty.wav")
        try folder.write("this is text", to: "sad/text.wav")
        try FileManager.default.createSymbolicLink(
            at: folder.path("sad/nothing.wav"), withDestinationURL: folder.path("gone.wav"))
        #expect(mkfifo(folder.path("sad/pipe.wav").path, 0o600) == 0)
        let corpus = try Corpus.folders(at: folder.url)
        #expect(corpus.clips.count == 2)
        let unreadable = corpus.problems.compactMap { problem in
            if case .unreadable(let file) = problem { file.path } else { nil }
        }
        #expect(unreadable == ["sad/empty.wav", "sad/nothing.wav", "sad/pipe.wav", "sad/text.wav"])
        guard case .unreadable(let files) = failure({ _ = try Corpus.folders(at: folder.url, strict: true) }) else {
            Issue.record("no unreadable")
            return
        }
        #expect(files.map(\.path) == unreadable)
    }

    @Test func aNameThatIsNotUTF8IsListed() throws {
        let folder = try TemporaryFolder()
        try folder.wav("happy/1.wav")
        let path = Array(folder.path("happy/").path.utf8) + [0x2f, 0xff] + Array(".wav".utf8) + [0]
        let file = path.withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { $0.baseAddress.flatMap { fopen($0, "w") } }
        }
        guard let file else { return }  // file systems that refuse such names
        fclose(file)
        let corpus = try Corpus.folders(at: folder.url)
        #expect(corpus.clips.count == 1)
        #expect(corpus.problems.count == 1)
        #expect(corpus.problems.first?.description.contains("UTF-8") == true)
    }

    @Test func aCorpusOfRubbishIsRefused() throws {
        let folder = try TemporaryFolder()
        try folder.write("text", to: "happy/a.wav")
        guard case .nothingReadable(_, let files) = failure({ _ = try Corpus.folders(at: folder.url) })
        else {
            Issue.record("no nothingReadable")
            return
        }
        #expect(files.map(\.path) == ["happy/a.wav"] && !files[0].reason.contains(folder.url.path))
    }

    @Test func hiddenFilesAndLoopsOfLinksAreSurvived() throws {
        let folder = try TemporaryFolder()
        try folder.wavs(["happy/1.wav", "happy/._1.wav", "happy/.hidden.wav", ".cache/sad/2.wav"])
        let manager = FileManager.default
        try manager.createSymbolicLink(at: folder.path("happy/loop"), withDestinationURL: folder.url)
        try manager.createSymbolicLink(at: folder.path("again"), withDestinationURL: folder.path("happy"))
        let corpus = try Corpus.folders(at: folder.url)
        #expect(corpus.clips.map(\.path.lastPathComponent) == ["1.wav"])
        #expect(corpus.labels == ["happy"])
    }

    /// Such as `/proc/self/root`, by which the whole file system was searched.
    @Test func aLinkToAFolderAboveIsNotFollowedAndTold() throws {
        let folder = try TemporaryFolder()
        try folder.wavs(["mine/happy/1.wav", "mine/sad/2.wav", "other/sad/3.wav"])
        for (name, target) in [("mine/up", folder.url), ("mine/sad/root", URL(fileURLWithPath: "/"))] {
            try FileManager.default.createSymbolicLink(at: folder.path(name), withDestinationURL: target)
        }
        let corpus = try Corpus.folders(at: folder.path("mine"))
        #expect(corpus.clips.map(\.path.lastPathComponent) == ["1.wav", "2.wav"])
        let told = corpus.problems.compactMap { problem -> UnreadableFile? in
            if case .unreadable(let file) = problem { file } else { nil }
        }
        #expect(told.map(\.path) == ["sad/root", "up"] || told.map(\.path) == ["up", "sad/root"])
        #expect(told.allSatisfy { $0.reason.contains("is not followed") })
    }

    /// A folder whose name is not UTF-8 cannot be found under the name that is shown: it is told, and not passed over.
    @Test func namesThatAreNoTextAreTold() throws {
        let folder = try TemporaryFolder()
        try folder.wavs(["happy/1.wav", "sad/2.wav"])
        let bytes = Array(folder.path("gl").path.utf8) + [0xfc, 0]
        // Other systems allow no such names.
        let made = bytes.map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { name in
            name.baseAddress.map { mkdir($0, 0o755) }
        }
        guard made == 0 else { return }
        let corpus = try Corpus.folders(at: folder.url)
        let told = corpus.problems.compactMap { problem -> UnreadableFile? in
            if case .unreadable(let file) = problem { file } else { nil }
        }
        #expect(told.count == 1 && told.first?.reason.contains("convmv -f latin1 -t utf8") == true, "\(told)")
        #expect(CorpusError.notFound(folder.path("gl\u{fffd}")).description.contains("convmv"))
    }

    @Test func aLinkedFolderIsRead() throws {
        let elsewhere = try TemporaryFolder(), folder = try TemporaryFolder()
        try elsewhere.wav("1.wav")
        try folder.wav("sad/2.wav")
        try FileManager.default.createSymbolicLink(at: folder.path("happy"), withDestinationURL: elsewhere.url)
        #expect(try Corpus.folders(at: folder.url).clips.map(\.emotion) == ["happy", "sad"])
    }

    @Test func aNestedTreeCountsOnce() throws {
        let folder = try TemporaryFolder()
        let names = ["OAF_sad/OAF_back_sad.wav", "OAF_sad/OAF_dog_sad.wav", "YAF_fear/YAF_dog_fear.wav"]
        for name in names {
            try folder.wav("TESS data/" + name, tone: name)
            try folder.wav("TESS data/TESS data/" + name, tone: name)
        }
        let corpus = try Corpus.tess(at: folder.url)
        #expect(corpus.clips.count == 3)
        #expect(corpus.clips.allSatisfy { !$0.path.path.contains("TESS data/TESS data") })
        #expect(corpus.problems.contains(.nestedCopy(folder: "TESS data/TESS data", of: "TESS data", files: 3)))
    }

    @Test func renamedCopiesAreListedAndKept() throws {
        let folder = try TemporaryFolder()
        try folder.wav("happy/1.wav", tone: "x")
        try folder.wav("happy/2.wav", tone: "x")
        try folder.wav("sad/1.wav", tone: "x")
        try folder.wav("sad/3.wav")
        let corpus = try Corpus.folders(at: folder.url)
        #expect(corpus.clips.count == 4)
        #expect(
            corpus.problems == [
                .duplicates(paths: ["happy/1.wav", "happy/2.wav", "sad/1.wav"], labels: ["happy", "sad"])
            ])
    }

    @Test func aiffUnderAWavNameIsRead() throws {
        // A whole AIFF file: FORM, AIFF, COMM (1 channel, 4 frames, 16 bits, 8000 Hz as an 80-bit float), SSND.
        let bytes: [UInt8] =
            Array("FORM".utf8) + [0, 0, 0, 54] + Array("AIFFCOMM".utf8)
            + [0, 0, 0, 18, 0, 1, 0, 0, 0, 4, 0, 16, 0x40, 0x0b, 0xfa, 0, 0, 0, 0, 0, 0, 0] + Array("SSND".utf8)
            + [0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 3, 0, 4]
        let folder = try TemporaryFolder()
        try Data(bytes).write(to: folder.makeFolder(of: "YAF_fear/YAF_neat_fear.wav"))
        let clip = try #require(try Corpus.tess(at: folder.url).clips.first)
        #expect(clip.sampleRate == 8000)
        #expect(clip.duration == 4.0 / 8000)
    }

    @Test func orderDoesNotDependOnThreads() throws {
        let folder = try TemporaryFolder()
        try folder.wavs((0..<50).map { "happy/\($0).wav" })
        let first = try Corpus.folders(at: folder.url)
        #expect(first.clips.map(\.path.path) == first.clips.map(\.path.path).sorted())
        #expect(try Corpus.folders(at: folder.url) == first)
    }
}

@Suite struct CorpusTableTests {
    @Test func columnsAreCountedAndSummarised() throws {
        let clips = [
            Clip(
                path: URL(fileURLWithPath: "/x/a,b.wav"), emotion: "sad", speaker: "A", duration: 1.5,
                sampleRate: 16000, corpus: "mine"),
            Clip(
                path: URL(fileURLWithPath: "/x/c.wav"), emotion: "say \"so\"", duration: 2, sampleRate: 16000,
                channels: 2, corpus: "mine"),
        ]
        let table = Corpus(name: "mine", clips: clips).table
        #expect(
            table.csv() == """
                path,emotion,speaker,sentence,duration,rate,channels,corpus\r
                "/x/a,b.wav",sad,A,,1.5,16000,1,mine\r
                /x/c.wav,"say ""so""\",,,2,16000,2,mine\r

                """)
        let summary = table.columnSummary
        #expect(summary.map(\.name) == table.columns)
        #expect(summary.map(\.missing) == [0, 0, 1, 2, 0, 0, 0, 0])
        #expect(summary.map(\.count) == [2, 2, 1, 0, 2, 2, 2, 2])
        #expect(summary.map(\.distinct) == [2, 2, 1, 0, 2, 1, 2, 1])
        #expect(summary.map(\.type) == [.text, .text, .text, .text, .seconds, .hertz, .integer, .text])
    }

    @Test func filteringKeepsTheNameAndDropsLabels() {
        let corpus = madeUpCorpus(["a": 4, "b": 4]).filtered { $0.emotion == "a" }
        #expect(corpus.labels == ["a"])
        #expect(corpus.clips.count == 4)
        #expect(corpus.name == "made up")
    }

    @Test func digestsTellBytesApart() throws {
        let bytes = (0..<100).map { UInt8($0) }
        var seen: Set<ContentDigest> = []
        for length in 0...100 { seen.insert(ContentDigest(of: bytes.prefix(length))) }
        for place in 0..<100 {
            var changed = bytes
            changed[place] ^= 1
            seen.insert(ContentDigest(of: changed))
        }
        seen.insert(ContentDigest(of: [0]))
        seen.insert(ContentDigest(of: [0, 0]))
        #expect(seen.count == 101 + 100 + 1)  // [0] is the prefix of length 1
        let digest = ContentDigest(of: bytes)
        let decoded = try JSONDecoder().decode(ContentDigest.self, from: JSONEncoder().encode(digest))
        #expect(decoded == digest)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(ContentDigest.self, from: Data("\"12\"".utf8))
        }
    }
}
