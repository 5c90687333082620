// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERTestSupport
import SERTraining
import Testing

@Suite struct ManifestTests {
    private func manifest(_ text: String, strict: Bool = false) throws -> Corpus {
        let folder = try TemporaryFolder()
        try folder.wavs(["a.wav", "sub/b.wav", "with, comma \"quoted\".wav"])
        try folder.write(text, to: "list.csv")
        return try Corpus.manifest(at: folder.path("list.csv"), strict: strict)
    }

    /// The line and reason of the error that a manifest meets.
    private func complaint(_ text: String) -> (line: Int, reason: String)? {
        do {
            _ = try manifest(text)
        } catch CorpusError.manifest(_, let line, let reason) {
            return (line, reason)
        } catch {}
        return nil
    }

    @Test func columnsComeInAnyOrder() throws {
        let corpus = try manifest(
            "label,Sentence,path,speaker,mood,corpus\nsad,s1,a.wav,Ann,x,mine\njoy,,sub/b.wav,,,\n")
        #expect(corpus.clips.map(\.emotion) == ["sad", "joy"])
        #expect(corpus.clips.map(\.speaker) == ["Ann", nil])
        #expect(corpus.clips.map(\.sentence) == ["s1", nil])
        #expect(corpus.clips.map(\.corpus) == ["mine", "list"])
        #expect(corpus.clips.map(\.sampleRate) == [8000, 8000])
        #expect(corpus.labels == ["joy", "sad"])
    }

    /// What a terminal would take for a command, or would not show.
    @Test(arguments: ["\u{1b}[31m", "\0", "\u{7f}", "\u{9b}"]) func namesHoldWhatCanBeSeen(control: String) {
        let label = complaint("path,label\na.wav,x\nsub/b.wav,\(control)sad\n")
        #expect(
            label?.line == 3 && label?.reason.contains("the label of sub/b.wav") == true, "\(String(describing: label))"
        )
        #expect(complaint("path,label,speaker\na.wav,x,A\(control)\n")?.reason.contains("the speaker of") == true)
    }

    @Test(arguments: ["", " ", "\t", "\u{a0}", "\u{3000} ", "\"  \""]) func blankLabelsAreMissing(label: String) {
        let told = complaint("path,label\na.wav,x\nsub/b.wav,\(label)\n")
        #expect(told?.line == 3 && told?.reason == "the label of sub/b.wav is missing", "\(String(describing: told))")
        let path = complaint("path,label\na.wav,x\n\(label),y\n")
        #expect(path?.line == 3 && path?.reason == "the path is missing", "\(String(describing: path))")
    }

    /// However often a clip is listed, the remark is a sentence.
    @Test func remarksStayShort() throws {
        let text = "path,label\n" + String(repeating: "a.wav,x\n", count: 3000)
        let problems = try manifest(text).problems
        #expect(problems.count == 1 && problems[0].description.utf8.count < 300, "\(problems)")
        #expect(problems[0].description.contains("2, 3, 4") && problems[0].description.contains("and 2980 more"))
    }

    @Test func namesArePlausiblyLong() {
        let long = String(repeating: "x", count: 201), path = String(repeating: "y", count: 5000)
        #expect(
            complaint("path,label\na.wav,x\nsub/b.wav,\(long)\n")?.reason
                == "the label of sub/b.wav is 201 bytes long; it can have 200")
        #expect(complaint("path,label\n\(path),x\n")?.reason == "the path is 5000 bytes long; it can have 4096")
        #expect(complaint("path,label\n\(path),x\n")?.line == 2)
    }

    @Test func manyColumnsTakeNoLongerThanTheirNumber() throws {
        let names = (0..<50_000).map { "c\($0)" }
        let text =
            "path,label," + names.joined(separator: ",") + "\na.wav,sad," + String(repeating: ",", count: 49_999) + "\n"
        let corpus = try manifest(text)
        #expect(corpus.clips.count == 1 && "\(corpus.problems)".contains("and 49980 more"))
    }

    @Test(arguments: ["\n", "\r\n", "\r"]) func lineEndsMarksAndQuotes(end: String) throws {
        let lines = ["\u{feff}path,label", "\"with, comma \"\"quoted\"\".wav\",\"a\(end)b\"", "", "a.wav,x"]
        let corpus = try manifest(lines.joined(separator: end))
        #expect(corpus.clips.map(\.path.lastPathComponent) == ["with, comma \"quoted\".wav", "a.wav"])
        #expect(corpus.clips.map(\.emotion) == ["a\(end)b", "x"])
    }

    @Test func tablesAreReadBack() throws {
        let folder = try TemporaryFolder()
        try folder.wavs(["OAF_sad/OAF_back_sad.wav", "YAF_fear/YAF_back_fear.wav"])
        let corpus = try Corpus.tess(at: folder.url)
        try folder.write(corpus.table.csv(), to: "table.csv")
        let again = try Corpus.manifest(at: folder.path("table.csv"))
        #expect(again.clips == corpus.clips)
        #expect(again.name == "TESS")
    }

    @Test func errorsNameTheLine() {
        #expect(complaint("")?.line == 1)
        #expect(complaint("a.wav,sad\n")?.reason.contains("path,label") == true)
        #expect(complaint("path,label\n")?.reason.contains("no files") == true)
        #expect(complaint("path,label,path\na.wav,x,y\n")?.reason.contains("twice") == true)
        #expect(complaint("path,label\na.wav,x\nsub/b.wav\n")?.line == 3)
        #expect(complaint("path,label\r\na.wav,\"x\r\ny\"\r\nsub/b.wav,\r\n")?.line == 4)
        #expect(complaint("path,label\n,x\n")?.reason.contains("path is missing") == true)
        #expect(complaint("path,label\na.wav,x\n\"a.wav,x\nmore")?.line == 3)
        #expect(complaint("path,label\na.wav,x\"y\n")?.line == 2)
        #expect(complaint("path,label\na.wav,\"x\"y\n")?.line == 2)
        #expect(complaint("path,label\na.wav,x\nb.wav,y\na.wav,y\n")?.line == 4)
    }

    @Test func textThatIsNotUTF8IsRefused() throws {
        let folder = try TemporaryFolder()
        try Data(Array("path,label\na.wav,".utf8) + [0xff, 0xfe, 10]).write(to: folder.path("list.csv"))
        do {
            _ = try Corpus.manifest(at: folder.path("list.csv"))
            Issue.record("no error")
        } catch {
            guard case .manifest(_, 2, let reason) = error else {
                Issue.record("another error: \(error)")
                return
            }
            #expect(reason.contains("UTF-8"))
        }
    }

    @Test func missingFilesAreListedWithTheirLines() throws {
        let corpus = try manifest("path,label\na.wav,x\ngone.wav,y\n")
        #expect(corpus.clips.count == 1)
        guard case .unreadable(let file) = corpus.problems.first else {
            Issue.record("no problem listed")
            return
        }
        #expect(file.path == "gone.wav" && file.reason.contains("line 3"))
        #expect(throws: CorpusError.self) { try manifest("path,label\na.wav,x\ngone.wav,y\n", strict: true) }
        #expect(throws: CorpusError.self) { try manifest("path,label\ngone.wav,y\n") }
    }

    @Test func aFileListedTwiceCountsOnce() throws {
        let corpus = try manifest("path,label\na.wav,x\nsub/b.wav,y\na.wav,x\n")
        #expect(corpus.clips.map(\.path.lastPathComponent) == ["a.wav", "b.wav"])
        #expect(corpus.problems.count == 1)
    }

    @Test func missingManifestsAreNamed() {
        let url = URL(fileURLWithPath: "/nowhere/list.csv")
        #expect(throws: CorpusError.notFound(url)) { try Corpus.manifest(at: url) }
    }
}
