// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERInterchange
import SERModels
import Testing

/// Files that torch_archives.py made of one dense layer, `0`.
private func fixture(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/interchange/\(name)")
}

private func layer(_ path: String = "0") throws -> Model {
    try Model(input: [3], seed: 1) { Dense(2).named(path) }
}

/// Writes the tensors of a model under names of their own.
private func stateDict(_ prefix: String, of model: Model) throws -> StateDict {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("ser-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: file) }
    var writer = SafetensorsWriter()
    writer.add(model.parameters, prefix: prefix)
    try writer.write(to: file)
    return try StateDict(contentsOf: file)
}

@Suite struct WeightNamesTests {
    @Test(arguments: [
        ("data-parallel", "module."), ("compiled", "_orig_mod."), ("both", "_orig_mod.module."),
        ("averaged", "module."), ("inner", "_orig_mod."),
    ]) func whatWrappersPutIntoNamesIsTakenOffAndTold(_ name: String, _ prefix: String) throws {
        let weights = try StateDict(contentsOf: fixture("torch-\(name).safetensors"))
        var model = try layer()
        let loaded = try model.load(weights)
        #expect(loaded.prefixes == [prefix])
        #expect(loaded.loaded == ["0.weight", "0.bias"] && loaded.missing.isEmpty && loaded.unused.isEmpty)
        let key = name == "inner" ? "0._orig_mod.weight" : "\(prefix)0.weight"
        #expect(model.parameters["0.weight"].scalars == weights.tensors[key]?.scalars)
    }

    @Test func lightningsAndNestedPrefixesAreKnown() throws {
        let other = try layer()
        let wrapped = "_fsdp_wrapped_module._checkpoint_wrapped_module."
        for prefix in ["model.", "model.module.", "module._orig_mod.", wrapped] {
            var model = try Model(input: [3], seed: 9) { Dense(2).named("0") }
            #expect(try model.load(stateDict(prefix, of: other)).prefixes == [prefix])
            #expect(model.parameters["0.weight"].scalars == other.parameters["0.weight"].scalars)
        }
    }

    @Test func aModelsOwnNamesComeFirst() throws {
        var model = try layer("model.module")
        let loaded = try model.load(stateDict("", of: model))
        #expect(loaded.prefixes.isEmpty && loaded.loaded == ["model.module.weight", "model.module.bias"])
    }

    @Test func unknownPrefixesAreNotGuessed() throws {
        let weights = try stateDict("student.", of: layer())
        var model = try layer()
        let error = #expect(throws: InterchangeError.self) { try model.load(weights) }
        #expect(error?.description.contains("no place for 'student.0.bias'") == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        ["student": ""], ["student.": ""], ["student.0": "0"], ["student.": "."], ["": "", "student.0.": "0."],
    ]) func tablesTakePrefixesOff(_ table: [String: String]) throws {
        let weights = try stateDict("student.", of: layer())
        var model = try layer()
        #expect(try model.load(weights, names: table).missing.isEmpty)
    }

    @Test func tablesPutPrefixesOn() throws {
        let weights = try stateDict("", of: layer())
        var model = try layer("net.0")
        #expect(try model.load(weights, names: ["": "net"]).loaded == ["net.0.weight", "net.0.bias"])
        // The table may name what stands behind a wrapper's prefix.
        #expect(try model.load(stateDict("module.", of: layer()), names: ["0": "net.0"]).prefixes == ["module."])
    }

    @Test func aTablesUnusedKeyIsNamed() throws {
        let weights = try stateDict("", of: layer())
        var model = try layer()
        let error = #expect(throws: InterchangeError.self) { try model.load(weights, names: ["encodr": "rnn"]) }
        #expect(error?.description.contains("'encodr'") == true)
        #expect(try model.load(weights, names: ["encodr": "rnn"], isStrict: false).loaded.count == 2)
    }

    @Test func bothAWrappedAndAPlainTensorOfANameAreNamed() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("ser-\(UUID().uuidString).safetensors")
        defer { try? FileManager.default.removeItem(at: file) }
        var writer = SafetensorsWriter()
        for prefix in ["", "module."] { writer.add(try layer().parameters, prefix: prefix) }
        try writer.write(to: file)
        var model = try layer()
        let error = #expect(throws: InterchangeError.self) { try model.load(StateDict(contentsOf: file)) }
        #expect(error?.description.contains("'0.bias' and 'module.0.bias' both become '0.bias'") == true)
    }

    @Test func theTypeOfQuantisedWeightsIsNamed() throws {
        let weights = try StateDict(contentsOf: fixture("torch-int8.safetensors"))
        for isStrict in [true, false] {
            var model = try layer()
            let error = #expect(throws: InterchangeError.self) { try model.load(weights, isStrict: isStrict) }
            #expect(error?.description.contains("'0.weight' holds I8 numbers") == true, "\(error?.description ?? "")")
        }
    }
}

@Suite struct TorchArchiveTests {
    @Test(arguments: ["torch-zip.pt", "torch-legacy.pt", "torch-checkpoint.pt"])
    func filesOfTorchSaveAreToldWithTheWayOut(_ name: String) throws {
        let file = fixture(name)
        let weights = #expect(throws: InterchangeError.self) { try StateDict(contentsOf: file) }
        #expect(weights == .torchArchive(path: file.path))
        let model = #expect(throws: ModelFileError.self) { try Recognizer(contentsOf: file) }
        #expect(model == .torchArchive(path: file.path))
        let lines = model?.description.split(separator: "\n") ?? []
        #expect(lines.count == 4 && lines[1].contains("torch.load(\"\(file.path)\""))
        let target = file.deletingPathExtension().path + ".safetensors"
        #expect(lines[2].contains("save_file") && lines[2].hasSuffix("\"\(target)\")"))
        let network = #expect(throws: InterchangeError.self) { try Model(contentsOfONNX: file) }
        #expect(network?.description.contains("torch.onnx.export") == true, "\(network?.description ?? "")")
    }

    @Test func otherArchivesAreNotTakenForThem() throws {
        let start: [UInt8] = [0x50, 0x4b, 3, 4] + [UInt8](repeating: 0, count: 22)
        let numpy = start + [5, 0, 0, 0] + Array("a.npy".utf8)
        #expect(!TorchArchive.isOne(numpy) && !TorchArchive.isOne([]) && !TorchArchive.isOne(Array(start.prefix(9))))
    }
}
