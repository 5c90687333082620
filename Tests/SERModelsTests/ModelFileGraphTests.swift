// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERTestSupport
import Testing

/// The names and shapes of the tensors of every architecture, as files hold them: what is written once must be read for
/// ever, so none may change. See Tests/Fixtures/model_keys.json.
@Suite struct ModelFileGraphTests {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/model_keys.json")

    @Test(arguments: Architecture.allCases)
    func theKeysOfEveryArchitectureAreThoseCommitted(architecture: Architecture) throws {
        let folder = try TemporaryFolder()
        let file = folder.path("model")
        try savedRecognizer(architecture.model(classes: 7)).save(to: file)
        let keys = try SafetensorsReader(at: file).entries
            .map { "\($0.name) \($0.typeName) \($0.shape)" }.sorted()
        let pinned = try JSONDecoder().decode([String: [String]].self, from: Data(contentsOf: Self.file))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .prettyPrinted
        let text = String(decoding: try encoder.encode([architecture.rawValue: keys]), as: UTF8.self)
        #expect(
            pinned[architecture.rawValue] == keys,
            "files of before cannot be read any more; of a new architecture, add to model_keys.json:\n\(text)")
    }

    @Test(arguments: 0..<10)
    func randomGraphsGiveTheSameBitsAfterSavingAndLoading(number: Int) throws {
        var generator = RandomKey(seed: 77).derived(number).generator
        let model = try RandomChain(&generator).model(seed: UInt64(number))
        let folder = try TemporaryFolder()
        let file = folder.path("model")
        let original = try savedRecognizer(model)
        try original.save(to: file)
        let copy = try Recognizer(contentsOf: file)
        let x = Tensor.normal([3] + model.graph.input.dimensions.map { $0.length ?? 20 }, key: RandomKey(seed: 5))
        let lengths = model.graph.input.timeAxis == nil ? nil : [20, 11, 16]
        #expect(copy.model(x, lengths: lengths).scalars == original.model(x, lengths: lengths).scalars)
        #expect(copy.model.summary() == original.model.summary())
        let again = folder.path("again")
        try copy.save(to: again)
        #expect(try Data(contentsOf: again) == Data(contentsOf: file))
    }

    @Test(arguments: Architecture.allCases)
    func everyArchitectureGivesTheSameBitsAfterSavingAndLoading(architecture: Architecture) throws {
        let folder = try TemporaryFolder()
        let original = try savedRecognizer(architecture.model(classes: 7, seed: 9))
        try original.save(to: folder.path("model"))
        let copy = try Recognizer(contentsOf: folder.path("model"))
        let shape = original.model.graph.input.dimensions.map { $0.length ?? 30 }
        let x = Tensor.normal([4] + shape, key: RandomKey(seed: 6))
        let lengths = original.model.graph.input.timeAxis == nil ? nil : [30, architecture == .serNet ? 4 : 1, 17, 29]
        #expect(copy.model(x, lengths: lengths).scalars == original.model(x, lengths: lengths).scalars)
    }

    @Test func graphsThatAskForTooMuchThrowBeforeAnythingIsReserved() throws {
        #expect(throws: ShapeError.self) {
            try Model(input: [40]) {
                Dense(1_000_000_000_000); Dense(2)
            }
        }
        #expect(throws: ShapeError.self) { try Model(input: [.time, 40]) { LSTM(.max) } }
        #expect(throws: ShapeError.self) { try Model(input: [.time, 40]) { GRU(8, layers: .max) } }
        #expect(throws: ShapeError.self) { try Model(input: [2_097_152, 1_048_576]) { Flatten() } }
        #expect(throws: ShapeError.self) { try Model(input: [40]) { Reshape([.fixed(1 << 40), .fixed(1 << 40)]) } }
        #expect(throws: ShapeError.self) { try Model(input: [1_073_741_824]) { Dense(1_048_576) } }
        #expect(throws: ShapeError.self) {
            try Model(input: [65_536, 2, 3]) { Conv2D(65_536, kernel: 60_000, padding: .same) }
        }
        // The same from a file whose graph was changed by hand.
        let folder = try TemporaryFolder()
        let file = folder.path("model")
        try savedRecognizer(
            Model(input: [40], seed: 1) {
                Dense(64); Dense(2)
            }
        ).save(to: file)
        for units in ["1000000000000", "9223372036854775807", "1e18", "-64", "0", "65"] {
            try savedRecognizer(
                Model(input: [40], seed: 1) {
                    Dense(64); Dense(2)
                }
            ).save(to: file)
            try replace(#"\"units\":64"#, by: #"\"units\":\#(units)"#, in: file)
            let error = #expect(throws: ModelFileError.self) { try Recognizer(contentsOf: file) }
            let text = error?.description ?? ""
            #expect(text.contains("dense1") || text.contains("ser.graph: the number"), "\(text)")
        }
    }

    @Test func onlyWhatOlderVersionsWouldHearWronglyIsOfFormat2() throws {
        let folder = try TemporaryFolder()
        let recognizer = try savedRecognizer(Model(input: [40], seed: 1) { Dense(2) })
        for (window, format) in [(ListeningWindow.beginning, 1), (.speech, 2)] {
            let file = folder.path("model \(window)")
            var pipeline = recognizer.pipeline
            pipeline.window = window
            try Recognizer(
                model: recognizer.model, pipeline: pipeline, standardization: recognizer.standardization,
                labels: recognizer.labels
            ).save(to: file)
            #expect(String(decoding: try Data(contentsOf: file), as: UTF8.self).contains(#""ser.format":"\#(format)""#))
        }
    }

    @Test func newerFormatsAndForeignFilesSayWhatToGet() throws {
        let folder = try TemporaryFolder()
        let file = folder.path("model")
        let recognizer = try savedRecognizer(Model(input: [40], seed: 1) { Dense(2) })
        try recognizer.save(to: file)
        try replace(#""ser.format":"2""#, by: #""ser.format":"7""#, in: file)
        try replace(#""ser.library":"\#(LibraryVersion.current)""#, by: #""ser.library":"9.4.1""#, in: file)
        let newer = #expect(throws: ModelFileError.self) { try Recognizer(contentsOf: file) }
        #expect(newer == .newerFormat(path: file.path, version: 7, known: 4, library: "9.4.1"))
        #expect(newer?.description.contains("Get SER 9.4.1 or later") == true)
        var writer = SafetensorsWriter()
        writer.add(recognizer.model.parameters)
        try writer.write(to: file)
        let foreign = #expect(throws: ModelFileError.self) { try Recognizer(contentsOf: file) }
        guard case .foreign = foreign else {
            Issue.record("\(String(describing: foreign))")
            return
        }
    }

    @Test func partsThatDoNotFitEachOtherAreNamed() throws {
        let folder = try TemporaryFolder()
        let file = folder.path("model")
        for (old, new, part) in [
            (#"[\"label 0\",\"label 1\"]"#, #"[\"label 0\"]"#, "ser.labels"),
            (#"\"label 1\""#, #"\"label 0\""#, "ser.labels"),
            (#"\"cepstra\":40"#, #"\"cepstra\":39"#, "ser.features"),
            (#"\"cepstra\":40"#, #"\"cepstra\":9223372036854775807"#, "ser.features"),
            (#"\"sampleRate\":22050"#, #"\"sampleRate\":1e300"#, "ser.features"),
            (#"\"mean\":[1,"#, #"\"mean\":["#, "ser.standardization"),
            (#"\"kind\":\"mfcc\""#, #"\"kind\":\"magic\""#, "ser.features"),
            (#"\"kind\":\"dense\""#, #"\"kind\":\"magic\""#, "ser.graph"),
            (#"\"inputs\":[-1]"#, #"\"inputs\":[0]"#, "ser.graph"),
            (#"\"path\":\"dense1\""#, #"\"path\":\"dense9\""#, "tensor 'dense1."),
            (#""dtype":"F32""#, #""dtype":"I32""#, "dense1.bias"),
        ] {
            try savedRecognizer(Model(input: [40], seed: 1) { Dense(2) }).save(to: file)
            try replace(old, by: new, in: file)
            let error = #expect(throws: ModelFileError.self) { try Recognizer(contentsOf: file) }
            #expect(error?.description.contains(part) == true, "\(new): \(String(describing: error))")
        }
    }

    /// Written by version 0.1.0 (`model-file-trials samples Tests/Fixtures/modelfiles`), never to be written anew: what
    /// was once saved must be read for ever, with the same result.
    @Test func filesOfTheFirstFormatAreReadAsEver() throws {
        let folder = Self.file.deletingLastPathComponent().appendingPathComponent("modelfiles")
        let expected = try JSONDecoder().decode(
            [String: [Float]].self, from: Data(contentsOf: folder.appendingPathComponent("format1.json")))
        #expect(expected.count == 4)
        let samples = Tensor.uniform([11_025], low: -0.5, high: 0.5, key: RandomKey(seed: 8)).scalars
        for (name, probabilities) in expected {
            let recognizer = try Recognizer(contentsOf: folder.appendingPathComponent(name))
            let prediction = try recognizer.recognize(AudioClip(samples: samples, sampleRate: 22_050))
            for (label, probability) in zip(recognizer.labels, probabilities) {
                #expect(abs((prediction[label] ?? -1) - probability) < 1e-5, "\(name): \(label)")
            }
        }
    }

    @Test func anyStatisticsOverTimeAreReadBack() throws {
        let folder = try TemporaryFolder()
        let pipeline = FeaturePipeline(
            extractor: MFCC(.kaldi), span: .atMost(seconds: 2.5), arrangement: .vector([.percentile(50), .maximum]))
        let numbers = [
            "mean": [Double](repeating: 0.1, count: 26), "standardDeviation": [Double](repeating: 3, count: 26),
        ]
        let original = try Recognizer(
            model: try Model(input: [26], seed: 1) { Dense(2) }, pipeline: pipeline,
            standardization: try JSONDecoder().decode(Standardization.self, from: JSONEncoder().encode(numbers)),
            labels: ["a", "b"], provenance: Provenance(extra: ["note": "\u{1F3A4} \"quoted\" \\ \n"]))
        try original.save(to: folder.path("model"))
        let copy = try Recognizer(contentsOf: folder.path("model"))
        let samples = Tensor.uniform([40_000], low: -0.5, high: 0.5, key: RandomKey(seed: 1)).scalars
        let clip = AudioClip(samples: samples, sampleRate: 16_000)
        #expect(try copy.recognize(clip) == original.recognize(clip))
        #expect(copy.provenance == original.provenance && copy.pipeline.arrangement == pipeline.arrangement)
    }

    @Test(arguments: [WeightStorage.float16, .bfloat16])
    func narrowStorageKeepsRunningStatisticsWhole(storage: WeightStorage) throws {
        let folder = try TemporaryFolder()
        let original = try savedRecognizer(Architecture.cnn.model(classes: 7, seed: 9))
        try original.save(to: folder.path("wide"))
        try original.save(to: folder.path("narrow"), storage: storage)
        let copy = try Recognizer(contentsOf: folder.path("narrow"))
        #expect(copy.model.state.tensors.map(\.scalars) == original.model.state.tensors.map(\.scalars))
        let bound: Float = storage == .float16 ? 0x1p-11 : 0x1p-8
        for (a, b) in zip(copy.model.parameters.tensors, original.model.parameters.tensors) {
            // Half a place, and half of float16's smallest number.
            #expect(zip(a.scalars, b.scalars).allSatisfy { abs($0 - $1) <= bound * abs($1) + 0x1p-25 })
        }
        let sizes = try ["wide", "narrow"].map { try Data(contentsOf: folder.path($0)).count }
        #expect(Double(sizes[1]) < Double(sizes[0]) * 0.51)
    }
}

/// A recognizer around a network, with made-up features, scale and labels that fit it.
private func savedRecognizer(_ model: Model) throws -> Recognizer {
    let input = model.graph.input
    let coefficients = (input.rank == 3 ? input[1] : input[input.rank - 1]).length ?? 40
    let pipeline = try FeaturePipeline(
        for: input, extractor: MFCC(.librosa, coefficients: coefficients),
        seconds: input.rank == 3 && input[2] == 44 ? 1 : 3)
    let numbers = [
        "mean": (1...coefficients).map { Double($0) }, "standardDeviation": (1...coefficients).map { Double($0) / 3 },
    ]
    return try Recognizer(
        model: model, pipeline: pipeline,
        standardization: try JSONDecoder().decode(Standardization.self, from: JSONEncoder().encode(numbers)),
        labels: (0..<(model.graph.output.count ?? 0)).map { "label \($0)" })
}

/// Replaces the first occurrence of a text in a file's header, and sets the header's length.
private func replace(_ old: String, by new: String, in file: URL) throws {
    let data = try Data(contentsOf: file)
    let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    var header = String(decoding: data.dropFirst(8).prefix(length), as: UTF8.self)
    let range = try #require(header.range(of: old), "\(old) is not in the header")
    header.replaceSubrange(range, with: new)
    var changed = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
    changed.append(contentsOf: header.utf8)
    changed.append(data.dropFirst(8 + length))
    try changed.write(to: file)
}

/// A network without branches, of a random shape that fits itself, with more of the layers' settings than `RandomNetwork`.
private struct RandomChain {
    private var layers: [any Layer] = []
    private var input: Shape

    init(_ generator: inout some RandomNumberGenerator) {
        func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
        switch pick(0...2) {
        case 0:
            input = [.fixed(pick(5...40))]
        case 1:
            input = [.time, .fixed(pick(5...40))]
            for _ in 0..<pick(1...3) {
                switch pick(0...5) {
                case 0:
                    layers +=
                        [
                            Conv1D(pick(2...9), kernel: pick(1...5), padding: .same, dilation: pick(1...2)),
                            BatchNorm(),
                        ] as [any Layer]
                case 1: layers.append(MaxPool1D(2, stride: 1))
                case 2: layers.append(LSTM(pick(2...9), bidirectional: .sum, output: .allSteps))
                case 3:
                    layers.append(
                        GRU(pick(2...9), layers: 2, bidirectional: .concatenate, dropout: 0.3, output: .allSteps))
                case 4: layers += [Dense(pick(2...20)), LayerNorm(epsilon: 1e-3), GELU(approximate: true)]
                default: layers.append(RNN(pick(2...9), output: .allSteps))
                }
            }
            layers.append(pick(0...1) == 0 ? GlobalAveragePool() : LSTM(pick(2...12)))
        default:
            input = [1, .fixed(pick(8...20)), 44]
            for _ in 0..<pick(1...2) {
                let filters = 2 * pick(1...4)
                layers += [
                    Conv2D(filters, kernel: 3, padding: .same, bias: pick(0...1) == 0), BatchNorm(momentum: 0.2),
                ]
                layers.append(pick(0...1) == 0 ? ELU(alpha: 0.5) : ReLU())
                layers.append(pick(0...1) == 0 ? MaxPool2D(2) : AveragePool2D(2, padding: .all(1)))
            }
            layers.append(pick(0...1) == 0 ? GlobalMaxPool() : Flatten())
        }
        let activations: [any Layer] = [Tanh(), Sigmoid(), LeakyReLU(), ReLU()]
        for _ in 0..<pick(0...2) {
            layers += [Dense(pick(3...30)), Dropout(0.2), activations[pick(0...3)]] as [any Layer]
        }
        layers.append(Dense(pick(2...7), bias: pick(0...1) == 0, initializer: .glorotNormal))
    }

    func model(seed: UInt64) throws -> Model {
        try Model(input: input, seed: seed) {
            for layer in layers { layer }
        }
    }
}
