// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite struct ReportCommandTests {
    @Test func everyKindOfResultsBecomesAPageAndSeveralBecomeOne() async throws {
        try await withFolder { folder in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            let corpus = path("corpus")
            let commands =
                [
                    ["synthesize", corpus, "--words", "6"],
                    ["train", corpus, "--model", "ann", "--output", path("ann.safetensors"), "--epochs", "3"],
                    ["evaluate", path("ann.safetensors"), corpus, "--output", path("evaluation"), "--audio"],
                    ["compare", corpus, "--models", "ann", "--epochs", "2", "--output", path("comparison")],
                ]
                + ["ann", "rnn"].map {
                    [
                        "crossvalidate", corpus, "--model", $0, "--by", "sentence", "--folds", "3", "--epochs", "2",
                        "--calibrate", "--skip-copy-search", "--output", path($0),
                    ]
                }
            for arguments in commands {
                let run = try await Command.run(arguments)
                try #require(run.code == 0, "\(arguments): \(run.errors)")
            }
            let heard = try String(contentsOfFile: path("evaluation/report.html"), encoding: .utf8)
            #expect(heard.contains("<audio controls") && heard.contains("data:image/png"))
            for kind in ["evaluation", "comparison", "ann"] {
                let made = try Data(contentsOf: URL(fileURLWithPath: path("\(kind)/report.html")))
                let again = try await Command.run(
                    [
                        "report", path("\(kind)/results.json"), "--output", path("again-\(kind)"), "--data", corpus,
                    ] + (kind == "evaluation" ? ["--audio"] : []))
                #expect(again.code == 0, "\(again.errors)")
                // Made again with the same sound, a page is the same to the byte.
                #expect(
                    try Data(contentsOf: URL(fileURLWithPath: path("again-\(kind)/report.html"))) == made, "\(kind)")
            }

            let joined = try await Command.run([
                "report", path("ann/results.json"), path("rnn/results.json"), "--output", path("both"), "--title",
                "Two",
                "--json",
            ])
            #expect(joined.code == 0, "\(joined.errors)")
            #expect((try object(joined.output)["summary"] as? String)?.contains("the best of 2 networks") == true)
            let page = try String(contentsOfFile: path("both/report.html"), encoding: .utf8)
            for word in [
                "<title>Two</title>", "Differences between networks", "ANN − RNN", "Folds and speakers",
                "voices were heard in training", "What the parts share", "ser crossvalidate", "id=\"loss-rnn-t\"",
            ] { #expect(page.contains(word), "\(word)") }

            let mixed = try await Command.run([
                "report", path("ann/results.json"), path("comparison/results.json"), "--output", path("mixed"),
            ])
            #expect(mixed.code == 1 && mixed.errors.contains("one is of folds, the other of one split"))
            for (arguments, code) in [
                ([path("ann.safetensors")], 1), ([corpus], 1), ([path("nothing")], 1),
                ([path("ann/results.json"), path("rnn/results.json")], 64),
                ([path("ann/results.json"), "--audio"], 64),
            ] {
                let run = try await Command.run(["report"] + arguments)
                #expect(run.code == Int32(code) && run.errors.hasPrefix("Error: "), "\(arguments): \(run.errors)")
            }
        }
    }
}
