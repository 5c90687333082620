// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite struct CompareCommandTests {
    private func withCorpus(_ body: (_ corpus: URL, _ folder: URL) async throws -> Void) async throws {
        try await withFolder { folder in
            let corpus = folder.appendingPathComponent("corpus")
            let written = try await Command.run(["synthesize", corpus.path, "--words", "4"])
            try #require(written.code == 0, "\(written.errors)")
            try await body(corpus, folder)
        }
    }

    private func results(in folder: URL) throws -> [String: Any] {
        try object(String(decoding: Data(contentsOf: folder.appendingPathComponent("results.json")), as: UTF8.self))
    }

    @Test func writesResultsFiguresAndModelsAndPrintsTheTable() async throws {
        try await withCorpus { corpus, folder in
            let output = folder.appendingPathComponent("a/results")
            let run = try await Command.run([
                "compare", corpus.path, "--models", "ann,rnn", "--epochs", "2", "--output", output.path,
            ])
            #expect(run.code == 0, "\(run.errors)")
            for word in ["synthetic", "ANN", "RNN", "UAR", "macro F1", "AUC", "best epoch", "209,671", "Warning: "] {
                #expect(run.output.contains(word), "\(word)")
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: output.path).sorted()
            #expect(
                names == [
                    "ann.safetensors", "ann.svg", "clips.csv", "figures", "report.html", "results.csv", "results.json",
                    "rnn.safetensors", "rnn.svg",
                ])
            let results = try results(in: output)
            let runs = try #require(results["runs"] as? [[String: Any]])
            let page = try String(contentsOf: output.appendingPathComponent("report.html"), encoding: .utf8)
            #expect(page.contains("ser compare") && page.contains("the best of 2 networks"))
            #expect(runs.map { $0["network"] as? String } == ["ann", "rnn"])
            #expect(runs.allSatisfy { ($0["history"] as? [Any])?.count == 2 })
            #expect(results["missing"] as? [String] == [])
            #expect((results["differences"] as? [[String: Any]])?.count == 1)
            #expect(results["seeds"] as? [Int] == [1] && results["synthetic"] as? Bool == true)
            #expect((results["labels"] as? [String])?.count == 7)
            let split = try #require((results["folds"] as? [[String: Any]])?.first)
            let sizes = ["train", "validation", "test"].compactMap { split[$0] as? Int }
            #expect(sizes.count == 3 && sizes.reduce(0, +) == 56)
            let svg = try String(contentsOf: output.appendingPathComponent("ann.svg"), encoding: .utf8)
            #expect(svg.contains("ANN: test accuracy"))
        }
    }

    @Test func threadsDoNotChangeTheResults() async throws {
        try await withCorpus { corpus, folder in
            var seen: [[[String: Double]]] = []
            for threads in ["1", "2"] {
                let output = folder.appendingPathComponent(threads)
                let run = try await Command.run([
                    "compare", corpus.path, "--models", "ann,gru", "--epochs", "2", "--output", output.path, "--json",
                    "--threads", threads,
                ])
                #expect(run.code == 0, "\(run.errors)")
                let runs = try #require(try object(run.output)["runs"] as? [[String: Any]])
                seen.append(
                    runs.compactMap { $0["metrics"] as? [String: Any] }.map { metrics in
                        ["loss", "accuracy"].reduce(into: [:]) { $0[$1] = metrics[$1] as? Double }
                    })
            }
            #expect(seen[0].count == 2 && seen[0][0].count == 2)
            #expect(seen[0] == seen[1])
        }
    }

    @Test func interruptedComparisonKeepsWhatIsFinished() async throws {
        try await withCorpus { corpus, folder in
            let output = folder.appendingPathComponent("results")
            let run = try await Command.run(
                ["compare", corpus.path, "--models", "ann,gru,lstm", "--epochs", "1500", "--output", output.path],
                interruptWhenExists: output.appendingPathComponent("results.json"))
            #expect(run.code == 130, "\(run.errors)")
            #expect(run.output.contains("not trained: gru, lstm"), "\(run.output)")
            let results = try results(in: output)
            #expect((results["runs"] as? [[String: Any]])?.map { $0["network"] as? String } == ["ann"])
            #expect(results["missing"] as? [String] == ["gru", "lstm"])
            let names = try FileManager.default.contentsOfDirectory(atPath: output.path).sorted()
            #expect(
                names == [
                    "ann.safetensors", "ann.svg", "clips.csv", "figures", "report.html", "results.csv", "results.json",
                ])
        }
    }

    @Test func unwritableOutputIsToldBeforeAnythingElse() async throws {
        try await withCorpus { corpus, folder in
            let file = folder.appendingPathComponent("file")
            try Data().write(to: file)
            for output in [file.path, file.path + "/below", "/proc/ser-results"] {
                let run = try await Command.run(["compare", corpus.path, "--output", output])
                #expect(run.code == 1 && run.output.isEmpty)
                #expect(
                    run.errors.hasPrefix("Error: \(output.hasPrefix("/proc") ? "/proc" : file.path)"), "\(run.errors)")
                #expect(run.errors.filter { $0 == "\n" }.count == 1)
            }
        }
    }

    @Test(arguments: ["", "gru,gru", "gru,transformer", ","])
    func badListsOfModelsAreRefused(_ list: String) async throws {
        let run = try await Command.run(["compare", "--models", list])
        #expect(run.code == 64 && run.errors.hasPrefix("Error: "))
    }

    @Test(arguments: [["--epochs", "0"], ["--duration", "0"], ["--duration", "nan"], ["--seed", "x"]])
    func badSettingsAreRefused(_ arguments: [String]) async throws {
        let run = try await Command.run(["compare"] + arguments)
        #expect(run.code == 64 && run.errors.hasPrefix("Error: "), "\(run.errors)")
    }
}
