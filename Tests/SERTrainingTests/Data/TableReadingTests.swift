// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERTestSupport
import SERTraining
import Testing

/// Tables as spreadsheets and other programs write them.
@Suite struct TableReadingTests {
    private static let table = "path,label,speaker\nä.wav,wütend,Jörg\nb.wav,\"froh, sehr\",Ann\n"

    private func read(_ bytes: [UInt8], as name: String = "list.csv") throws -> Corpus {
        let folder = try TemporaryFolder()
        try folder.wavs(["\u{e4}.wav", "b.wav"])
        try Data(bytes).write(to: folder.path(name))
        return try Corpus(detecting: folder.path(name))
    }

    private func reason(_ bytes: [UInt8]) -> String? {
        do {
            _ = try read(bytes)
        } catch CorpusError.manifest(_, _, let reason) { return reason } catch {}
        return nil
    }

    private func check(_ corpus: Corpus, _ remarks: [ManifestRemark]) {
        #expect(corpus.clips.map(\.emotion) == ["wütend", "froh, sehr"])
        #expect(corpus.clips.map(\.speaker) == ["Jörg", "Ann"])
        #expect(corpus.problems == remarks.map(CorpusProblem.manifest))
    }

    @Test func whatIsTooLargeIsRefusedWhateverItsSize() throws {
        let folder = try TemporaryFolder()
        // Zeros that take no room on the disk.
        try folder.write("path,label\n", to: "list.csv")
        try #require(truncate(folder.path("list.csv").path, 1 << 40) == 0)
        let error = #expect(throws: CorpusError.self) { try Corpus(detecting: folder.path("list.csv")) }
        #expect(error?.description.contains("too large for a table") == true, "\(String(describing: error))")
    }

    @Test func encodingsAreTold() throws {
        let text = Self.table
        let units = Array(text.utf16)
        let low = units.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        let high = units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
        let latin = text.unicodeScalars.map { UInt8($0.value) }
        check(try read(Array(text.utf8)), [])
        check(try read([0xef, 0xbb, 0xbf] + Array(text.utf8)), [])
        check(try read([0xff, 0xfe] + low), [.encoding(.utf16LittleEndian)])
        check(try read([0xfe, 0xff] + high), [.encoding(.utf16BigEndian)])
        check(try read(low), [.encoding(.utf16LittleEndian)])
        check(try read(high), [.encoding(.utf16BigEndian)])
        check(try read(latin), [.encoding(.windows1252)])
        // Bytes that are neither, half a unit, and another encoding.
        #expect(reason(Array("path,label\nb.wav,".utf8) + [0x81, 10])?.contains("save the file as UTF-8") == true)
        #expect(reason([0xff, 0xfe] + low + [0])?.contains("UTF-16") == true)
        #expect(reason([0xff, 0xfe, 0, 0, 0x70, 0, 0, 0])?.contains("UTF-32") == true)
    }

    @Test(arguments: [ColumnSeparator.semicolon, .tab, .bar]) func separatorsAreTold(separator: ColumnSeparator) throws
    {
        let text = Self.table.replacing("\"froh, sehr\"", with: "froh_sehr").replacing(",", with: separator.rawValue)
            .replacing("froh_sehr", with: "froh, sehr")
        check(try read(Array(text.utf8)), [.separator(separator)])
        check(try read(Array("sep=\(separator.rawValue)\r\n\(text)".utf8), as: "list.tsv"), [.separator(separator)])
    }

    @Test func decimalCommasAreReadBesideSemicolons() throws {
        let folder = try TemporaryFolder()
        try folder.wav("a.wav")  // 20 ms
        try folder.write("path;start;end;label\na.wav;0;0,01;x\na.wav;0,01;0,02;y\n", to: "list.csv")
        #expect(try Corpus.manifest(at: folder.path("list.csv")).clips.compactMap(\.segment?.start) == [0, 0.01])
    }

    @Test func namesOfColumnsAreThoseThatOthersWrite() throws {
        for head in ["file,emotion", "Path,Emotions", "filename,label", "file_name,label", "wav,labels"] {
            #expect(try read(Array("\(head)\nb.wav,sad\n".utf8)).clips.map(\.emotion) == ["sad"], "\(head)")
        }
        // A data frame's index, as pandas writes it.
        #expect(try read(Array(",Emotions,Path\n0,sad,b.wav\n".utf8)).problems.isEmpty)
        #expect(reason(Array("name,mood\nb.wav,sad\n".utf8))?.contains("it names \"name\", \"mood\"") == true)
        #expect(reason(Array("name;mood\nb.wav;sad\n".utf8))?.contains("it names \"name\", \"mood\"") == true)
    }

    @Test func linesWithoutTextAndFieldsBehindTheLastAreNothing() throws {
        let corpus = try read(Array("path,label,speaker\nb.wav,sad,x,\n\n  \n,,\n".utf8))
        #expect(corpus.clips.count == 1 && corpus.problems == [.manifest(.trailingSeparators(lines: 1))])
        #expect(
            reason(Array("path,label\nb.wav,sad,x\n".utf8))?.contains("3 fields where the first line names 2") == true)
    }

    @Test func columnsThatWereNotReadAreTold() throws {
        let corpus = try read(Array("path,label,split,age,duration\nb.wav,sad,train,7,1\n".utf8))
        #expect(corpus.problems == [.manifest(.splitColumn("split")), .manifest(.columnsNotRead(["age"]))])
        #expect(corpus.problems.map(\.description)[0].contains("dealt to training and test anew"))
    }

    /// A column of few different values puts clips into groups; others, and those with a value for nearly each clip, do not.
    @Test func columnsOfFewValuesAreGroups() throws {
        let folder = try TemporaryFolder()
        var table = "path,label,sex,age,note,one\n"
        for index in 0..<14 {
            let file = folder.url.appendingPathComponent("\(index).wav")
            try AudioFile.write(
                AudioClip(samples: [Float](repeating: Float(index) / 20, count: 800), sampleRate: 8000), to: file)
            table +=
                "\(index).wav,sad,\(index % 2 == 0 ? "female" : "male"),\(index % 3 == 0 ? "" : "old"),n\(index),x\n"
        }
        let manifest = folder.url.appendingPathComponent("m.csv")
        try table.write(to: manifest, atomically: true, encoding: .utf8)
        let corpus = try Corpus.manifest(at: manifest)
        #expect(corpus.clips[0].groups == ["sex": "female"] && corpus.clips[1].groups == ["sex": "male"])
        #expect(corpus.problems.contains(.manifest(.columnsNotRead(["age", "note", "one"]))))
    }

    /// Capital letters make no other group, ages are grouped by decades, and clips of which nothing is known are counted.
    @Test func groupsAreFoldedAndBandedAndWhatIsMissingIsCounted() throws {
        let folder = try TemporaryFolder()
        var table = "path,label,sex,age,height\n"
        for index in 0..<40 {
            let file = folder.url.appendingPathComponent("\(index).wav")
            try AudioFile.write(
                AudioClip(samples: [Float](repeating: Float(index) / 50, count: 800), sampleRate: 8000), to: file)
            let sex = ["female", "Female", "male", "MALE", "", "female"][index % 6]
            table += "\(index).wav,sad,\(sex),\(index == 3 ? "" : "\(15 + 2 * index)"),\(150 + index)\n"
        }
        let manifest = folder.url.appendingPathComponent("m.csv")
        try table.write(to: manifest, atomically: true, encoding: .utf8)
        let corpus = try Corpus.manifest(at: manifest)
        #expect(corpus.clips[0].groups == ["sex": "female", "age": "0 to 19"])
        #expect(corpus.clips[1].groups == ["sex": "female", "age": "0 to 19"])
        // The commonest spelling, of equally common ones the first.
        #expect(corpus.clips[9].groups == ["sex": "male", "age": "30 to 39"])
        #expect(corpus.clips[3].groups == ["sex": "male"] && corpus.clips[4].groups == ["age": "20 to 29"])
        #expect(corpus.clips[39].groups["age"] == "80 and over")
        let told = corpus.problems
        #expect(told.contains(.manifest(.agesByDecades(column: "age"))))
        #expect(told.contains(.manifest(.spellings(column: "sex", [["Female", "female"], ["MALE", "male"]]))))
        #expect(told.contains(.manifest(.valuesMissing(column: "sex", lines: 6, of: 40))))
        #expect(told.contains(.manifest(.valuesMissing(column: "age", lines: 1, of: 40))))
        #expect(told.contains(.manifest(.columnsNotRead(["height"]))))
        #expect(told.allSatisfy { $0.concernsReading || "\($0)".contains("folder") })
    }

    /// A value that is no age costs its own clip its group, and no other.
    @Test func oddAgesAreToldAndTheOthersCount() throws {
        func corpus(_ ages: [String]) throws -> Corpus {
            let folder = try TemporaryFolder(), names = ages.indices.map { "\($0).wav" }
            try folder.wavs(names)
            try folder.write("path,label,age\n" + zip(names, ages).map { "\($0),sad,\($1)\n" }.joined(), to: "m.csv")
            return try Corpus.manifest(at: folder.path("m.csv"))
        }
        let odd = try corpus(["25", "48", "0x30", "unknown", "47.5", "131", "-3", "nan", "30", "52", "61", "18"])
        #expect(
            odd.clips.map { $0.groups["age"] ?? "none" } == [
                "20 to 29", "40 to 49", "none", "none", "40 to 49", "none", "none", "none", "30 to 39", "50 to 59",
                "60 to 69",
                "0 to 19",
            ])
        let told = ManifestRemark.noAges(column: "age", ["-3", "0x30", "131", "nan", "unknown"], lines: 5)
        #expect(odd.problems == [.manifest(.agesByDecades(column: "age")), .manifest(told)])
        #expect(told.description.contains("on 5 lines") && told.description.contains("'0x30'"), "\(told)")
        // Groups of ages that are written as words are groups as others are.
        #expect(
            try corpus(["teens", "fifties", "teens", "48"]).clips.map { $0.groups["age"] } == [
                "teens", "fifties", "teens", "48",
            ])
    }

    @Test func foldListsAreReadAsTablesAre() throws {
        let folder = try TemporaryFolder()
        let names = ["a.wav", "b, c.wav", "d \"e\".wav", "f.wav"]
        let clips = names.enumerated().map { index, name in
            Clip(
                path: folder.path(name), emotion: index % 2 == 0 ? "x" : "y", duration: 1, sampleRate: 8000,
                corpus: "made up")
        }
        let corpus = Corpus(name: "made up", clips: clips)
        let quoted = "a.wav,1\n\"b, c.wav\",10\n\"d \"\"e\"\".wav\",2\n"
        let turned = "\u{feff}fold,file\n10,\"b, c.wav\"\n1,a.wav\n2,\"d \"\"e\"\".wav\"\n"
        for text in ["file,fold\n" + quoted, quoted, turned] {
            try folder.write(text, to: "folds.csv")
            let splits = try corpus.folds(.lists(contentsOf: folder.path("folds.csv")), validation: 0, seed: 1)
            #expect(splits.map(\.test.indices) == [[0], [2], [1]], "\(text)")
        }
        try folder.write("file,fold\na.wav,1\n,2\n", to: "folds.csv")
        let table = folder.path("folds.csv")
        #expect(throws: CorpusError.manifest(table, line: 3, reason: "a file and its fold are needed")) {
            try Folds.lists(contentsOf: table)
        }
    }
}
