// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERTestSupport
import SERTraining
import Testing

/// Corpora that are taken together, and clips that are left out of them or have other labels.
@Suite struct ChosenClipsTests {
    /// A corpus of files with the given sounds, a folder for each label.
    private func corpus(_ sounds: [String: String], named name: String, in folder: TemporaryFolder) throws -> Corpus {
        for (file, sound) in sounds { try folder.wav("\(name)/\(file)", tone: sound) }
        return try .folders(at: folder.path(name))
    }

    @Test func oneSoundUnderTwoLabelsIsToldAcrossCorpora() throws {
        let folder = try TemporaryFolder()
        let one = try corpus(["sad/a.wav": "1", "happy/b.wav": "2", "sad/c.wav": "3"], named: "one", in: folder)
        let two = try corpus(["happy/x.wav": "1", "happy/y.wav": "2", "sad/z.wav": "4"], named: "two", in: folder)
        #expect(one.problems.isEmpty && two.problems.isEmpty)
        let names = ["one/sad/a.wav", "two/happy/x.wav"].map { folder.path($0).standardizedFileURL.path }
        for labels in [Corpus.JoinedLabels.all, .shared] {
            let joined = try Corpus.joined([one, two], labels: labels)
            guard case .duplicates(let paths, ["happy", "sad"])? = joined.problems.first else {
                Issue.record("\(joined.problems)")
                continue
            }
            #expect(joined.problems.count == 1 && joined.problems[0].concernsReading)
            #expect(paths.map { URL(fileURLWithPath: $0).standardizedFileURL.path } == names)
        }
        // With one of the two labels in the place of the other, nothing contradicts.
        let mapped = try Corpus.joined(
            [one.relabelled(["sad": "happy"]), two.relabelled(["sad": "happy"])], labels: .all)
        #expect(!mapped.problems.contains { $0.concernsReading }, "\(mapped.problems)")
    }

    /// What somebody has mended by leaving clips out, or naming them otherwise, is no longer told.
    @Test func problemsGoWithTheClipsThatTheyWereOf() throws {
        let folder = try TemporaryFolder()
        let corpus = try corpus(["sad/a.wav": "1", "happy/b.wav": "1", "Sad/c.wav": "3"], named: "one", in: folder)
        let twice = CorpusProblem.duplicates(paths: ["happy/b.wav", "sad/a.wav"], labels: ["happy", "sad"])
        #expect(corpus.problems == [twice, .similarLabels(["Sad", "sad"])])
        #expect(try corpus.leavingOut(["happy/b.wav"]).problems == [.similarLabels(["Sad", "sad"])])
        #expect(try corpus.relabelled(["Sad": "sad"]).problems == [twice])
        let alike = CorpusProblem.duplicates(paths: ["happy/b.wav", "sad/a.wav"], labels: ["sad"])
        #expect(try corpus.relabelled(["Sad": "sad", "happy": "sad"]).problems == [alike])
        #expect(corpus.filtered { $0.emotion == "Sad" }.problems.isEmpty)
    }

    @Test(arguments: [
        "a.wav", "./a.wav", "sad/a.wav", "./sad/a.wav", "../sad/a.wav", "sad/./a.wav", "happy/../sad/a.wav",
    ])
    func listsNameFilesInManyWays(_ name: String) throws {
        let folder = try TemporaryFolder()
        let corpus = try corpus(["sad/a.wav": "1", "happy/b.wav": "2"], named: "one", in: folder)
        #expect(try corpus.leavingOut([name]).clips.map(\.path.lastPathComponent) == ["b.wav"])
        let whole = folder.path("one/" + name).path
        if name.contains("sad"), !name.hasPrefix("../") {
            #expect(try corpus.leavingOut([whole]).clips.map(\.path.lastPathComponent) == ["b.wav"], "\(whole)")
        }
    }

    @Test func listsNameFilesThroughLinks() throws {
        let folder = try TemporaryFolder()
        let corpus = try corpus(["sad/a.wav": "1", "happy/b.wav": "2"], named: "one", in: folder)
        try FileManager.default.createSymbolicLink(at: folder.path("link"), withDestinationURL: folder.path("one"))
        let left = try corpus.leavingOut([folder.path("link/sad/a.wav").path])
        #expect(left.clips.map(\.path.lastPathComponent) == ["b.wav"])
    }

    @Test func allMissingFilesAreToldAtOnceAndShortly() throws {
        let corpus = madeUpCorpus(["a": 4, "b": 4]), missing = (0..<5000).map { "gone-\($0).wav" }
        let error = #expect(throws: SplitError.listedFiles(missing)) { try corpus.leavingOut(["a-0.wav"] + missing) }
        let text = error?.description ?? ""
        #expect(text.hasPrefix("5000 files") && text.contains("gone-4.wav and 4995 more") && text.utf8.count < 300)
        #expect(throws: SplitError.listedFiles(missing)) { try corpus.folds(.lists([missing, ["a-0.wav"]]), seed: 1) }
    }

    /// A list that somebody published names clips that somebody else leaves out: they are in no fold.
    @Test func foldsMayListWhatWasLeftOut() throws {
        let corpus = madeUpCorpus(["a": 6, "b": 6, "c": 2])
        let left = try corpus.leavingOut(["a-0.wav"]).leavingOut(labels: ["c"])
        let lists = Folds.lists([["a-0.wav", "a-1.wav", "c-0.wav"], ["b-0.wav"]])
        let splits = try left.folds(lists, seed: 1)
        #expect(splits.map { $0.test.clips.map(\.path.lastPathComponent) } == [["a-1.wav"], ["b-0.wav"]])
        #expect(splits[0].train.count + splits[0].validation.count == 10)
        #expect(throws: SplitError.listedFile("a-9.wav", found: 0)) {
            try left.folds(.lists([["a-1.wav"], ["a-9.wav"]]), seed: 1)
        }
        // A second list may name it, too.
        #expect(try left.leavingOut(["a-0.wav", "a-1.wav"]).clips.count == 10)
    }

    /// One rule for names, wherever they come from.
    @Test(arguments: ["", " ", "a\u{7}b", String(repeating: "x", count: 201)]) func labelsHaveNames(_ name: String)
        throws
    {
        let corpus = madeUpCorpus(["a": 2, "b": 2])
        let error = #expect(throws: SplitError.self) { try corpus.relabelled(["a": name]) }
        guard case .labelName(name, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try corpus.relabelled(["a": String(repeating: "x", count: 200)]).labels.count == 2)
    }

    @Test func foldersWhoseNamesAreNoLabelsAreLeftOutAndTold() throws {
        let folder = try TemporaryFolder()
        let corpus = try corpus(
            ["sad/a.wav": "1", "a\u{1b}b/b.wav": "2", "happy/c.wav": "3"], named: "one", in: folder)
        #expect(corpus.labels == ["happy", "sad"])
        guard case .unexpectedName(_, let reason)? = corpus.problems.first else {
            Issue.record("\(corpus.problems)")
            return
        }
        #expect(reason.contains("none to be seen"), "\(reason)")
    }
}
