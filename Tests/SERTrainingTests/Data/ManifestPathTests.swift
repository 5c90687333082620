// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERTestSupport
import SERTraining
import Testing

/// Manifests whose paths are not quite those of the files.
@Suite struct ManifestPathTests {
    private func folder(_ files: [String], _ table: String) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.wavs(files)
        try folder.write(table, to: "m/list.csv")
        return folder
    }

    private func read(_ folder: TemporaryFolder) throws -> Corpus { try Corpus.manifest(at: folder.path("m/list.csv")) }

    /// What is said of the one file that is not there.
    private func reason(_ files: [String], _ path: String) throws -> String {
        let folder = try folder(files + ["m/there.wav"], "path,label\nthere.wav,x\n\(path),y\n")
        guard case .unreadable(let file)? = try read(folder).problems.first else { return "none" }
        return file.reason.replacing(folder.url.standardizedFileURL.path, with: "FOLDER")
    }

    @Test func pathsOfWindowsAreRead() throws {
        let folder = try folder(["m/a.wav", "m/b.wav"], "path,label\n..\\m\\a.wav,x\n.\\b.wav,y\n")
        let corpus = try read(folder)
        #expect(corpus.clips.map(\.path.lastPathComponent) == ["a.wav", "b.wav"])
        #expect(corpus.problems == [.manifest(.windowsPaths(entries: 2))])
    }

    @Test func missingFilesAreToldWithTheNearestThatThereIs() throws {
        #expect(
            try reason(["m/sub/Angry1.WAV"], "sub/angry1.wav")
                == "there is no file FOLDER/m/sub/angry1.wav; there is FOLDER/m/sub/Angry1.WAV, with other capital letters "
                + "(line 3)")
        #expect(
            try reason(["m/data/gone.wav"], "audio/gone.wav")
                == "there is no file FOLDER/m/audio/gone.wav; a file of that name is FOLDER/m/data/gone.wav (line 3)")
        #expect(
            try reason(["m/clip_12.wav"], "clip_13.wav")
                == "there is no file FOLDER/m/clip_13.wav; FOLDER/m has 'clip_12.wav' (line 3)")
        let drive = try reason(["m/x/far.wav"], "C:\\sounds\\far.wav")
        #expect(drive.contains("a drive of Windows"))
        #expect(drive.hasSuffix("a file of that name is FOLDER/m/x/far.wav (line 3)"))
        #expect(try reason([], "nothing/like/it.wav").contains("FOLDER/m has nothing of a similar name"))
        #expect(try !reason([], "nothing/like/it.wav").contains("UTF-8"))
    }

    /// Where thousands are missing from a folder of thousands, comparing each name with each would take hours.
    @Test func manyMissingFilesCostNoMoreThanAFew() throws {
        let (there, missing) = (700, 300)
        let folder = try folder(["m/a.wav"], "")
        for index in 0..<there { try folder.write("", to: "m/there \(index).wav") }
        let names = (0..<missing).map { $0 % 100 == 99 ? "THERE \($0).WAV" : "there_\($0).wav" }
        try folder.write("path,label\na.wav,x\n" + names.map { "\($0),y\n" }.joined(), to: "m/list.csv")
        let reasons = try read(folder).problems.compactMap { problem in
            if case .unreadable(let file) = problem { file.reason } else { nil }
        }
        #expect(reasons.count == missing)
        // The first 100,000 comparisons are made, and other capital letters are found at any time.
        let told = reasons.indices.filter { reasons[$0].contains("'there \($0).wav'") }
        #expect(told.count > 100 && told.count < 150 && told.last == told.count, "\(told.count)")
        for index in [99, 199, 299] {
            #expect(reasons[index].contains("there \(index).wav, with other capital letters"))
        }
        #expect(reasons[298].hasSuffix("/m/there_298.wav (line 301)"))
    }

    @Test func allMissingIsAnErrorWithTheFullPath() throws {
        let folder = try folder([], "path,label\na.wav,x\n")
        do {
            _ = try read(folder)
            Issue.record("no error")
        } catch { #expect("\(error)".contains("there is no file \(folder.path("m/a.wav").standardizedFileURL.path)")) }
    }

    @Test func namesAreFoundInEitherFormOfUnicode() throws {
        let (composed, decomposed) = ("r\u{e9}.wav", "re\u{301}.wav")
        for (written, there) in [(composed, decomposed), (decomposed, composed)] {
            let folder = try folder(["m/\(there)"], "path,label\n\(written),x\n")
            let corpus = try read(folder)
            #expect(corpus.clips.count == 1 && FileManager.default.fileExists(atPath: corpus.clips[0].path.path))
            #expect(corpus.problems == [.manifest(.otherUnicodeForm(path: written, line: 2))])
        }
        // Two files where the file system tells the forms apart: both are read, and told.
        let folder = try folder(["m/\(composed)", "m/\(decomposed)"], "path,label\n\(composed),x\n\(decomposed),y\n")
        guard try FileManager.default.contentsOfDirectory(atPath: folder.path("m").path).count == 3 else { return }
        let corpus = try read(folder)
        #expect(corpus.clips.map(\.emotion) == ["x", "y"])
        #expect(
            corpus.problems == [
                .manifest(.twoUnicodeForms(path: composed, line: 2)),
                .manifest(.twoUnicodeForms(path: decomposed, line: 3)),
            ])
    }

    @Test func aClipOnTwoLinesCountsOnceUnlessTheyContradict() throws {
        func corpus(_ lines: String) throws -> Corpus {
            try read(try folder(["m/a.wav"], "path,label,speaker\n" + lines))
        }
        let twice = try corpus("a.wav,x,s\n./a.wav,x,\n")
        #expect(twice.clips.count == 1 && twice.problems == [.manifest(.listedTwice(path: "a.wav", lines: [2, 3]))])
        #expect(throws: CorpusError.self) { try corpus("a.wav,x,s\n./a.wav,y,s\n") }
        #expect(throws: CorpusError.self) { try corpus("a.wav,x,s\n./a.wav,x,t\n") }
    }

    /// A link is another name of the same file; lines that say other things of it are told as files with the same bytes are.
    @Test func linksOfOneFileThatSayTheSameCountOnce() throws {
        func corpus(_ lines: String) throws -> Corpus {
            let folder = try folder(["m/a.wav"], "path,label,speaker\na.wav,x,s\n" + lines)
            let file = folder.path("m/a.wav"), manager = FileManager.default
            try manager.createSymbolicLink(at: folder.path("m/soft.wav"), withDestinationURL: file)
            try manager.linkItem(at: file, to: folder.path("m/hard.wav"))
            return try read(folder)
        }
        let same = try corpus("soft.wav,x,s\nhard.wav,x,s\n")
        #expect(same.clips.map(\.path.lastPathComponent) == ["a.wav"])
        #expect(same.problems == [.manifest(.listedTwice(path: "a.wav", lines: [2, 3, 4]))])
        let other = try corpus("soft.wav,y,s\nhard.wav,x,t\n")
        #expect(other.clips.count == 3)
        #expect(other.problems == [.duplicates(paths: ["a.wav", "soft.wav", "hard.wav"], labels: ["x", "y"])])
    }

    @Test func labelsThatDifferInWritingOnlyAreTold() throws {
        func corpus(_ labels: [String]) throws -> Corpus {
            let names = labels.indices.map { "m/\($0).wav" }
            return try read(
                try folder(names, "path,label\n" + labels.enumerated().map { "\($0).wav,\($1)\n" }.joined()))
        }
        #expect(try corpus(["Angry", "angry", "sad"]).problems == [.similarLabels(["Angry", "angry"])])
        #expect(try corpus(["0", "0.0", "1"]).problems == [.similarLabels(["0", "0.0"])])
        #expect(try corpus(["pleasant_surprise", "pleasant surprise", "calm"]).problems.count == 1)
        #expect(try corpus(["angry", "anger", "1", "10"]).problems.isEmpty)
    }
}
