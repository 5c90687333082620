// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The example programs run, and print what they are about.
@Suite struct ExampleTests {
    @Test func featuresOfAFile() async throws {
        try await withFolder { folder in
            let file = folder.appendingPathComponent("tone.wav")
            try tone(seconds: 1.5).write(to: file)
            let result = try await Command.run([file.path], of: "features")
            #expect(result.code == 0 && result.output.contains("frames of 13 coefficients"), "\(result.errors)")
            let missing = try await Command.run([folder.path + "/none.wav"], of: "features")
            #expect(missing.code == 1 && missing.errors.contains("none.wav"))
        }
    }

    @Test func trainingWritesAModelThatSerCanUse() async throws {
        try await withFolder { folder in
            let corpus = folder.appendingPathComponent("speech").path
            let made = try await Command.run(["synthesize", corpus, "--words", "5"])
            #expect(made.code == 0, "\(made.errors)")
            let model = folder.appendingPathComponent("gru.safetensors").path
            let trained = try await Command.run([corpus, model, "1"], of: "train")
            #expect(trained.code == 0 && trained.output.contains("accuracy"), "\(trained.errors)")
            #expect(trained.errors.isEmpty, "the library says nothing unless asked")
            let evaluated = try await Command.run(["evaluate", model, corpus])
            #expect(evaluated.code == 0, "\(evaluated.errors)")
        }
    }

    /// The published network, with PyTorch's two biases.
    @Test func residualLSTMHasThePublishedSizeAndTrains() async throws {
        let shown = try await Command.run([], of: "residual-lstm")
        #expect(shown.code == 0 && shown.output.contains("\n46,707 parameters"), "\(shown.output)\(shown.errors)")
        try await withFolder { folder in
            let corpus = folder.appendingPathComponent("speech").path
            let made = try await Command.run(["synthesize", corpus, "--words", "5"])
            #expect(made.code == 0, "\(made.errors)")
            let model = folder.appendingPathComponent("model.safetensors").path
            let trained = try await Command.run([corpus, model, "1"], of: "residual-lstm")
            #expect(trained.code == 0 && trained.output.contains("accuracy"), "\(trained.errors)")
            let evaluated = try await Command.run(["evaluate", model, corpus])
            #expect(evaluated.code == 0, "\(evaluated.errors)")
        }
    }

    @Test func crossValidationTestsEachVoice() async throws {
        try await withFolder { folder in
            let corpus = folder.appendingPathComponent("speech").path
            let made = try await Command.run(["synthesize", corpus, "--words", "8"])
            #expect(made.code == 0, "\(made.errors)")
            let output = folder.appendingPathComponent("results")
            let result = try await Command.run([corpus, output.path, "1"], of: "cross-validation")
            #expect(result.code == 0 && result.output.contains("each speaker left out once"), "\(result.errors)")
            #expect(FileManager.default.fileExists(atPath: output.path + "/results.json"))
        }
    }

    @Test func networkOfOnesOwnLearns() async throws {
        let result = try await Command.run([], of: "custom-network")
        let losses = result.output.split(separator: "\n").filter { $0.hasPrefix("step ") }
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
        #expect(result.code == 0 && losses.count == 3, "\(result.errors)")
        #expect(losses.last ?? 9 < losses.first ?? 0)
    }

    @Test func layerOfOnesOwnPassesItsGradientCheck() async throws {
        let result = try await Command.run([], of: "custom-layer")
        #expect(result.code == 0 && result.output.contains("gradients agree"), "\(result.errors)")
    }
}
