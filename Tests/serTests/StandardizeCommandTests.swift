// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels
import Testing

/// `--standardize` where networks are trained, and `--same-speaker` where they are used.
@Suite struct StandardizeCommandTests {
    private func corpus(in folder: URL) async throws -> (corpus: URL, clips: [String]) {
        let corpus = folder.appendingPathComponent("corpus")
        let written = try await Command.run(["synthesize", corpus.path, "--words", "4"])
        try #require(written.code == 0, "\(written.errors)")
        let names = FileManager.default.subpaths(atPath: corpus.path)?.sorted().filter { $0.hasSuffix(".wav") } ?? []
        return (corpus, names.map { corpus.appendingPathComponent($0).path })
    }

    @Test func aModelBySpeakerKnowsAVoiceByItsFiles() async throws {
        try await withFolder { folder in
            let (corpus, clips) = try await corpus(in: folder)
            let model = folder.appendingPathComponent("m.safetensors"), plain = folder.appendingPathComponent("p").path
            func train(_ scope: String, _ output: String) async throws -> Command {
                try await Command.run([
                    "train", corpus.path, "--model", "ann", "--epochs", "5", "--output", output, "--standardize", scope,
                    "--skip-copy-search",
                ])
            }
            let trained = try await train("speaker", model.path)
            try #require(trained.code == 0, "\(trained.errors)")
            let recognizer = try Recognizer(contentsOf: model)
            #expect(recognizer.standardization.scope == .speaker)

            let voice = Array(clips.prefix(12))
            let alone = try await Command.run(["predict", model.path] + voice)
            let together = try await Command.run(["predict", model.path, "--same-speaker"] + voice)
            #expect(alone.code == 0 && together.code == 0, "\(together.errors)")
            #expect(alone.errors.contains("say --same-speaker") && !together.errors.contains("--same-speaker"))
            #expect(alone.output != together.output)
            var heard = Voice()
            for file in voice { try heard.hear(contentsOf: URL(fileURLWithPath: file), by: recognizer) }
            let own = try recognizer.adapted(to: heard)
            let expected = try voice.map { "\($0): \(try own.recognize(contentsOf: URL(fileURLWithPath: $0)))" }
            #expect(together.output.split(separator: "\n").map(String.init) == expected)
            // What cannot be read is told once, and costs the others nothing.
            let missing = folder.appendingPathComponent("none.wav").path
            let partly = try await Command.run(["predict", model.path, "--same-speaker", missing] + voice)
            #expect(partly.code == 1 && partly.output == together.output)
            #expect(partly.errors.components(separatedBy: "no such file").count == 2, "\(partly.errors)")

            try await aFileCountsOnce(model: model.path, voice: voice, in: folder)
            // The first sound is explained, of the voice that all are of.
            let ofVoice = try await Command.run(["explain", model.path, "--same-speaker"] + voice)
            #expect(ofVoice.code == 0 && !ofVoice.errors.contains("average one"), "\(ofVoice.errors)")
            #expect(ofVoice.output.hasPrefix(expected[0]), "\(ofVoice.output)")

            let explained = try await Command.run(["explain", model.path, voice[0]])
            #expect(explained.code == 0 && explained.errors.contains("average one"), "\(explained.errors)")
            let evaluated = try await Command.run(["evaluate", model.path, corpus.path, "--resamples", "100"])
            #expect(evaluated.code == 0 && evaluated.output.contains("standardised by speaker"), "\(evaluated.errors)")
            let first = evaluated.output.split(separator: "\n").first ?? ""
            #expect(first.contains("56 clips, by speaker: with every speaker's other clips heard"), "\(first)")
            #expect(trained.output.contains("test part (by speaker: with every speaker's other clips heard"))
            let onnx = try await Command.run(["export", model.path, "--format", "onnx", "--include-features"])
            #expect(onnx.code == 1 && onnx.errors.contains("standardised by speaker"), "\(onnx.errors)")

            let stream = try await Command.run(["predict", model.path, "--same-speaker", "-"])
            #expect(stream.code == 64 && stream.errors.contains("heard twice"))
            try #require(try await train("corpus", plain).code == 0)
            let useless = try await Command.run(["predict", plain, "--same-speaker", voice[0]])
            #expect(useless.code == 64 && useless.errors.contains("--standardize speaker"), "\(useless.errors)")
            let oneRow = try await train("clip", plain)
            #expect(oneRow.code == 1 && oneRow.errors.contains("one row"), "\(oneRow.errors)")
        }
    }

    /// One file under several names tells no more of a voice than under one.
    private func aFileCountsOnce(model: String, voice: [String], in folder: URL) async throws {
        let pair = Array(voice.prefix(2)), place = URL(fileURLWithPath: pair[0])
        let soft = folder.appendingPathComponent("soft.wav"), hard = folder.appendingPathComponent("hard.wav")
        try FileManager.default.createSymbolicLink(at: soft, withDestinationURL: place)
        try FileManager.default.linkItem(at: place, to: hard)
        let dotted = place.deletingLastPathComponent().path + "/./" + place.lastPathComponent
        func run(_ files: [String]) async throws -> Command {
            try await Command.run(["predict", model, "--same-speaker"] + files)
        }
        let once = try await run(pair), again = try await run(pair + [pair[0], dotted, soft.path, hard.path])
        #expect(
            once.errors.isEmpty && again.code == 0 && again.errors.contains("4 names lead to files"), "\(again.errors)")
        let answers = again.output.split(separator: "\n").map { $0.split(separator: ": ", maxSplits: 1).last ?? "" }
        #expect(Array(again.output.split(separator: "\n").prefix(2)) == once.output.split(separator: "\n"))
        #expect(answers.count == 6 && Set(answers[2...]) == [answers[0]])
    }

    @Test func foldsOfAnotherScopeAreRefused() async throws {
        try await withFolder { folder in
            let (corpus, _) = try await corpus(in: folder), output = folder.appendingPathComponent("cv").path
            func run(_ more: [String]) async throws -> Command {
                let short = ["--epochs", "1", "--batch-size", "8"]
                return try await Command.run(
                    ["crossvalidate", corpus.path, "--model", "gru", "--output", output] + short + more)
            }
            let first = try await run(["--standardize", "speaker"])
            try #require(first.code == 0, "\(first.errors)")
            let page = try String(contentsOfFile: output + "/report.html", encoding: .utf8)
            #expect(page.contains("standardised by"))
            // Wherever the figures stand, they say that they are of voices that were heard.
            let mark = "by speaker: with every speaker's other clips heard"
            #expect(page.components(separatedBy: mark.replacing("'", with: "&#39;")).count > 3, "\(page.prefix(3000))")
            #expect(first.output.components(separatedBy: mark).count == 3, "\(first.output)")
            let results = try String(contentsOfFile: output + "/results.json", encoding: .utf8)
            #expect(results.contains("The features of GRU are standardised by speaker"))
            let again = try await run(["--standardize", "speaker"])
            #expect(again.code == 0 && again.errors.contains("2 of 2 folds were finished before"), "\(again.errors)")
            for other in [[], ["--standardize", "clip"]] {
                let refused = try await run(other)
                #expect(refused.code == 1 && refused.errors.contains("standardizedBy"), "\(refused.errors)")
            }
        }
    }
}
