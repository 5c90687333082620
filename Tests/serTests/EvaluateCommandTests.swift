// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import Testing

@Suite struct EvaluateCommandTests {
    /// Writes a synthetic corpus and trains an ANN on it.
    private func train(_ model: URL, on corpus: URL, words: Int, options: [String]) async throws -> Command {
        let written = try await Command.run(["synthesize", corpus.path, "--words", "\(words)"])
        try #require(written.code == 0, "\(written.errors)")
        let trained = try await Command.run(
            ["train", corpus.path, "--model", "ann", "--output", model.path] + options)
        try #require(trained.code == 0, "\(trained.errors)")
        return trained
    }

    @Test func showsIntervalsCalibrationAndWhatRefusingBuys() async throws {
        try await withFolder { folder in
            let corpus = folder.appendingPathComponent("corpus")
            let model = folder.appendingPathComponent("ann.safetensors")
            let trained = try await train(model, on: corpus, words: 6, options: ["--epochs", "6", "--calibrate"])
            #expect(trained.output.contains("calibration: temperature"))

            let text = try await Command.run(["evaluate", model.path, corpus.path])
            #expect(text.code == 0, "\(text.errors)")
            for word in [
                "95 % interval", "UAR", "macro AUC", "log-loss", "Brier score", "expected calibration error", " to 0.",
                "intervals over 2 speakers", "calibration by temperature", "unsure below", "risk-coverage", "precision",
            ] { #expect(text.output.contains(word), "\(word)") }

            let arguments = ["evaluate", model.path, corpus.path, "--json", "--resamples", "300"]
            let printed = try await Command.run(arguments).output
            let report = try object(printed)
            let intervals = try #require(report["intervals"] as? [String: Any])
            #expect(intervals["unit"] as? String == "speakers" && intervals["resamples"] as? Int == 300)
            let estimates = try #require(intervals["estimates"] as? [[String: Any]])
            #expect(estimates.count == 7 && estimates[0]["measure"] as? String == "accuracy")
            let metrics = try #require(report["metrics"] as? [String: Any])
            #expect(estimates[0]["value"] as? Double == metrics["accuracy"] as? Double)
            #expect((report["classIntervals"] as? [String: Any])?["estimates"].map { ($0 as? [Any])?.count } == 21)
            let calibration = try #require(report["calibration"] as? [String: Any])
            #expect(calibration["temperature"] as? Double ?? 0 > 0)
            #expect((calibration["after"] as? [String: Any])?["loss"] as? Double == metrics["loss"] as? Double)
            #expect((report["riskCoverage"] as? [String: Any])?["area"] is Double)
            var again = try object(try await Command.run(arguments + ["--threads", "1"]).output), first = report
            let header = again.removeValue(forKey: "header") as? [String: Any]
            #expect((header?["command"] as? [String])?.last == "1" && header?["kind"] as? String == "evaluation")
            first["header"] = nil
            #expect(again as NSDictionary == first as NSDictionary)

            let sound = corpus.path
            let files = FileManager.default.subpaths(atPath: sound)?.filter { $0.hasSuffix(".wav") } ?? []
            let least = try #require(files.min())
            let file = "\(sound)/\(least)"
            let unsure = try await Command.run(["predict", model.path, file, "--unsure-below", "1"])
            #expect(unsure.output.contains("not sure ("))
            let line = try object(
                try await Command.run(["predict", model.path, file, "--unsure-below", "1", "--json"]).output)
            #expect(line["unsure"] as? Bool == true && line["label"] is String)
            #expect(try await !Command.run(["predict", model.path, file]).output.contains("not sure"))
            #expect(line["speechFound"] as? Bool == true)
            #expect((report["withoutSpeech"] as? [String])?.isEmpty == true && report["robustness"] == nil)

            let degraded = ["evaluate", model.path, corpus.path, "--robustness", "--conditions", "white,telephone"]
            let table = try await Command.run(degraded)
            #expect(table.code == 0, "\(table.errors)")
            for word in ["robustness:", "white noise", "0 dB SNR", "8 kHz mu-law"] {
                #expect(table.output.contains(word))
            }
            #expect(!table.output.contains("babble"))
            let robust = try object(try await Command.run(degraded + ["--json", "--resamples", "100"]).output)
            let conditions = try #require((robust["robustness"] as? [String: Any])?["conditions"] as? [[String: Any]])
            #expect(conditions.map { $0["family"] as? String } == ["white", "white", "white", "white", "telephone"])
            #expect(conditions[0]["level"] as? Double == 20 && conditions[0]["unit"] as? String == "dB SNR")
            let unknown = try await Command.run(degraded.dropLast() + ["white,wind"])
            #expect(
                unknown.code == 64 && unknown.errors.contains("there is no 'wind'; choose from white, pink, babble"))
            #expect(try await Command.run(["evaluate", model.path, corpus.path, "--conditions", "white"]).code == 64)
            // A file of nothing but a hum is predicted, and told.
            let hum = folder.appendingPathComponent("hum.wav")
            let samples = (0..<40_000).map { 0.2 * sin(2 * Float.pi * 50 * Float($0) / 16_000) }
            try AudioFile.write(AudioClip(samples: samples, sampleRate: 16_000), to: hum)
            #expect(try await Command.run(["predict", model.path, hum.path]).output.contains("(no speech found)"))
            let humming = try object(
                try await Command.run(["predict", model.path, hum.path, "--unsure-below", "0.01", "--json"]).output)
            #expect(humming["speechFound"] as? Bool == false && humming["unsure"] as? Bool == true)

            for bad in [["predict", model.path, file, "--unsure-below", "2"], arguments.dropLast() + ["1"]] {
                #expect(try await Command.run(bad).code == 64)
            }
        }
    }

    /// Makes a sample of a file NaN, which no header tells.
    private func spoil(_ file: URL) throws {
        let sound = try AudioFile.read(at: file)
        try AudioFile.write(sound, to: file, format: .wavFloat)
        var data = try Data(contentsOf: file)
        data.replaceSubrange(data.count - 400..<data.count - 396, with: [0, 0, 0xc0, 0x7f])
        try data.write(to: file)
    }

    @Test func clipsThatCannotBeMeasuredAreCountedAndToldWithTheirReasons() async throws {
        try await withFolder { folder in
            let corpus = folder.appendingPathComponent("corpus")
            let model = folder.appendingPathComponent("ann.safetensors")
            _ = try await train(model, on: corpus, words: 4, options: ["--epochs", "2", "--skip-copy-search"])
            let names = try #require(FileManager.default.subpaths(atPath: corpus.path))
                .filter { $0.hasSuffix(".wav") }.sorted()
            for name in [names[0], names[5]] { try spoil(corpus.appendingPathComponent(name)) }

            let text = try await Command.run(["evaluate", model.path, corpus.path])
            #expect(text.code == 0, "\(text.errors)")
            #expect(text.output.contains("in \(names.count - 2) of \(names.count) clips"), "\(text.output)")
            #expect(text.output.contains("not measured:") && text.output.contains("NaN"))
            let report = try object(try await Command.run(["evaluate", model.path, corpus.path, "--json"]).output)
            let unreadable = try #require(report["unreadable"] as? [[String: String]])
            #expect(unreadable.count == 2 && unreadable.allSatisfy { $0["reason"]?.contains("NaN") == true })
            #expect((report["skipped"] as? [String])?.count == 2)
            #expect((report["metrics"] as? [String: Any])?["count"] as? Int == names.count - 2)

            for command in [["evaluate", model.path], ["inspect"]] {
                let strict = try await Command.run(command + [corpus.path, "--strict"])
                // An inspection tells what it found all the same.
                #expect(strict.code == 1 && strict.output.isEmpty == (command[0] != "inspect"), "\(command)")
                #expect(strict.errors.contains("NaN"), "\(command): \(strict.errors)")
            }
            let inspected = try object(try await Command.run(["inspect", corpus.path, "--json"]).output)
            #expect((inspected["unreadable"] as? [Any])?.count == 2 && inspected["clips"] as? Int == names.count - 2)
            let table = try await Command.run(["inspect", corpus.path, "--csv"])
            #expect(table.output.components(separatedBy: "\r\n").count == names.count && table.errors.contains("NaN"))
        }
    }

    @Test func testSetsMayLackLabelsOfTheModel() async throws {
        try await withFolder { folder in
            let corpus = folder.appendingPathComponent("corpus")
            let model = folder.appendingPathComponent("ann.safetensors")
            _ = try await train(model, on: corpus, words: 4, options: ["--epochs", "2", "--skip-copy-search"])
            let csv = try await Command.run(["inspect", corpus.path, "--csv"]).output
            let lines = csv.components(separatedBy: "\r\n")
            func measured(_ name: String, _ kept: (String) -> Bool) async throws -> Command {
                let table = folder.appendingPathComponent(name)
                try Data(([lines[0]] + lines.dropFirst().filter(kept)).joined(separator: "\n").utf8).write(to: table)
                return try await Command.run(["evaluate", model.path, table.path, "--json"])
            }
            let few = try await measured("few.csv") { $0.contains(",sad,") || $0.contains(",happy,") }
            #expect(few.code == 0, "\(few.errors)")
            let report = try object(few.output)
            #expect((report["labels"] as? [String])?.count == 7)
            let warnings = try #require(report["warnings"] as? [String])
            let absent = "No clip that was measured is angry, disgust, fear, neutral, surprise."
            #expect(warnings.contains { $0.hasPrefix(absent) }, "\(warnings)")
            let all = try object(try await measured("all.csv") { !$0.isEmpty }.output)
            // The same clips have the same outputs and classes in both.
            func outputs(_ report: [String: Any]) throws -> [String: [Double]] {
                let clips = try #require(report["clips"] as? [[String: Any]])
                let logits = try #require(report["logits"] as? [[Double]])
                return Dictionary(zip(clips.map { "\($0["clip"] ?? "") \($0["target"] ?? "")" }, logits)) { first, _ in
                    first
                }
            }
            let (some, every) = (try outputs(report), try outputs(all))
            #expect(some.count == 16 && some.allSatisfy { every[$0.key] == $0.value })

            let other = try await measured("other.csv") { $0.contains(",sad,") }
            #expect(other.code == 0)
            let foreign = folder.appendingPathComponent("foreign.csv")
            try Data(csv.replacing(",sad,", with: ",gloomy,").utf8).write(to: foreign)
            let refused = try await Command.run(["evaluate", model.path, foreign.path])
            #expect(refused.code == 1 && refused.errors.contains("the data also has gloomy"), "\(refused.errors)")
        }
    }

    @Test func ctrlCKeepsTheConditionsThatWereMeasured() async throws {
        try await withFolder { folder in
            let corpus = folder.appendingPathComponent("corpus"), output = folder.appendingPathComponent("report")
            let model = folder.appendingPathComponent("ann.safetensors")
            _ = try await train(model, on: corpus, words: 12, options: ["--epochs", "2", "--skip-copy-search"])
            let run = try await Command.run(
                ["evaluate", model.path, corpus.path, "--robustness", "--threads", "1", "--output", output.path],
                interruptAfter: ": accuracy")
            #expect(run.code == 130, "\(run.errors)")
            #expect(run.errors.contains("Stopped"), "\(run.errors)")
            #expect(run.output.contains("robustness:") && run.output.contains("white noise"))
            let results = try object(
                String(decoding: Data(contentsOf: output.appendingPathComponent("results.json")), as: UTF8.self))
            let robustness = try #require(results["robustness"] as? [String: Any])
            #expect(robustness["isComplete"] as? Bool == false)
            #expect((robustness["conditions"] as? [Any])?.isEmpty == false)
            let page = try String(contentsOf: output.appendingPathComponent("report.html"), encoding: .utf8)
            #expect(page.contains("stopped"))
        }
    }
}
