// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERModels
import Testing

@Suite struct InterchangeCommandTests {
    /// A GRU that was not trained, as a model file.
    private func model(in folder: URL) throws -> URL {
        let network = try Architecture.gru.model(classes: 3, seed: 4)
        let pipeline = try FeaturePipeline(
            for: network.graph.input, extractor: MFCC(.librosa, coefficients: 40), seconds: 3)
        let numbers = (0..<40).map { Double($0) - 20 }
        let scaling = ["mean": numbers, "standardDeviation": numbers.map { abs($0) + 5 }]
        try JSONEncoder().encode(scaling).write(to: folder.appendingPathComponent("scaling.json"))
        let standardization = try JSONDecoder().decode(
            Standardization.self, from: Data(contentsOf: folder.appendingPathComponent("scaling.json")))
        let file = folder.appendingPathComponent("gru.safetensors")
        try Recognizer(
            model: network, pipeline: pipeline, standardization: standardization, labels: ["angry", "calm", "sad"]
        ).save(to: file)
        return file
    }

    private func run(_ arguments: String...) async throws -> Command { try await Command.run(arguments) }

    @Test func modelsGoToONNXAndComeBack() async throws {
        try await withFolder { folder in
            let model = try model(in: folder)
            let sound = folder.appendingPathComponent("a.wav")
            try tone().write(to: sound)
            let exported = try await run("export", model.path, "--format", "onnx", "--json")
            #expect(exported.code == 0, "\(exported.errors)")
            let report = try object(exported.output)
            let onnx = folder.appendingPathComponent("gru.onnx").path
            #expect(report["output"] as? String == onnx)
            #expect(report["labels"] as? [String] == ["angry", "calm", "sad"])
            let back = folder.appendingPathComponent("back.safetensors").path
            let imported = try await run("import", onnx, "--output", back)
            #expect(imported.code == 0, "\(imported.errors)")
            #expect(imported.output.contains("198,147") || imported.output.contains("198147"), "\(imported.output)")
            let (ours, theirs) = (
                try await run("predict", model.path, sound.path), try await run("predict", back, sound.path)
            )
            #expect(ours.code == 0 && ours.output == theirs.output)

            let whole = folder.appendingPathComponent("whole.onnx").path
            #expect(
                try await run("export", model.path, "--format", "onnx", "--include-features", "--output", whole).code
                    == 0)
            let refused = try await run("import", whole, "--output", back + "2")
            #expect(refused.code == 1 && refused.errors.contains("features"), "\(refused.errors)")
            #expect(!FileManager.default.fileExists(atPath: back + "2"))
        }
    }

    @Test func weightsOfPyTorchBecomeAModelFile() async throws {
        try await withFolder { folder in
            // Our own file is a state_dict too.
            let model = try model(in: folder)
            let (a, b) = (
                folder.appendingPathComponent("a.safetensors"), folder.appendingPathComponent("b.safetensors")
            )
            let like = try await run("import", model.path, "--like", model.path, "--output", a.path)
            #expect(like.code == 0, "\(like.errors)")
            #expect(try Data(contentsOf: a) == Data(contentsOf: model))
            let scaling = folder.appendingPathComponent("scaling.json").path
            let parts = try await run(
                "import", model.path, "--model", "gru", "--labels", "angry,calm,sad", "--standardization", scaling,
                "--output", b.path, "--json")
            #expect(parts.code == 0, "\(parts.errors)")
            #expect(try object(parts.output)["input"] as? String == "[time, 40]")
            let copy = try Recognizer(contentsOf: b)
            #expect(
                copy.model.parameters.tensors.map(\.scalars)
                    == (try Recognizer(contentsOf: model)).model.parameters.tensors.map(\.scalars))
            let misfit = try await run(
                "import", model.path, "--model", "lstm", "--labels", "angry,calm,sad", "--standardization", scaling,
                "--output", b.path + "2")
            #expect(misfit.code == 1 && misfit.errors.contains("rnn.weight_ih_l0"), "\(misfit.errors)")
        }
    }

    @Test func wrappersPrefixesAreTakenOffAndTold() async throws {
        try await withFolder { folder in
            let model = try model(in: folder)
            let (wrapped, output) = (
                folder.appendingPathComponent("w.safetensors"), folder.appendingPathComponent("o").path
            )
            var writer = SafetensorsWriter()
            writer.add(try Recognizer(contentsOf: model).model.parameters, prefix: "_orig_mod.module.")
            try writer.write(to: wrapped)
            let text = try await run("import", wrapped.path, "--like", model.path, "--output", output)
            #expect(
                text.code == 0 && text.output.contains("taken off the file's names: _orig_mod.module."),
                "\(text.errors)")
            let json = try await run("import", wrapped.path, "--like", model.path, "--output", output, "--json")
            #expect(try object(json.output)["prefixes"] as? [String] == ["_orig_mod.module."])
        }
    }

    @Test func filesOfTorchSaveAreToldWithTheWayOut() async throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/interchange/torch-zip.pt")
        try await withFolder { folder in
            let model = try model(in: folder)
            let output = folder.appendingPathComponent("o").path
            let imported = try await run("import", file.path, "--like", model.path, "--output", output)
            let predicted = try await run("predict", file.path, model.path)
            for result in [imported, predicted] {
                #expect(result.code == 1 && result.errors.contains("torch.load(\"\(file.path)\""), "\(result.errors)")
            }
        }
    }

    /// Whatever is wrong with a file, its message begins with the file.
    @Test func messagesBeginWithTheFile() async throws {
        try await withFolder { folder in
            let model = try model(in: folder), output = folder.appendingPathComponent("o").path
            let onnx = folder.appendingPathComponent("gru.onnx")
            #expect(try await run("export", model.path, "--format", "onnx", "--output", onnx.path).code == 0)
            // An operator that nobody knows, of as many letters.
            var bytes = try Data(contentsOf: onnx)
            // The field of a node's operator, with its length before it.
            let place = try #require(bytes.firstRange(of: Data([0x22, 4]) + Data("Relu".utf8)))
            bytes.replaceSubrange(place, with: Data([0x22, 4]) + Data("Rely".utf8))
            let unknown = folder.appendingPathComponent("unknown.onnx")
            try bytes.write(to: unknown)
            let noise = folder.appendingPathComponent("noise.onnx"), empty = folder.appendingPathComponent("empty.onnx")
            try Data((0..<500).map { UInt8(truncatingIfNeeded: $0 * $0 * 7) }).write(to: noise)
            try Data().write(to: empty)
            let none = folder.appendingPathComponent("none.onnx")
            for file in [unknown, noise, empty, none, folder.appendingPathComponent("none.safetensors")] {
                let like = file.pathExtension == "onnx" ? [] : ["--like", model.path]
                let result = try await Command.run(["import", file.path, "--output", output] + like)
                #expect(result.code == 1 && result.errors.hasPrefix("Error: \(file.path): "), "\(result.errors)")
            }
            let told = try await run("import", unknown.path, "--output", output)
            #expect(told.errors.contains("(Rely) cannot be read"), "\(told.errors)")
            #expect(!FileManager.default.fileExists(atPath: output))
        }
    }

    @Test func whatIsReadIsNotWrittenOver() async throws {
        try await withFolder { folder in
            let model = try model(in: folder), scaling = folder.appendingPathComponent("scaling.json")
            let onnx = folder.appendingPathComponent("gru.onnx"), names = folder.appendingPathComponent("names.json")
            #expect(try await run("export", model.path, "--format", "onnx", "--output", onnx.path).code == 0)
            try Data("{}".utf8).write(to: names)
            let link = folder.appendingPathComponent("link")
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: model)
            let dressed = ["--model", "gru", "--labels", "a,b,c", "--standardization", scaling.path]
            let cases: [(arguments: [String], output: URL)] = [
                ([onnx.path], onnx), ([model.path, "--like", model.path], model), ([link.path] + dressed, model),
                ([model.path] + dressed, link), ([model.path] + dressed, scaling),
                ([onnx.path, "--like", model.path], model), ([model.path, "--names", names.path] + dressed, names),
            ]
            let before = try [model, scaling, onnx, names].map { try Data(contentsOf: $0) }
            for (arguments, output) in cases {
                let result = try await Command.run(["import"] + arguments + ["--output", output.path])
                #expect(result.code != 0 && result.errors.contains(output.path), "\(arguments): \(result.errors)")
            }
            #expect(try [model, scaling, onnx, names].map { try Data(contentsOf: $0) } == before)
        }
    }

    @Test func optionsThatDoNotGoTogetherAreRefused() async throws {
        for arguments in [
            ["import", "a.safetensors", "--output", "b"],
            ["import", "a.safetensors", "--model", "gru", "--output", "b"],
            ["import", "a.onnx", "--model", "gru", "--output", "b"],
            ["import", "a.onnx", "--labels", "x,y", "--output", "b"], ["export", "a.safetensors"],
            ["export", "a.safetensors", "--format", "tflite"],
        ] {
            let result = try await Command.run(arguments)
            #expect(result.code == 64, "\(arguments): \(result.errors)")
        }
        let missing = try await run("export", "/nonexistent.safetensors", "--format", "onnx", "--output", "/tmp/x.onnx")
        #expect(missing.code == 1 && missing.errors.contains("/nonexistent.safetensors"))
    }
}
