// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite struct CrossValidateCommandTests {
    private func withCorpus(
        words: Int = 4, _ body: (_ corpus: URL, _ folder: URL) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            let corpus = folder.appendingPathComponent("corpus")
            let written = try await Command.run(["synthesize", corpus.path, "--words", "\(words)"])
            try #require(written.code == 0, "\(written.errors)")
            try await body(corpus, folder)
        }
    }

    private func arguments(_ corpus: URL, _ output: URL, _ more: [String]) -> [String] {
        ["crossvalidate", corpus.path, "--model", "ann", "--epochs", "2", "--output", output.path] + more
    }

    @Test func printsFoldsAndWritesEveryPrediction() async throws {
        try await withCorpus { corpus, folder in
            let output = folder.appendingPathComponent("a/results")
            let run = try await Command.run(arguments(corpus, output, ["--by", "speaker", "--seeds", "1,2"]))
            #expect(run.code == 0, "\(run.errors)")
            for word in [
                "synthetic", "each speaker left out once", "seeds 1, 2", "UAR", "shared speakers", "results: ",
            ] {
                #expect(run.output.contains(word), "\(word)")
            }
            #expect(!run.output.contains("Warning"))
            let file = output.appendingPathComponent("results.json")
            let results = try object(String(decoding: Data(contentsOf: file), as: UTF8.self))
            let runs = try #require(results["runs"] as? [[String: Any]])
            #expect(runs.count == 4)
            #expect(runs.allSatisfy { ($0["logits"] as? [[Double]])?.count == 28 })
            let folds = try #require(results["folds"] as? [[String: Any]])
            #expect(folds.map { ($0["clips"] as? [[String: Any]])?.count } == [28, 28])
            // The same command trains nothing again.
            let again = try await Command.run(
                arguments(corpus, output, ["--by", "speaker", "--seeds", "1,2", "--json"]))
            #expect(again.errors.contains("4 of 4 folds were finished before"), "\(again.errors)")
            let header = try object(again.output)["header"] as? [String: Any]
            #expect(header?["version"] as? Int == 1 && header?["kind"] as? String == "experiment")
            let other = try await Command.run(arguments(corpus, output, ["--by", "speaker", "--coefficients", "20"]))
            #expect(other.code == 1 && other.errors.contains("of another experiment"), "\(other.errors)")
        }
    }

    @Test func otherProtocols() async throws {
        try await withCorpus(words: 16) { corpus, folder in
            var number = 0
            func run(_ more: [String]) async throws -> Command {
                number += 1
                return try await Command.run(arguments(corpus, folder.appendingPathComponent("\(number)"), more))
            }
            let random = try await run(["--by", "random", "--folds", "2"])
            #expect(random.code == 0, "\(random.errors)")
            #expect(random.output.contains("Warning: All 2 test speakers were heard"))
            let both = try await run(["--by", "both", "--folds", "2"])
            #expect(both.code == 0 && both.output.contains("2 x 2 folds"), "\(both.errors)")
            let nested = try await run(["--model", "ann,rnn", "--nested", "2", "--folds", "2", "--by", "sentence"])
            #expect(nested.code == 0 && nested.output.contains("the best of ann, rnn"), "\(nested.errors)")
            let several = try await run(["--model", "ann,rnn", "--folds", "2", "--by", "sentence", "--epochs", "1"])
            #expect(several.code == 0 && several.output.contains("rnn, accuracy"), "\(several.errors)")
            let page = folder.appendingPathComponent("\(number)/report.html")
            #expect(try String(contentsOf: page, encoding: .utf8).contains("ANN − RNN"))
            let names = try FileManager.default.subpathsOfDirectory(atPath: corpus.path).filter { $0.hasSuffix(".wav") }
            let table = folder.appendingPathComponent("folds.csv")
            try Data(("file,fold\n" + names.prefix(9).map { "\($0),1" }.joined(separator: "\n")).utf8).write(to: table)
            let lists = try await run(["--lists", table.path])
            #expect(lists.code == 0 && lists.output.contains("9 clips"), "\(lists.errors)")
            #expect(lists.output.contains("clips are in no list: they are trained on in every fold"), "\(lists.output)")
            let twice = try await run(["--lists", table.path, "--by", "sentence"])
            #expect(twice.code == 64 && twice.errors.contains("leave it out beside --lists"), "\(twice.errors)")
        }
    }

    @Test func trainsOnOneCorpusAndTestsOnAnother() async throws {
        try await withFolder { folder in
            for name in ["one", "two"] {
                for (label, length) in [(name == "two" ? "joy" : "happy", 1.0), ("sad", 2)] {
                    let sounds = folder.appendingPathComponent("\(name)/\(label)")
                    try FileManager.default.createDirectory(at: sounds, withIntermediateDirectories: true)
                    for index in 0..<6 {
                        try tone(seconds: 0.3 + length / 10 + Double(index) / 50)
                            .write(to: sounds.appendingPathComponent("\(index).wav"))
                    }
                }
            }
            let (one, two) = (folder.appendingPathComponent("one"), folder.appendingPathComponent("two"))
            let more = ["--test-data", two.path, "--map", "joy=happy", "--rate", "16000"]
            let run = try await Command.run(arguments(one, folder.appendingPathComponent("results"), more))
            #expect(run.code == 0 && run.output.contains("trained on one, tested on two"), "\(run.errors)")
            #expect(run.output.contains("12 clips"))
            let wrong = try await Command.run(
                arguments(one, folder.appendingPathComponent("other"), ["--test-data", two.path]))
            #expect(wrong.code == 1 && wrong.errors.contains("labels in common"), "\(wrong.errors)")
        }
    }

    @Test func takesSeveralCorporaTogetherAndLeavesOut() async throws {
        try await withFolder { folder in
            for (name, labels) in [
                ("one", ["happy", "sad"]), ("two", ["joy", "sad", "calm"]), ("three", ["happy", "sad"]),
            ] {
                for (place, label) in labels.enumerated() {
                    let sounds = folder.appendingPathComponent("\(name)/\(label)")
                    try FileManager.default.createDirectory(at: sounds, withIntermediateDirectories: true)
                    for index in 0..<5 {
                        try tone(seconds: 0.3 + Double(place) / 10 + Double(index) / 50)
                            .write(to: sounds.appendingPathComponent("\(name)-\(label)-\(index).wav"))
                    }
                }
            }
            let corpora = ["one", "two", "three"].map { folder.appendingPathComponent($0).path }
            let list = folder.appendingPathComponent("list.txt")
            try Data("one-sad-0.wav\ntwo-sad-1.wav\n".utf8).write(to: list)
            func run(_ data: [String], _ name: String, _ more: [String]) async throws -> Command {
                try await Command.run(
                    ["crossvalidate"] + data + ["--model", "ann", "--epochs", "2", "--rate", "16000"]
                        + ["--output", folder.appendingPathComponent(name).path] + more)
            }
            let folds = ["--by", "stratified", "--folds", "2"]
            let all = try await run(Array(corpora.prefix(2)), "all", folds)
            #expect(all.code == 0 && all.output.contains("25 clips"), "\(all.errors)")
            let mapped = ["--map", "joy=happy,calm=", "--exclude", list.path]
            let few = try await run(Array(corpora.prefix(2)), "few", folds + mapped)
            #expect(few.code == 0 && few.output.contains("18 clips"), "\(few.errors)\(few.output)")
            #expect(few.errors.contains("2 clips are left out, as"), "\(few.errors)")
            let tested = try await run(
                Array(corpora.prefix(2)), "tested", ["--map", "joy=happy,calm=", "--test-data", corpora[2]])
            #expect(tested.code == 0 && tested.output.contains("10 clips"), "\(tested.errors)\(tested.output)")
            // All of the test data is tested, also where it is of several corpora.
            let rows = ["two", "three"].flatMap { name in
                (0..<5).map { "\(name)/sad/\(name)-sad-\($0).wav,sad,\(name)" }
                    + (0..<5).map { index in
                        let label = name == "two" ? "joy" : "happy"
                        return "\(name)/\(label)/\(name)-\(label)-\(index).wav,happy,\(name)"
                    }
            }
            let mixed = folder.appendingPathComponent("mixed.csv")
            try Data((["file,emotion,corpus"] + rows).joined(separator: "\n").utf8).write(to: mixed)
            let both = try await run([corpora[0]], "both", ["--test-data", mixed.path])
            #expect(both.code == 0 && both.output.contains("20 clips"), "\(both.errors)\(both.output)")
            try Data("one-sad-9.wav\n".utf8).write(to: list)
            let unknown = try await run(Array(corpora.prefix(2)), "unknown", folds + ["--exclude", list.path])
            #expect(unknown.code == 1 && unknown.errors.contains("one-sad-9.wav"), "\(unknown.errors)")
        }
    }

    @Test func interruptedRunsGoOn() async throws {
        try await withCorpus { corpus, folder in
            let output = folder.appendingPathComponent("results"), whole = folder.appendingPathComponent("whole")
            let more = ["--by", "stratified", "--folds", "4", "--epochs", "1500", "--side-by-side", "1"]
            let stopped = try await Command.run(
                arguments(corpus, output, more),
                interruptWhenExists: output.appendingPathComponent("runs/ann-seed-1-fold-1.json"))
            #expect(stopped.code == 130, "\(stopped.errors)")
            #expect(stopped.errors.contains("The same command goes on from"), "\(stopped.errors)")
            let end = try await Command.run(arguments(corpus, output, more))
            #expect(end.code == 0 && end.errors.contains("folds were finished before"), "\(end.errors)")
            let unbroken = try await Command.run(arguments(corpus, whole, more))
            #expect(unbroken.code == 0)
            func runs(_ folder: URL) throws -> NSDictionary {
                var results = try object(
                    String(decoding: Data(contentsOf: folder.appendingPathComponent("results.json")), as: UTF8.self))
                results["runs"] = (results["runs"] as? [[String: Any]])?.map { run in
                    var run = run.filter { $0.key != "seconds" }
                    run["history"] = (run["history"] as? [[String: Any]])?.map { $0.filter { $0.key != "seconds" } }
                    return run
                }
                results["summaries"] = (results["summaries"] as? [[String: Any]])?.map {
                    $0.filter { $0.key != "seconds" }
                }
                // It names another folder.
                results["header"] = nil
                return results as NSDictionary
            }
            #expect(try runs(output) == runs(whole))
        }
    }

    @Test func badRequestsAreExplained() async throws {
        try await withCorpus { corpus, folder in
            let output = folder.appendingPathComponent("results")
            let many = try await Command.run(arguments(corpus, output, ["--by", "speaker", "--folds", "3"]))
            #expect(many.code == 1 && many.errors.contains("2 speakers, too few for so many folds"), "\(many.errors)")
            let alone = try await Command.run(arguments(corpus, output, ["--nested", "2"]))
            #expect(alone.code == 64 && alone.errors.contains("--nested chooses among several networks"))
            let seeds = try await Command.run(arguments(corpus, output, ["--seeds", "1,1"]))
            #expect(seeds.code == 64)
            let label = try await Command.run(arguments(corpus, output, ["--map", "joy=happy"]))
            #expect(label.code == 1 && label.errors.contains("no label \"joy\""), "\(label.errors)")
            #expect(!FileManager.default.fileExists(atPath: output.path))
        }
    }
}
