import Foundation
import Testing

@Suite struct InspectCommandTests {
    /// Two speakers say one word in two emotions, as TESS names its files.
    private func tess(in folder: URL) throws {
        for name in ["OAF_angry/OAF_back_angry", "OAF_sad/OAF_back_sad", "YAF_angry/YAF_back_angry", "YAF_sad/YAF_back_ps"] {
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
            #expect(strict.code == 1 && strict.output.isEmpty)
            #expect(strict.errors.hasPrefix("Error: ") && strict.errors.contains("OAF_bad_sad"))
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
