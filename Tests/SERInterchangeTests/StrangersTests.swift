// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERInterchange
import SERModels
import Testing

/// What PyTorch gives for the networks under Tests/Fixtures/interchange; interchange.py made them.
private struct Reference: Decodable {
    struct Case: Decodable {
        let input: [Float]
        let shape: [Int]
        let logits: [Double]

        var values: Tensor { Tensor(input, shape: shape) }

        func difference(_ logits: Tensor) -> Double {
            guard logits.count == self.logits.count else { return .infinity }
            return zip(logits.scalars, self.logits).map { abs(Double($0) - $1) }.max() ?? 0
        }
    }

    let speech, image: Case

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/interchange")

    static func read() throws -> Reference {
        try JSONDecoder().decode(
            Reference.self, from: Data(contentsOf: folder.appendingPathComponent("interchange.json")))
    }

    static func file(_ name: String) -> URL { folder.appendingPathComponent(name) }
}

/// The module of interchange.py, under other names.
private func speech() throws -> Model {
    try Model(input: [.time, 6], seed: 1) {
        Conv1D(8, kernel: 3, padding: .same).named("conv")
        BatchNorm().named("norm")
        ReLU()
        GRU(5, layers: 2, bidirectional: .concatenate).named("rnn")
        Dense(3).named("classifier")
    }
}

private let names = ["encoder": "rnn", "head.weight": "classifier.weight", "head.bias": "classifier.bias"]

@Suite struct StateDictTests {
    @Test func weightsOfEveryTypeLoadByNameAndByATable() throws {
        let reference = try Reference.read()
        var model = try speech()
        let loaded = try model.load(StateDict(contentsOf: Reference.file("speech.safetensors")), names: names)
        #expect(loaded.missing.isEmpty && loaded.unused.isEmpty && loaded.loaded.count == 24)
        #expect(reference.speech.difference(model(reference.speech.values)) < 1e-5)
    }

    @Test func whatDoesNotFitIsNamedAndTheModelStays() throws {
        let weights = try StateDict(contentsOf: Reference.file("speech.safetensors"))
        var model = try speech()
        let before = model.parameters["conv.weight"].scalars
        let missing = #expect(throws: InterchangeError.self) { try model.load(weights, names: ["encoder": "rnn"]) }
        #expect(
            missing?.description.contains("classifier.weight") == true && missing?.description.contains("head") == true)
        #expect(model.parameters["conv.weight"].scalars == before)
        let part = try model.load(weights, names: ["encoder": "rnn"], isStrict: false)
        #expect(part.unused == ["head.bias", "head.weight"])
        #expect(part.missing == ["classifier.weight", "classifier.bias"])
        #expect(model.parameters["conv.weight"].scalars != before)
        var other = try Model(input: [.time, 6]) {
            Conv1D(9, kernel: 3).named("conv"); GlobalMaxPool(); Dense(3).named("head")
        }
        let shape = #expect(throws: InterchangeError.self) { try other.load(weights, isStrict: false) }
        #expect(shape?.description.contains("[8, 6, 3]") == true && shape?.description.contains("[9, 6, 3]") == true)
        let twice = #expect(throws: InterchangeError.self) {
            try model.load(weights, names: ["head.weight": "conv.weight"], isStrict: false)
        }
        #expect(twice?.description.contains("'conv.weight'") == true)
    }

    @Test func damagedFilesAreRefusedOrReadNotCrashedOn() throws {
        #expect(throws: InterchangeError.self) {
            try StateDict(contentsOf: URL(fileURLWithPath: "/nonexistent.safetensors"))
        }
        let data = try Data(contentsOf: Reference.file("speech.safetensors"))
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("ser-\(UUID().uuidString).safetensors")
        defer { try? FileManager.default.removeItem(at: file) }
        var generator = RandomKey(seed: 3).generator
        var refused = 0
        for trial in 0..<400 {
            var copy = data
            if trial % 2 == 0 {
                copy = data.prefix(Int.random(in: 0..<data.count, using: &generator))
            } else {
                copy[Int.random(in: 0..<2400, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            try copy.write(to: file)
            do { _ = try StateDict(contentsOf: file) } catch { refused += 1 }
        }
        #expect(refused >= 200)
    }
}

@Suite struct StrangersONNXTests {
    /// Both of PyTorch's exporters.
    @Test(arguments: ["image-script.onnx", "image-dynamo.onnx"]) func networksOfPyTorchAreRead(_ name: String) throws {
        let reference = try Reference.read()
        let model = try Model(contentsOfONNX: Reference.file(name))
        #expect(model.graph.input == [1, 12, 26])
        #expect(reference.image.difference(model(reference.image.values)) < 1e-5)
    }
}

/// ONNX files written byte by byte, as nobody's exporter writes them. (https://protobuf.dev/programming-guides/encoding)
private enum Bytes {
    static func varint(_ value: UInt64) -> Data {
        var (rest, data) = (value, Data())
        while rest >= 0x80 {
            data.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return data + [UInt8(rest)]
    }

    static func field(_ number: UInt64, _ content: Data) -> Data {
        varint(number << 3 | 2) + varint(UInt64(content.count)) + content
    }

    static func field(_ number: UInt64, _ text: String) -> Data { field(number, Data(text.utf8)) }
    static func field(_ number: UInt64, _ value: UInt64) -> Data { varint(number << 3) + varint(value) }

    static func input(_ lengths: [UInt64]) -> Data {
        let dimensions = lengths.map { field(1, field(1, $0)) }.reduce(Data(), +)
        return field(11, field(1, "x") + field(2, field(1, field(1, 1) + field(2, dimensions))))
    }

    static func tensor(_ name: String, type: UInt64, dims: [UInt64], raw: Data) -> Data {
        field(5, dims.map { field(1, $0) }.reduce(Data(), +) + field(2, type) + field(8, name) + field(9, raw))
    }

    static func node(_ operation: String, _ inputs: [String], _ output: String, attributes: Data = Data()) -> Data {
        field(1, inputs.map { field(1, $0) }.reduce(Data(), +) + field(2, output) + field(4, operation) + attributes)
    }

    static func model(_ graph: Data, output: String) -> Data {
        field(7, graph + field(12, field(1, output))) + field(8, field(2, 17))
    }
}

@Suite struct HostileONNXTests {
    private func expectRefused(_ graph: Data, _ words: String, _ location: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: InterchangeError.self, sourceLocation: location) {
            try Model.reading(Bytes.model(graph, output: "y"))
        }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")", sourceLocation: location)
    }

    @Test func sizesThatWouldOverflowAreRefused() {
        let huge: UInt64 = 1 << 24
        expectRefused(Bytes.input([1, huge, huge, huge]) + Bytes.node("Flatten", ["x"], "y"), "too large")
        var shape = Data()
        for length in [0, huge, huge, huge] as [UInt64] {
            withUnsafeBytes(of: length.littleEndian) { shape += Data($0) }
        }
        expectRefused(
            Bytes.input([1, 4, 4]) + Bytes.tensor("s", type: 7, dims: [4], raw: shape)
                + Bytes.node("Reshape", ["x", "s"], "y"), "asks for the shape")
        for lengths in [[1, 0, 1 << 62], [1 << 62, 1 << 62], [UInt64.max, 4]] as [[UInt64]] {
            expectRefused(
                Bytes.input([1, 4]) + Bytes.tensor("w", type: 1, dims: lengths, raw: Data())
                    + Bytes.node("MatMul", ["x", "w"], "y"), "'w' has the shape")
        }
    }

    @Test func whatIsUnknownIsNamed() {
        expectRefused(Bytes.input([1, 4]) + Bytes.node("Sin", ["x"], "y"), "(Sin)")
        expectRefused(Bytes.input([1, 4]) + Bytes.node("Relu", ["z"], "y"), "'z'")
        expectRefused(Bytes.input([1, 4]) + Bytes.node("Relu", ["x"], "z"), "one output")
        expectRefused(
            Bytes.input([1, 4]) + Bytes.node("Relu", ["x"], "y", attributes: Bytes.field(5, Bytes.field(1, "odd"))),
            "'odd'")
        expectRefused(
            Bytes.input([1, 4]) + Bytes.tensor("w", type: 1, dims: [4, 2], raw: Data(count: 4))
                + Bytes.node("MatMul", ["x", "w"], "y"), "does not hold the 8 values")
    }
}
