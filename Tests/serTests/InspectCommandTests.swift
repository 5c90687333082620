// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite struct InspectCommandTests {
    /// Two speakers say one word in two emotions, as TESS names its files.
    private func tess(in folder: URL) throws {
        for name in [
            "OAF_angry/OAF_back_angry", "OAF_sad/OAF_back_sad", "YAF_angry/YAF_back_angry", "YAF_sad/YAF_back_ps",
        ] {
            let file = folder.appendingPathComponent("\(name).wav")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            let length = 1 + 0.001 * Double(name.count) + (name.hasPrefix("YAF") ? 0.1 : 0)
            try tone(seconds: length, rate: 24_414).write(to: file)
        }
    }

    @Test func reportsCountsDurationsRatesAndColumns() async throws {
        try await withFolder { folder in
            try tess(in: folder)
            let text = try await Command.run(["inspect", folder.path])
            #expect(text.code == 0 && text.errors.isEmpty, "\(text.errors)")
            for word in ["TESS: 4 clips", "OAF", "YAF", "1/200", "24414 Hz", "surprise", "sentence"] {
                #expect(text.output.contains(word), "\(word)")
            }
            let report = try object(try await Command.run(["inspect", folder.path, "--json"]).output)
            #expect(report["corpus"] as? String == "TESS")
            #expect(report["clips"] as? Int == 4)
            #expect(report["synthetic"] as? Bool == false)
            let counts = try #require(report["counts"] as? [[String: Any]])
            #expect(counts.count == 14)
            let angry = counts.first { $0["emotion"] as? String == "angry" && $0["speaker"] as? String == "OAF" }
            #expect(angry?["found"] as? Int == 1 && angry?["expected"] as? Int == 200)
            #expect((report["columns"] as? [[String: Any]])?.count == 8)
        }
    }

    @Test func csvIsAManifestThatCanBeInspectedAgain() async throws {
        try await withFolder { folder in
            let corpus = folder.appendingPathComponent("corpus")
            try tess(in: corpus)
            let csv = try await Command.run(["inspect", corpus.path, "--csv"]).output
            #expect(csv.hasPrefix("path,emotion,speaker,sentence,duration,rate,channels,corpus\r\n"))
            #expect(csv.components(separatedBy: "\r\n").filter { !$0.isEmpty }.count == 5)
            let manifest = folder.appendingPathComponent("manifest.csv")
            try Data(csv.utf8).write(to: manifest)
            let report = try object(try await Command.run(["inspect", manifest.path, "--json"]).output)
            #expect(report["clips"] as? Int == 4)
            #expect(report["labels"] as? [String] == ["angry", "sad", "surprise"])
        }
    }

    @Test func unreadableFileIsListedAndAnErrorOnlyWhenStrict() async throws {
        try await withFolder { folder in
            try tess(in: folder)
            try Data("no sound".utf8).write(to: folder.appendingPathComponent("OAF_sad/OAF_bad_sad.wav"))
            let report = try object(try await Command.run(["inspect", folder.path, "--json"]).output)
            #expect(report["clips"] as? Int == 4)
            let unreadable = try #require(report["unreadable"] as? [[String: Any]])
            #expect(unreadable.count == 1 && (unreadable[0]["path"] as? String)?.contains("OAF_bad_sad") == true)
            let strict = try await Command.run(["inspect", folder.path, "--strict"])
            #expect(strict.code == 1 && strict.errors.hasPrefix("Error: ") && strict.errors.contains("OAF_bad_sad"))
        }
    }

    /// Six files that the scan finds unreadable and one that only decoding does.
    @Test func strictReadingListsAllThatCannotBeRead() async throws {
        try await withFolder { folder in
            try tess(in: folder)
            let names = (1...6).map { "OAF_bad\($0)_sad" } + ["OAF_nan_sad"]
            for name in names.dropLast() {
                try Data("no sound".utf8).write(to: folder.appendingPathComponent("OAF_sad/\(name).wav"))
            }
            var sound = tone(seconds: 1, rate: 8000)
            // Samples of 32 bits, the last of them none.
            sound.replaceSubrange(20..<22, with: [3, 0])
            sound.replaceSubrange(32..<36, with: [4, 0, 32, 0])
            sound.replaceSubrange(
                44..<sound.count, with: Data(repeating: 0, count: sound.count - 48) + [0, 0, 0xc0, 0x7f])
            try sound.write(to: folder.appendingPathComponent("OAF_sad/OAF_nan_sad.wav"))
            let strict = try await Command.run(["inspect", folder.path, "--strict"])
            #expect(strict.code == 1 && strict.errors.contains("7 files cannot be read: "), "\(strict.errors)")
            for name in names { #expect(strict.output.contains("\(name).wav cannot be read"), "\(name)") }
            #expect(strict.output.contains("TESS: 4 clips"))
            let json = try await Command.run(["inspect", folder.path, "--strict", "--json"])
            let unreadable = try object(json.output)["unreadable"] as? [Any]
            #expect(json.code == 1 && unreadable?.count == 7)
            let csv = try await Command.run(["inspect", folder.path, "--strict", "--csv"])
            #expect(csv.code == 1 && csv.output.isEmpty)
            for name in names { #expect(csv.errors.contains("\(name).wav cannot be read"), "\(name)") }
        }
    }

    @Test func emptyMissingAndUnknownFoldersAreErrors() async throws {
        try await withFolder { folder in
            let unknown = folder.appendingPathComponent("unknown")
            try FileManager.default.createDirectory(at: unknown, withIntermediateDirectories: true)
            try tone().write(to: unknown.appendingPathComponent("recording.wav"))
            let empty = folder.appendingPathComponent("empty")
            try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
            for path in [folder.appendingPathComponent("none").path, empty.path, unknown.path] {
                let result = try await Command.run(["inspect", path])
                #expect(result.code == 1 && result.output.isEmpty)
                #expect(result.errors.hasPrefix("Error: ") && result.errors.contains(path), "\(result.errors)")
            }
        }
    }
}
