// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels

/// Recognizers whose files are read and damaged: together they hold layers of all sorts.
enum Recognizers {
    static func all() throws -> [Recognizer] {
        [
            try recognizer(
                Model(input: [26], seed: 1) {
                    Dense(16); GELU(); Dropout(0.1); Dense(3)
                }),
            try recognizer(
                Model(input: [.time, 13], seed: 2) {
                    Conv1D(8, kernel: 3, padding: .same, groups: 1)
                    BatchNorm()
                    ReLU()
                    MaxPool1D(2)
                    GRU(6, layers: 2, bidirectional: .concatenate, output: .allSteps)
                    LayerNorm()
                    GlobalAveragePool()
                    Dense(3)
                }),
            try recognizer(
                Model(input: [1, 13, 44], seed: 3) {
                    Conv2D(4, kernel: 3, padding: .same)
                    BatchNorm()
                    ReLU()
                    MaxPool2D(2)
                    AveragePool2D(2, padding: .all(1))
                    Permute([1, 2, 0])
                    Reshape([1, .any])
                    LSTM(5)
                    Block("head") {
                        ELU()
                        Dense(3)
                    }
                }),
            try recognizer(
                Model(input: [.time, 13], seed: 4) {
                    RNN(12); LeakyReLU(); Dense(3, initializer: .orthogonal())
                }),
        ]
    }

    /// Further ones, of layers that came after the first samples were written.
    static func later() throws -> [Recognizer] {
        [
            try recognizer(
                Model(input: [.time, 13], seed: 5) {
                    Residual {
                        Dense(13)
                        MultiHeadSelfAttention(heads: 1)
                    }
                    TimeDistributed(Dense(8))
                    Bidirectional(Conv1D(6, kernel: 3, padding: .causal))
                    AttentionPooling()
                    Dense(3)
                }),
            try recognizer(
                Model(input: [.time, 13], seed: 6) {
                    SqueezeExcitation()
                    Parallel(merge: Concatenate()) {
                        GRU(4)
                        StatisticsPooling()
                    }
                    Dense(3)
                }),
        ]
    }

    /// Files of the present format, to be read by every later version: Tests/Fixtures/modelfiles.
    static func writeSamples(to folder: URL) throws {
        var expected: [String: [Float]] = [:]
        for (index, recognizer) in try all().enumerated() {
            let storage = [WeightStorage.float32, .float32, .float16, .bfloat16][index % 4]
            let file = folder.appendingPathComponent("format1-\(index).safetensors")
            try recognizer.save(to: file, storage: storage)
            let prediction = try Recognizer(contentsOf: file).recognize(noise(seconds: 0.5))
            expected[file.lastPathComponent] = recognizer.labels.map { prediction[$0] ?? -1 }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        try encoder.encode(expected).write(to: folder.appendingPathComponent("format1.json"))
    }

    static func recognizer(_ model: Model, coefficients: Int = 13, seconds: Double = 1) throws -> Recognizer {
        let pipeline = try FeaturePipeline(
            for: model.graph.input, extractor: MFCC(.librosa, coefficients: coefficients), seconds: seconds)
        let columns = model.graph.input.rank == 1 ? model.graph.input.count ?? 0 : coefficients
        let numbers = [
            "mean": [Double](repeating: 0.5, count: columns),
            "standardDeviation": [Double](repeating: 20, count: columns),
        ]
        let scale = try JSONDecoder().decode(Standardization.self, from: JSONEncoder().encode(numbers))
        let labels = (0..<(model.graph.output.count ?? 0)).map { "label \($0)" }
        return try Recognizer(
            model: model, pipeline: pipeline, standardization: scale, labels: labels,
            provenance: Provenance(texts: ["corpus": "none", "seed": "1"]))
    }

    /// Noise of so many seconds at 22,050 Hz.
    static func noise(seconds: Double) -> AudioClip {
        let samples = Tensor.uniform([Int(seconds * 22_050)], low: -0.5, high: 0.5, key: RandomKey(seed: 8)).scalars
        return AudioClip(samples: samples, sampleRate: 22_050)
    }
}
