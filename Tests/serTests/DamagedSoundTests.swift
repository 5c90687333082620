// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Sound files that are not as they should be, given to the commands.
@Suite struct DamagedSoundTests {
    /// A tone whose file is cut in half, and one whose header was never closed.
    private func write(in folder: URL) throws -> (cut: String, open: String) {
        let cut = folder.appendingPathComponent("cut.wav"), open = folder.appendingPathComponent("open.wav")
        let whole = tone(seconds: 2)
        try whole.prefix(whole.count / 2).write(to: cut)
        var unclosed = whole
        unclosed.replaceSubrange(40..<44, with: [0, 0, 0, 0])
        try unclosed.write(to: open)
        return (cut.path, open.path)
    }

    @Test func cutFilesAreRefusedUnlessAccepted() async throws {
        try await withFolder { folder in
            let (cut, open) = try write(in: folder)
            let refused = try await Command.run(["features", cut, "--json"])
            #expect(refused.code == 1 && refused.errors.contains("truncated"), "\(refused.errors)")
            // What the message advises works.
            #expect(refused.errors.contains("--truncated accept"))
            let accepted = try await Command.run(["features", cut, "--truncated", "accept", "--json"])
            #expect(accepted.code == 0 && accepted.errors.contains("cut.wav: truncated: "), "\(accepted.errors)")
            #expect(try object(accepted.output)["frames"] as? Int == 44)
            let unclosed = try await Command.run(["features", open, "--json"])
            #expect(unclosed.code == 0 && unclosed.errors.contains("not closed"), "\(unclosed.errors)")
            #expect(try object(unclosed.output)["frames"] as? Int == 87)
        }
    }

    @Test func corporaTakeCutFilesWhereThatIsAccepted() async throws {
        try await withFolder { folder in
            let corpus = folder.appendingPathComponent("corpus"),
                model = folder.appendingPathComponent("a.safetensors").path
            _ = try await Command.run(["synthesize", corpus.path, "--words", "4"])
            let names = try #require(FileManager.default.subpaths(atPath: corpus.path)).filter { $0.hasSuffix(".wav") }
            let cut = corpus.appendingPathComponent(try #require(names.sorted().first))
            let whole = try Data(contentsOf: cut)
            try whole.prefix(whole.count * 2 / 3).write(to: cut)
            let output = folder.appendingPathComponent("out").path, network = ["--epochs", "1", "--skip-copy-search"]
            let commands = [
                ["inspect", corpus.path],
                ["train", corpus.path, "--model", "ann", "--output", model] + network,
                ["evaluate", model, corpus.path, "--resamples", "100"],
                ["compare", corpus.path, "--models", "ann", "--output", output + "1"] + network,
                [
                    "crossvalidate", corpus.path, "--model", "ann", "--by", "stratified", "--folds", "2", "--output",
                    output + "2",
                ]
                    + network,
            ]
            for command in commands {
                let name = command[0]
                let strict = try await Command.run(command + ["--strict"])
                #expect(strict.code == 1 && strict.errors.contains("truncated"), "\(name): \(strict.errors)")
                // What the message advises works.
                #expect(strict.errors.contains("--truncated accept"), "\(name): \(strict.errors)")
                let accepted = try await Command.run(command + ["--strict", "--truncated", "accept"])
                #expect(accepted.code == 0, "\(name): \(accepted.errors)")
                let told = name == "inspect" ? accepted.output : accepted.errors
                #expect(told.contains("truncated; what is there was read: 1 file: "), "\(name): \(told)")
            }
        }
    }

    @Test func predictAndExplainTellWhatIsWrong() async throws {
        try await withFolder { folder in
            let (cut, open) = try write(in: folder)
            let corpus = folder.appendingPathComponent("corpus").path
            let model = folder.appendingPathComponent("a.safetensors").path
            _ = try await Command.run(["synthesize", corpus, "--words", "3"])
            let training = [
                "train", corpus, "--model", "ann", "--epochs", "1", "--output", model, "--skip-copy-search",
            ]
            try #require(try await Command.run(training).code == 0)
            let run = try await Command.run(["predict", model, cut, open, "--json"])
            let lines = try run.output.split(separator: "\n").map { try object(String($0)) }
            #expect(run.code == 1 && lines.count == 2 && lines[0]["error"] is String, "\(run.errors)")
            #expect((lines[1]["remarks"] as? [String])?.count == 1 && run.errors.contains("not closed"))
            for command in ["predict", "explain"] {
                let accepted = try await Command.run([command, model, cut, "--truncated", "accept"])
                #expect(accepted.code == 0 && accepted.errors.contains("truncated: "), "\(accepted.errors)")
                #expect(try await Command.run([command, model, cut]).code == 1)
            }
        }
    }
}
