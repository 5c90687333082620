// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERReports
import SERTraining
import Testing

@Suite struct ReportFilesTests {
    private func withFiles<Result>(
        _ contents: [String: Data], _ body: ([String: URL]) throws -> Result
    ) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("results-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var files: [String: URL] = [:]
        for (name, data) in contents {
            let file = folder.appendingPathComponent(name)
            try data.write(to: file)
            files[name] = file
        }
        return try body(files)
    }

    /// The message of the error that a report on files ends in.
    private func message(_ files: [URL]) -> String? {
        do {
            _ = try Report(contentsOf: files)
            return nil
        } catch { return error.description }
    }

    @Test func aReportMadeAgainIsTheSame() throws {
        let results = try madeUpComparison(clips: 40)
        try withFiles(["results.json": results.json()]) { files in
            let file = try #require(files["results.json"])
            #expect(try Report(contentsOf: [file]).html == Report(results).html)
        }
    }

    @Test func severalFilesStandOnOnePageWhateverTheOrderOfTheirClips() throws {
        let one = try madeUpComparison(clips: 40, networks: ["ann"])
        var other = try madeUpComparison(clips: 40, networks: ["ann"])
        let order = Array(other.clips.indices.reversed())
        other.clips = order.map { other.clips[$0] }
        other.models[0].logits = other.models[0].logits.map { logits in order.map { logits[$0] } }
        try withFiles(["a.json": one.json(), "b.json": other.json()]) { files in
            let html = try Report(contentsOf: ["a.json", "b.json"].compactMap { files[$0] }).html
            #expect(html.contains("ANN (2)"))
            // The same outputs for the same clips.
            #expect(html.contains("no difference in accuracy can be shown (+0.0 points, p 1.000)"))
        }
    }

    @Test func filesThatDoNotFitTogetherAreRefusedInOneSentence() throws {
        let base = try madeUpComparison(clips: 40)
        var others: [String: ComparisonResults] = [:]
        others["corpus"] = base
        others["corpus"]?.corpus = "EMO-DB"
        others["labels"] = base
        others["labels"]?.labels = ["angry", "happy", "bored"]
        others["clips"] = try madeUpComparison(clips: 41)
        others["other"] = base
        others["other"]?.clips[3].clip = "elsewhere.wav"
        let says = [
            "corpus": "EMO-DB", "labels": "labels differ", "clips": "41", "other": "not tested on the same clips",
        ]
        for (name, other) in others {
            try withFiles(["a.json": base.json(), "b.json": other.json()]) { files in
                let text = try #require(message(["a.json", "b.json"].compactMap { files[$0] }))
                #expect(text.contains("cannot be compared on one page") && text.contains(says[name] ?? "-"), "\(text)")
                #expect(!text.contains("\n"))
            }
        }
    }

    @Test func whatIsNoResultsFileIsToldInOneSentence() throws {
        let good = try madeUpComparison(clips: 20).json()
        let text = String(decoding: good, as: UTF8.self)
        var short = try madeUpComparison(clips: 20)
        short.models[0].logits?.removeLast()
        var outside = try madeUpComparison(clips: 20)
        outside.clips[0].target = 99
        let cases: [String: (Data, String)] = [
            "version": (Data(text.replacing("\"version\" : 2", with: "\"version\" : 99").utf8), "in version 99"),
            "old": (Data(text.replacing(",\n  \"version\" : 2", with: "").utf8), "without a version"),
            "truncated": (good.prefix(good.count / 2), "its end is missing"),
            "sound": (Data("RIFF".utf8), "holds no results"),
            "empty": (Data(), "holds no results"),
            "other": (Data("{\"a\": 1}".utf8), "holds no results"),
            "kind": (
                Data(text.replacing("\"kind\" : \"comparison\"", with: "\"kind\" : \"poem\"").utf8), "holds no results"
            ),
            "short": (try short.json(), "contradicts itself"),
            "outside": (try outside.json(), "contradicts itself"),
        ]
        for (name, (data, expected)) in cases {
            try withFiles(["\(name).json": data]) { files in
                let text = try #require(message(Array(files.values)), "\(name) was read")
                #expect(text.contains(expected) && text.contains("\(name).json"), "\(name): \(text)")
                #expect(!text.contains("\n"))
            }
        }
        let missing = URL(fileURLWithPath: "/nowhere/results.json")
        #expect(message([missing])?.contains("/nowhere/results.json") == true)
        #expect(message([missing.deletingLastPathComponent()]) != nil)
        #expect(message([]) == "There are no results to report.")
    }
}
