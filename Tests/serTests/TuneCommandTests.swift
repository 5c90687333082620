// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite struct TuneCommandTests {
    private func withCorpus(_ body: (_ corpus: URL, _ folder: URL) async throws -> Void) async throws {
        try await withFolder { folder in
            let corpus = folder.appendingPathComponent("corpus")
            let written = try await Command.run(["synthesize", corpus.path, "--words", "4"])
            try #require(written.code == 0, "\(written.errors)")
            try await body(corpus, folder)
        }
    }

    private func arguments(_ corpus: URL, _ output: URL, _ more: [String] = []) -> [String] {
        [
            "tune", corpus.path, "--model", "ann", "--epochs", "4", "--trials", "4", "--reduction", "2", "--search",
            "learning-rate=1e-4..1e-2,batch-size=4/8", "--search", "schedule=constant/cosine", "--output", output.path,
        ] + more
    }

    /// The words of a printed command, as a shell takes those that need no quotes.
    private func words(_ output: String) throws -> [String] {
        let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("  ser train ") })
        return line.split(separator: " ").dropFirst().map(String.init)
    }

    @Test func thePrintedCommandTrainsWhatDidBest() async throws {
        try await withCorpus { corpus, folder in
            let output = folder.appendingPathComponent("tuned")
            let run = try await Command.run(arguments(corpus, output, ["--seed", "3", "--threads=2"]))
            #expect(run.code == 0, "\(run.errors)")
            for word in ["UAR", "best: trial", "explains", "compared after 1, 2 and 4 epochs", "synthetic"]
            where word != "explains" {
                #expect(run.output.contains(word), "\(word): \(run.output)")
            }
            #expect(run.errors.contains("trial 1: learning-rate"), "\(run.errors)")
            let file = output.appendingPathComponent("results.json")
            let results = try object(String(decoding: Data(contentsOf: file), as: UTF8.self))
            let trials = try #require(results["trials"] as? [[String: Any]])
            #expect(trials.count == 4 && results["isComplete"] as? Bool == true)
            for name in ["report.html", "trials.csv", "figures/trials.svg"] {
                #expect(FileManager.default.fileExists(atPath: output.appendingPathComponent(name).path), "\(name)")
            }
            let next = try words(run.output)
            #expect(
                ["--json", "--search", "--trials"].allSatisfy { !next.contains($0) } && next.contains("--threads=2"))
            // As printed, it only tests: its epochs are those of the trial's checkpoint.
            let trained = try await Command.run(next + ["--json"])
            #expect(trained.code == 0, "\(trained.errors)")
            #expect(trained.errors.contains("going on after epoch 4"), "\(trained.errors)")
            let result = try #require(try object(trained.output)["result"] as? [String: Any])
            let best = try #require(
                trials.compactMap { $0["rungs"] as? [[String: Any]] }.filter { $0.count == 3 }
                    .map { $0[2] }.max { ($0["score"] as? Double ?? 0) < ($1["score"] as? Double ?? 0) })
            #expect((best["bestEpochs"] as? [Int])?.first == result["bestEpoch"] as? Int)
            // Without the checkpoint it trains the same anew.
            let place = try #require(next.firstIndex(of: "--checkpoint"))
            var anew = Array(next[..<place])
            let model = try #require(anew.firstIndex(of: "--output"))
            anew[model + 1] = folder.appendingPathComponent("anew.safetensors").path
            #expect(try await Command.run(anew).code == 0)
            #expect(
                try Data(contentsOf: URL(fileURLWithPath: anew[model + 1]))
                    == Data(contentsOf: output.appendingPathComponent("best.safetensors")))
            // The report is made again from the results.
            let again = try await Command.run(["report", file.path])
            #expect(again.code == 0 && again.output.contains("did best"), "\(again.errors)")
        }
    }

    @Test func interruptedTuningsGoOn() async throws {
        try await withCorpus { corpus, folder in
            let output = folder.appendingPathComponent("results"), whole = folder.appendingPathComponent("whole")
            let stopped = try await Command.run(
                arguments(corpus, output, ["--rungs", "40,80,160", "--epochs", "160"]),
                interruptWhenExists: output.appendingPathComponent("trials/trial-1-epochs-40.json"))
            #expect(
                stopped.code == 130 && stopped.errors.contains("The same command goes on from"), "\(stopped.errors)")
            let more = ["--rungs", "40,80,160", "--epochs", "160"]
            let end = try await Command.run(arguments(corpus, output, more + ["--json"]))
            #expect(end.code == 0 && end.errors.contains("finished before"), "\(end.errors)")
            let unbroken = try await Command.run(arguments(corpus, whole, more + ["--json"]))
            func trials(_ output: String) throws -> NSArray {
                let trials = try #require(try object(output)["trials"] as? [[String: Any]])
                return trials.map { trial in
                    var trial = trial
                    trial["rungs"] = (trial["rungs"] as? [[String: Any]])?.map { $0.filter { $0.key != "seconds" } }
                    return trial
                } as NSArray
            }
            #expect(try trials(end.output) == trials(unbroken.output))
        }
    }

    @Test func foldsScoreTrials() async throws {
        try await withCorpus { corpus, folder in
            let run = try await Command.run(
                arguments(corpus, folder.appendingPathComponent("a"), ["--nested", "2", "--rungs", "2,4"]))
            #expect(run.code == 0 && run.output.contains("the mean of 2 folds"), "\(run.errors)\(run.output)")
            let next = try words(run.output)
            // Nothing was trained on the whole training part yet.
            #expect(!next.contains("--resume"))
            let trained = try await Command.run(next)
            #expect(trained.code == 0 && trained.output.contains("test part"), "\(trained.errors)")
        }
    }

    @Test func badRequestsAreExplained() async throws {
        try await withCorpus { corpus, folder in
            let output = folder.appendingPathComponent("results")
            func run(_ search: String, _ more: [String] = []) async throws -> Command {
                try await Command.run(
                    ["tune", corpus.path, "--model", "ann", "--search", search, "--output", output.path] + more)
            }
            for (search, word) in [
                ("learning-rat=1..2", "Did you mean 'learning-rate'"), ("seed=1..2", "no such setting can be drawn"),
                ("learning-rate", "write a setting as in"), ("schedule=0..1", "it is a name"),
                ("batch-size=1.5..4", "whole numbers"), ("batch-size=a/b", "write numbers"),
                ("dropout=0.1..", "two numbers"),
                ("schedule=cosine/", "a choice is empty"), ("learning-rate=0..1", "above 0"),
                ("dropout=0.5..0.1", "name the smaller end first"), ("batch-size=4..8,batch-size=1/2", "named twice"),
            ] {
                let refused = try await run(search)
                #expect(refused.code == 64 && refused.errors.contains(word), "\(search): \(refused.errors)")
            }
            for (search, more, code, word) in [
                ("schedule=cosine/sine", ["--trials", "2"], 1, "schedule"),
                ("dropout=0.1..0.5", [], 1, "ANN drops nothing"),
                ("label-smoothing=0.5..2", [], 1, "--label-smoothing"),
                ("batch-size=2/4", ["--trials", "3"], 1, "in 2 ways"),
                ("learning-rate=1e-3..1e-2", ["--trials", "3", "--rungs", "1,2,4"], 1, "Ask for at least 9"),
                ("learning-rate=1e-3..1e-2", ["--rungs", "4,2"], 1, "larger than the one before"),
                ("learning-rate=1e-3..1e-2", ["--rungs", "1,2", "--epochs", "4"], 64, "whole training"),
                ("learning-rate=1e-3..1e-2", ["--learning-rate", "0.1"], 64, "drawn by --search"),
                ("learning-rate=1e-3..1e-2", ["--model", "linear-svm"], 64, "solved for at once"),
                ("learning-rate=1e-3..1e-2", ["--nested", "1"], 64, "at least 2"),
            ] as [(String, [String], Int32, String)] {
                let refused = try await run(search, more)
                #expect(refused.code == code && refused.errors.contains(word), "\(search) \(more): \(refused.errors)")
            }
            #expect(!FileManager.default.fileExists(atPath: output.path))
        }
    }
}
