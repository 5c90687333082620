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
        let results = try madeUpExperiment(clips: 40)
        try withFiles(["results.json": results.json()]) { files in
            let file = try #require(files["results.json"])
            #expect(try Report(contentsOf: [file]).html == Report(results).html)
        }
    }

    @Test func severalFilesStandOnOnePageWhateverTheOrderOfTheirClips() throws {
        let one = try madeUpExperiment(clips: 40, networks: ["ann"])
        var other = try madeUpExperiment(clips: 40, networks: ["ann"])
        other.folds[0].clips.reverse()
        other.runs[0].logits.reverse()
        try withFiles(["a.json": one.json(), "b.json": other.json()]) { files in
            let html = try Report(contentsOf: ["a.json", "b.json"].compactMap { files[$0] }).html
            #expect(html.contains("ANN (2)"))
            // The same outputs for the same clips.
            #expect(html.contains("no difference in accuracy can be shown (+0.0 points, p 1.000)"))
        }
    }

    @Test func filesThatDoNotFitTogetherAreRefusedInOneSentence() throws {
        let base = try madeUpExperiment(clips: 40)
        var others: [String: ExperimentResults] = [:]
        others["corpus"] = base
        others["corpus"]?.corpus = "EMO-DB"
        others["labels"] = base
        others["labels"]?.labels = ["angry", "happy", "bored"]
        others["clips"] = try madeUpExperiment(clips: 41)
        others["other"] = base
        others["other"]?.folds[0].clips[3].clip = "elsewhere.wav"
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
        let good = try madeUpExperiment(clips: 20).json()
        let text = String(decoding: good, as: UTF8.self)
        var short = try madeUpExperiment(clips: 20)
        short.runs[0].logits.removeLast()
        var outside = try madeUpExperiment(clips: 20)
        outside.folds[0].clips[0].target = 99
        let cases: [String: (Data, String)] = [
            "version": (Data(text.replacing("\"version\":1", with: "\"version\":99").utf8), "in version 99"),
            "old": (Data("{\"kind\":\"comparison\",\"version\":2}".utf8), "of an earlier version of this library"),
            "without": (Data(text.replacing(",\"version\":1", with: "").utf8), "\"version\" is missing"),
            "number": (
                Data(text.replacing("\"fold\":1,", with: "\"fold\":1e300,").utf8),
                "a number in it is larger than it can be"
            ),
            "huge": (Data(text.replacing("\"fold\":1,", with: "\"fold\":7,").utf8), "contradicts itself"),
            "truncated": (good.prefix(good.count / 2), "its end is missing"),
            "sound": (Data("RIFF".utf8), "holds no results"),
            "empty": (Data(), "holds no results"),
            "other": (Data("{\"a\": 1}".utf8), "holds no results"),
            "kind": (
                Data(text.replacing("\"kind\":\"experiment\"", with: "\"kind\":\"poem\"").utf8), "holds no results"
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
