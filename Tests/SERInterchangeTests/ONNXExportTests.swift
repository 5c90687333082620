// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERInterchange
import SERModels
import Testing

/// A layer of a user's own that says what it is in ONNX.
private struct Swish: UnaryLayer, ONNXExportable {
    static let kind = "swish"
    func outputShape(for input: Shape) -> Shape { input }
    func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor { x * sigmoid(x) }
    func export(_ inputs: [ONNXSignal], to graph: inout ONNXWriter) throws(InterchangeError) -> ONNXSignal {
        let gate = graph.add("Sigmoid", [inputs[0].name])
        return ONNXSignal(
            graph.add("Mul", [inputs[0].name, gate]), shape: inputs[0].shape, lengths: inputs[0].lengths)
    }
}

/// One that does not.
private struct Doubling: UnaryLayer {
    static let kind = "doubling"
    func outputShape(for input: Shape) -> Shape { input }
    func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor { x * 2 }
}

/// Features of a user's own that say what they are in ONNX: every sample is a frame.
private struct Samples: FeatureExtractor, ONNXExportableFeatures {
    static let kind = "samples"
    var sampleRate = 8000.0
    var coefficients: Int { 1 }
    func frames(forSamples samples: Int) -> Int { samples }
    func validate() throws(FeatureError) {}
    func extract(_ clip: AudioClip) throws(FeatureError) -> FeatureMatrix {
        let sound = try prepared(clip)
        return FeatureMatrix(frames: sound.samples.count, coefficients: 1, values: sound.samples)
    }
    func export(_ samples: String, to graph: inout ONNXWriter) throws(InterchangeError) -> String {
        graph.add("Unsqueeze", [samples, graph.constant([1])])
    }
}

/// The greatest difference of two batches of logits.
func difference(_ a: Tensor, _ b: Tensor) -> Float {
    guard a.shape == b.shape else { return .infinity }
    return zip(a.scalars, b.scalars).map { abs($0 - $1) }.max() ?? 0
}

@Suite struct ONNXRoundTripTests {
    @Test(arguments: 0..<RandomGraphs.count, [true, false])
    func randomGraphsComeBack(index: Int, isFolding: Bool) throws {
        let (model, values, lengths) = try RandomGraphs.example(index)
        let copy = try Model.reading(model.onnx(foldingBatchNorm: isFolding))
        let (ours, theirs) = (model(values, lengths: lengths), copy(values, lengths: lengths))
        let largest = ours.scalars.map(abs).max() ?? 0
        #expect(difference(ours, theirs) <= 1e-5 * largest + 1e-5)
        #expect(copy.graph.input == model.graph.input)
    }

    @Test(arguments: Architecture.report) func architecturesComeBackUnderTheirOwnPaths(_ architecture: Architecture)
        throws
    {
        let model = try architecture.model(classes: 7, seed: 3)
        let copy = try Model.reading(model.onnx(foldingBatchNorm: false))
        if architecture != .gru {  // stacked layers come back as layers of their own
            #expect(Set(copy.parameters.paths) == Set(model.parameters.paths))
            for path in model.parameters.paths {
                #expect(copy.parameters[path].scalars == model.parameters[path].scalars, "\(path)")
            }
        }
        let values = Tensor.normal([2] + model.graph.input.dimensions.map { $0.length ?? 50 }, key: RandomKey(seed: 5))
        let lengths = model.graph.input.timeAxis == nil ? nil : [50, 31]
        #expect(difference(model(values, lengths: lengths), copy(values, lengths: lengths)) < 1e-5)
    }

    @Test func foldedBatchNormLeavesNoNode() throws {
        let model = try Architecture.cnn.model(classes: 7)
        let (folded, kept) = (try Model.reading(model.onnx()), try Model.reading(model.onnx(foldingBatchNorm: false)))
        #expect(!folded.graph.nodes.contains { $0.layer is BatchNorm })
        #expect(kept.graph.nodes.filter { $0.layer is BatchNorm }.count == 3)
    }
}

@Suite struct ONNXExportTests {
    @Test func customLayersAreExportedWhenTheySayHow() throws {
        let model = try Model(input: [8], seed: 1) {
            Dense(4); Swish(); Dense(2)
        }
        #expect(try !model.onnx().isEmpty)
        let other = try Model(input: [8], seed: 1) {
            Dense(4); Doubling().named("twice"); Dense(2)
        }
        let error = #expect(throws: InterchangeError.self) { try other.onnx() }
        #expect(error?.description.contains("twice (doubling)") == true)
        #expect(error?.description.contains("ONNXExportable") == true)
    }

    /// A graph hears one clip: it knows neither a voice nor a clip's own deviation before it has heard the whole.
    @Test(arguments: ["speaker", "clip"])
    func featuresWithNumbersOfTheirOwnGoNetworkAlone(scope: String) throws {
        let text = #"{"mean":[0],"standardDeviation":[1],"scope":"\#(scope)","sufficient":100}"#
        let recognizer = try Recognizer(
            model: Model(input: [.time, 1], seed: 1) {
                GRU(3); Dense(2)
            },
            pipeline: FeaturePipeline(for: [.time, 1], extractor: Samples(), seconds: 0.1),
            standardization: JSONDecoder().decode(Standardization.self, from: Data(text.utf8)), labels: ["a", "b"])
        let error = #expect(throws: InterchangeError.self) {
            try recognizer.onnx(ONNXOptions(includesFeatures: true))
        }
        #expect(error?.description.contains("standardised by") == true)
        #expect(try recognizer.onnx().count > 0)
        // For one voice the numbers are fixed.
        var voice = Voice()
        voice.hear(FeatureMatrix(frames: 2, coefficients: 1, values: [0, 1]))
        let own = try recognizer.adapted(to: voice)
        if scope == "speaker" { #expect(try own.onnx(ONNXOptions(includesFeatures: true)).count > own.onnx().count) }
    }

    @Test func featuresOfOnesOwnAreExportedWhenTheySayHow() throws {
        func recognizer(_ features: any FeatureExtractor) throws -> Recognizer {
            let clip = AudioClip(samples: (0..<8000).map { sin(Float($0) / 9) }, sampleRate: features.sampleRate)
            return try Recognizer(
                model: Model(input: [.time, 1], seed: 1) {
                    GRU(3); Dense(2)
                },
                pipeline: FeaturePipeline(for: [.time, 1], extractor: features, seconds: 0.1),
                standardization: Standardization(fitting: [features.extract(clip)]), labels: ["a", "b"])
        }
        let own = try recognizer(Samples())
        #expect(try own.onnx(ONNXOptions(includesFeatures: true)).count > own.model.onnx().count)
        let error = #expect(throws: InterchangeError.self) {
            try recognizer(RMSEnergy()).onnx(ONNXOptions(includesFeatures: true))
        }
        #expect(error?.description.contains("RMSEnergy") == true)
        #expect(error?.description.contains("ONNXExportableFeatures") == true)
        // The metadata names them; a registry that knows them reads the recognizer back.
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("own-\(UUID().uuidString).onnx")
        defer { try? FileManager.default.removeItem(at: file) }
        try own.exportONNX(to: file)
        let unknown = #expect(throws: InterchangeError.self) { try Recognizer(contentsOfONNX: file) }
        #expect(unknown?.description.contains("'samples'") == true, "\(String(describing: unknown))")
        let features = try FeatureRegistry.standard.adding(Samples.self)
        #expect(try Recognizer(contentsOfONNX: file, features: features).pipeline.extractor is Samples)
        // What silence is left out is part of what the network was trained for.
        try own.trimmingSilence(SilenceTrimming(decibels: 30)).exportONNX(to: file)
        let trimming = try Recognizer(contentsOfONNX: file, features: features).pipeline.trimming
        #expect(trimming == SilenceTrimming(decibels: 30))
        #expect(RecognizerParts(of: own.trimmingSilence()).trimming == SilenceTrimming())
    }

    @Test func everyBuiltInLayerIsExportable() {
        let silent = LayerRegistry.standard.kinds.filter {
            LayerRegistry.standard[$0] as? any ONNXExportable.Type == nil
        }
        #expect(silent.isEmpty)
    }

    @Test func layersThatAreWrittenOnlyAreRefusedByNameWhenRead() throws {
        for model in try WrittenOnlyGraphs.all() {
            let data = try model.onnx()
            do { _ = try Model.reading(data) } catch {
                #expect(error.description.hasPrefix("model.onnx: node '"), "\(error)")
            }
        }
    }

    @Test func severalInputsAndOutputsHaveTheirNames() throws {
        let model = try Model(
            inputs: ["speech": [.time, 6], "prosody": [3]], outputs: ["emotion", "speaker"], seed: 2
        ) {
            GRU(5).named("encoder").reading("speech")
            Concatenate().named("joint").reading("encoder", "prosody")
            Dense(4).named("emotion")
            Dense(2).named("speaker").reading("joint")
        }
        let text = String(decoding: try model.onnx(), as: UTF8.self)
        for name in ["speech", "speech_lengths", "speech_time", "prosody", "emotion", "speaker"] {
            #expect(text.contains(name), "\(name)")
        }
        let error = #expect(throws: InterchangeError.self) { try Model.reading(model.onnx()) }
        #expect(error?.description.contains("input") == true)
    }

    @Test func paddingAsWideAsTheWindowIsRefused() throws {
        let model = try Model(input: [1, 8, 8]) {
            MaxPool2D(2, padding: .all(2)); GlobalMaxPool()
        }
        let error = #expect(throws: InterchangeError.self) { try model.onnx() }
        #expect(error?.description.contains("maxPool2d1") == true)
    }
}

@Suite struct ONNXImportTests {
    @Test func strangersFilesAreRefusedNotCrashedOn() throws {
        for data in [Data(), Data("not a model".utf8), Data([0x3A, 0x00])] {
            #expect(throws: InterchangeError.self) { try Model.reading(data) }
        }
        #expect(throws: InterchangeError.self) {
            try Model(contentsOfONNX: URL(fileURLWithPath: "/nonexistent/model.onnx"))
        }
    }

    @Test func damagedFilesAreRefusedOrReadNotCrashedOn() throws {
        let model = try Model(input: [.time, 6], seed: 1) {
            Conv1D(4, kernel: 3, stride: 2); BatchNorm(); ReLU(); MaxPool1D(2)
            LSTM(3, bidirectional: .concatenate, output: .allSteps); GRU(3, bidirectional: .sum, output: .allSteps)
            GlobalAveragePool(); Dense(3)
        }
        let data = try model.onnx(foldingBatchNorm: false)
        var generator = RandomKey(seed: 12).generator
        var refused = 0
        for trial in 0..<3000 {
            var copy = data
            if trial % 4 == 0 {
                copy = data.prefix(Int.random(in: 0..<data.count, using: &generator))
            } else {
                for _ in 0..<(1 + trial % 5) {
                    copy[Int.random(in: 0..<copy.count, using: &generator)] = UInt8.random(
                        in: 0...255, using: &generator)
                }
            }
            do { _ = try Model.reading(copy) } catch { refused += 1 }
        }
        #expect(refused > 1000)
    }
}
