// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels
import Testing

/// `--from` of train and crossvalidate.
@Suite struct TrainOnCommandTests {
    private func corpus(_ words: Int, in folder: URL) async throws -> String {
        let corpus = folder.appendingPathComponent("corpus").path
        let written = try await Command.run(["synthesize", corpus, "--words", "\(words)"])
        try #require(written.code == 0, "\(written.errors)")
        return corpus
    }

    /// A model of two emotions fewer, whose clips are all known.
    private func start(_ corpus: String, in folder: URL) async throws -> String {
        let model = folder.appendingPathComponent("first.safetensors").path
        let run = try await Command.run([
            "train", corpus, "--model", "gru", "--features", "logmel", "--duration", "1.5", "--epochs", "1",
            "--batch-size", "8", "--map", "disgust=,fear=", "--output", model, "--skip-copy-search", "--trim-silence",
            "40",
        ])
        try #require(run.code == 0, "\(run.errors)")
        return model
    }

    @Test func aModelIsTrainedOnAndTold() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(6, in: folder), first = try await start(corpus, in: folder)
            let mine = folder.appendingPathComponent("mine.safetensors").path
            let train = ["train", corpus, "--from", first, "--epochs", "1", "--skip-copy-search", "--output", mine]
            let run = try await Command.run(train + ["--balance", "classes"])
            try #require(run.code == 0, "\(run.errors)")
            #expect(run.output.hasPrefix("GRU from first.safetensors on"), "\(run.output)")
            #expect(run.output.contains("new: disgust, fear\n"), "\(run.output)")
            // It has heard these very clips, and says so.
            #expect(
                run.output.contains("Warning: ") && run.output.contains("which is trained on from"), "\(run.output)")
            let recognizer = try Recognizer(contentsOf: URL(fileURLWithPath: mine))
            let old = try Recognizer(contentsOf: URL(fileURLWithPath: first))
            #expect(recognizer.provenance.start?.name == "first.safetensors" && recognizer.provenance.network == "gru")
            #expect(recognizer.labels.count == 7 && recognizer.pipeline.trimming == old.pipeline.trimming)
            #expect(recognizer.pipeline.span == old.pipeline.span)
            let told = try object(try await Command.run(train + ["--freeze", "all-but-head", "--json"]).output)
            let start = try #require(told["start"] as? [String: Any])
            #expect(start["name"] as? String == "first.safetensors")
            #expect(start["newLabels"] as? [String] == ["disgust", "fear"])
            #expect((start["knownLabels"] as? [String])?.count == 5 && start["droppedLabels"] as? [String] == [])
            let frozen = try Recognizer(contentsOf: URL(fileURLWithPath: mine)).model
            #expect(frozen.frozenPaths.contains("rnn.weight_hh_l0") && !frozen.frozenPaths.contains("fc2.weight"))
            #expect(frozen.parameters["rnn.weight_hh_l0"].scalars == old.model.parameters["rnn.weight_hh_l0"].scalars)
        }
    }

    @Test func foldsTrainOnAndCompare() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(4, in: folder), first = try await start(corpus, in: folder)
            let output = folder.appendingPathComponent("folds").path
            let folds = [
                "crossvalidate", corpus, "--from", first, "--by", "sentence", "--folds", "2", "--epochs", "1",
                "--batch-size", "8", "--skip-copy-search", "--output",
            ]
            let run = try await Command.run(folds + [output, "--model", "ann", "--json"])
            try #require(run.code == 0, "\(run.errors)")
            let results = try object(run.output)
            #expect(results["networks"] as? [String] == ["ann", "gru from first.safetensors"])
            let warnings = try #require(results["warnings"] as? [String])
            #expect(warnings.contains { $0.contains("trained on from") }, "\(warnings)")
            let candidates = try #require(results["candidates"] as? [[String: Any]])
            #expect(candidates[0]["start"] == nil && (candidates[1]["start"] as? [String: Any])?["weights"] != nil)
            // Kept folds belong to the weights that they began with.
            let second = try await Command.run([
                "train", corpus, "--from", first, "--epochs", "1", "--map", "disgust=,fear=", "--skip-copy-search",
                "--batch-size", "8", "--output", first + "2",
            ])
            try #require(second.code == 0, "\(second.errors)")
            try FileManager.default.removeItem(atPath: first)
            try FileManager.default.moveItem(atPath: first + "2", toPath: first)
            let other = try await Command.run(folds + [output, "--model", "ann"])
            #expect(other.code == 1 && other.errors.contains("trained on from is another"), "\(other.errors)")
        }
    }

    @Test func whatContradictsTheModelIsRefused() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(4, in: folder), first = try await start(corpus, in: folder)
            let output = folder.appendingPathComponent("x.safetensors").path
            let train = ["train", corpus, "--output", output, "--epochs", "1", "--skip-copy-search"]
            let svm = folder.appendingPathComponent("svm.safetensors").path
            let linear = try await Command.run([
                "train", corpus, "--model", "linear-svm", "--skip-copy-search", "--output", svm,
            ])
            try #require(linear.code == 0, "\(linear.errors)")
            for (options, reason) in [
                ([], "--from"), (["--from", first, "--features", "mfcc"], "--features says what a network reads"),
                (["--from", first, "--rate", "16000"], "--rate"), (["--from", first, "--duration", "2"], "--duration"),
                (["--from", first, "--model", "ann"], "first.safetensors, gru"),
                (["--from", first, "--standardize", "speaker"], "standardised by corpus"),
                (["--from", first, "--trim-silence", "30"], "40.0 dB"), (["--from", svm], "solved for at once"),
                (["--freeze", "rnn", "--model", "gru"], "--from"),
                (["--model", "linear-svm", "--balance", "classes"], "--balance"),
            ] {
                let run = try await Command.run(train + options)
                #expect(run.code == 64 && run.errors.contains(reason), "\(options): \(run.code) \(run.errors)")
            }
            let typo = try await Command.run(train + ["--from", first, "--freeze", "rn"])
            #expect(typo.code == 1 && typo.errors.contains("Did you mean"), "\(typo.errors)")
            let over = try await Command.run(["train", corpus, "--output", first, "--from", first])
            #expect(over.code == 64 && over.errors.contains("which is read"), "\(over.errors)")
            let one = try await Command.run(train + ["--model", "ann", "--balance", "corpora"])
            #expect(one.code == 1 && one.errors.contains("bring several"), "\(one.errors)")
        }
    }
}
