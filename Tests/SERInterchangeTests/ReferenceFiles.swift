// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERInterchange
import SERModels
import Testing

private let environment = ProcessInfo.processInfo.environment

/// Writes what Scripts/check-interchange compares with onnxruntime and PyTorch: inputs and logits of trained models on
/// real clips, and of the random graphs. SER_INTERCHANGE names the folder, which holds the models.
@Suite(.enabled(if: environment["SER_INTERCHANGE"] != nil, "run by Scripts/check-interchange"))
struct ReferenceFiles {
    let folder = URL(fileURLWithPath: environment["SER_INTERCHANGE"] ?? "")

    @Test func randomGraphs() throws {
        for index in 0..<RandomGraphs.count {
            let (model, values, lengths) = try RandomGraphs.example(index)
            let name = "random\(index)"
            try write(name, values, lengths, model(values, lengths: lengths), in: folder)
            for isFolding in [true, false] {
                let file = folder.appendingPathComponent("\(name)\(isFolding ? "" : "-unfolded").onnx")
                try model.onnx(foldingBatchNorm: isFolding).write(to: file)
            }
        }
    }

    @Test func writtenOnlyGraphs() throws {
        for (index, model) in try WrittenOnlyGraphs.all().enumerated() {
            let lengths = model.graph.input.timeAxis == nil ? nil : [23, 9, 14]
            let shape = [3] + model.graph.input.dimensions.map { $0.length ?? 23 }
            let values = Tensor.normal(shape, key: RandomKey(seed: UInt64(index)))
            let name = "written\(index)"
            try write(name, values, lengths, model(values, lengths: lengths), in: folder)
            try model.onnx().write(to: folder.appendingPathComponent("\(name).onnx"))
        }
    }

    @Test(arguments: Architecture.report) func trainedModels(_ architecture: Architecture) throws {
        let name = architecture.rawValue
        let recognizer = try Recognizer(contentsOf: folder.appendingPathComponent("\(name).safetensors"))
        try recognizer.exportONNX(to: folder.appendingPathComponent("\(name).onnx"))
        try recognizer.exportONNX(
            to: folder.appendingPathComponent("\(name)-features.onnx"), ONNXOptions(includesFeatures: true))
        let files = try String(contentsOf: folder.appendingPathComponent("clips.txt"), encoding: .utf8)
            .split(separator: "\n").map { URL(fileURLWithPath: String($0)) }
        let extractor = recognizer.pipeline.extractor
        let clips = try files.map { try AudioFile.read(at: $0, sampleRate: extractor.sampleRate) }
        let matrices = try clips.map { try recognizer.pipeline.matrix(of: $0) }
        let examples = Examples(
            matrices, targets: clips.map { _ in 0 }, arrangement: recognizer.pipeline.arrangement,
            standardization: recognizer.standardization)
        let batch = examples.batch(Array(clips.indices))
        try write(name, batch.values, batch.lengths, recognizer.model(batch.values, lengths: batch.lengths), in: folder)
        try writeProbabilities(name, recognizer, clips)
    }

    /// Features of every definition, before a network that was not trained.
    @Test(arguments: FeatureCases.all.indices) func features(_ index: Int) throws {
        let (extractor, input) = FeatureCases.all[index]
        let files = try String(contentsOf: folder.appendingPathComponent("clips.txt"), encoding: .utf8)
            .split(separator: "\n").prefix(10).map { URL(fileURLWithPath: String($0)) }
        let clips = try files.map { try AudioFile.read(at: $0, sampleRate: extractor.sampleRate) }
        let recognizer = try FeatureCases.recognizer(extractor, input, clips)
        let name = "features\(index)"
        try recognizer.exportONNX(
            to: folder.appendingPathComponent("\(name)-features.onnx"), ONNXOptions(includesFeatures: true))
        try writeProbabilities(name, recognizer, clips)
    }

    private func writeProbabilities(_ name: String, _ recognizer: Recognizer, _ clips: [AudioClip]) throws {
        let probabilities = try clips.map { clip in
            let prediction = try recognizer.recognize(clip)
            return recognizer.labels.map { prediction[$0] ?? 0 }
        }
        try write(
            "\(name)-probabilities", Tensor(clips.flatMap(\.samples)), clips.map(\.samples.count),
            Tensor(probabilities.flatMap { $0 }, shape: [clips.count, recognizer.labels.count]), in: folder)
    }
}

/// Features whose every setting differs from the usual somewhere.
enum FeatureCases {
    static let all: [(extractor: any FeatureExtractor, input: Shape)] = {
        var windowed = MFCC(.librosa, coefficients: 13)
        windowed.logMel.stft = STFT(fftLength: 2048, windowLength: 1103, hop: 441, window: .hamming, edges: .nearest)
        windowed.lifter = .librosa(22)
        var magnitude = LogMel(.librosa, bands: 40)
        magnitude.quantity = .magnitude
        magnitude.compression = .decibels(Decibels(reference: .maximum, topDB: 60))
        var smooth = MFCC(.librosa, coefficients: 13)
        smooth.deltas = 2
        var wrapped = MFCC(.torchaudio, coefficients: 12)
        (wrapped.deltas, wrapped.deltaMode, wrapped.deltaWidth) = (1, .wrap, 5)
        var open = LogMel(.librosa, bands: 30, sampleRate: 16_000)
        open.stft.edges = .none
        open.compression = .none
        return [
            (MFCC(.librosaLegacy, coefficients: 20), [.time, 20]), (MFCC(.torchaudio), [.time, 40]),
            (MFCC(.kaldi), [.time, 13]), (windowed, [.time, 13]), (magnitude, [1, 40, .any]), (smooth, [.time, 39]),
            (wrapped, [.time, 24]), (open, [.time, 30]), (MFCC(.librosa, coefficients: 20), [80]),
            (LogMel(.kaldi), [46]),
        ]
    }()

    /// A small network on standardised features.
    static func recognizer(_ extractor: any FeatureExtractor, _ input: Shape, _ clips: [AudioClip]) throws -> Recognizer
    {
        let pipeline = try FeaturePipeline(for: input, extractor: extractor, seconds: 1.6)
        let model = try Model(input: input, seed: 6) {
            if input.rank == 3 { GlobalAveragePool() } else if input.rank == 2 { GRU(16) }
            Dense(16); ReLU()
            Dense(5)
        }
        return try Recognizer(
            model: model, pipeline: pipeline,
            standardization: Standardization(fitting: try clips.map { try pipeline.matrix(of: $0) }),
            labels: ["a", "b", "c", "d", "e"])
    }
}

/// A batch and what comes of it as float32 in a file, with the shapes beside it.
private func write(_ name: String, _ values: Tensor, _ lengths: [Int]?, _ results: Tensor, in folder: URL) throws {
    let numbers = values.scalars + results.scalars
    try numbers.withUnsafeBytes { Data($0) }.write(to: folder.appendingPathComponent("\(name).bin"))
    var shapes: [String: Any] = ["values": values.shape, "results": results.shape]
    shapes["lengths"] = lengths
    try JSONSerialization.data(withJSONObject: shapes).write(to: folder.appendingPathComponent("\(name).json"))
}
