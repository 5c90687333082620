// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERTestSupport
import Testing

/// h' = h / 2 + tanh(W x + U h) / 2: a cell of a user's own.
private struct LeakyUnit: RecurrentCell {
    static let kind = "leakyUnit"
    var units: Int

    func parameters(inputs: Int) -> [Declaration] {
        [
            Declaration("weight_ih", shape: [units, inputs], initializer: .glorotUniform),
            Declaration("weight_hh", shape: [units, units], initializer: .orthogonal()),
        ]
    }

    func step(_ x: Tensor, state: [Tensor], parameters p: CellParameters) -> [Tensor] {
        let sum = linear(x, weight: p["weight_ih"]) + linear(state[0], weight: p["weight_hh"])
        return [(state[0] + tanh(sum)) / 2]
    }
}

private func recognizer(_ model: Model) throws -> Recognizer {
    let pipeline = try FeaturePipeline(for: model.graph.input, extractor: MFCC(.librosa, coefficients: 40), seconds: 3)
    let object = ["mean": [Double](repeating: 0, count: 40), "standardDeviation": [Double](repeating: 1, count: 40)]
    let standardization = try JSONDecoder().decode(
        Standardization.self, from: JSONSerialization.data(withJSONObject: object))
    return try Recognizer(
        model: model, pipeline: pipeline, standardization: standardization, labels: ["a", "b", "c"])
}

/// Networks of the layers over time in a model: trained-looking weights, saved, read back, the same bits.
@Suite struct LayerCodingTests {
    private func network(@NetworkBuilder _ layers: () -> Block) throws -> Model {
        try Model(input: [.time, 40], seed: 3) {
            layers()
            Dense(3)
        }
    }

    private func everything() throws -> Model {
        try network {
            SqueezeExcitation(reduction: 4)
            TimeDistributed(Dense(12))
            Bidirectional(Conv1D(6, kernel: 3, padding: .causal, dilation: 2))
            MultiHeadSelfAttention(heads: 3)
            AdditiveSelfAttention(units: 5)
            Recurrent(LeakyUnit(units: 8), layers: 2, direction: .bidirectional, output: .allSteps)
            Recurrent(LeakyUnit(units: 8), direction: .reverse, output: .allSteps)
            AttentionPooling(units: 4)
        }
    }

    @Test func layersOverTimeComeBackWithTheSameBits() throws {
        let folder = try TemporaryFolder()
        let file = folder.path("model.safetensors")
        let layers = try LayerRegistry.standard.adding(Recurrent<LeakyUnit>.self)
        let attentive = try network {
            MeanNormalization(); AttentiveStatisticsPooling(units: 3, heads: 2, epsilon: 1e-4)
            SpeakerNorm(epsilon: 1e-2)
        }
        let pooled = try network { StatisticsPooling() }
        for model in [try everything(), pooled, attentive] {
            try recognizer(model).save(to: file)
            let copy = try Recognizer(contentsOf: file, layers: layers).model
            let x = Tensor.normal([3, 9, 40], key: RandomKey(seed: 1))
            #expect(copy(x, lengths: [9, 4, 6]).scalars == model(x, lengths: [9, 4, 6]).scalars)
            #expect(copy.parameters.paths == model.parameters.paths)
        }
        #expect(throws: ModelFileError.self) {
            try recognizer(try everything()).save(to: file)
            _ = try Recognizer(contentsOf: file)
        }
    }

    /// A padded batch gives each clip the output it gets alone, through all of them together.
    @Test func paddingChangesNothingInTheWholeNetwork() throws {
        let model = try everything()
        let lengths = [17, 1, 9, 30]
        let x = Tensor.normal([4, 30, 40], key: RandomKey(seed: 2))
        let together = model(x, lengths: lengths).scalars
        for (row, length) in lengths.enumerated() {
            let alone = Array(x.scalars[row * 30 * 40..<(row * 30 + length) * 40])
            let logits = model(Tensor(alone, shape: [1, length, 40])).scalars
            for (a, b) in zip(logits, together[row * 3..<row * 3 + 3]) { #expect(abs(a - b) < 1e-5) }
        }
    }

    /// In inference, where weights are kept packed between calls, the two ways keep weights of their own.
    @Test(arguments: [1, 4]) func bidirectionalKeepsTheWeightsOfBothWays(batch: Int) throws {
        var wrapped = try network { Bidirectional(GRU(6)) }
        let builtIn = try network { GRU(6, bidirectional: .concatenate) }
        for (path, tensor) in zip(builtIn.parameters.paths, builtIn.parameters.tensors) {
            wrapped.parameters[path.replacingOccurrences(of: "gru1", with: "bidirectional1")] = tensor
        }
        for seed in 0..<3 {
            let x = Tensor.normal([batch, 9, 40], key: RandomKey(seed: UInt64(seed)))
            let expected = builtIn(x).scalars
            for (a, b) in zip(wrapped(x).scalars, expected) { #expect(abs(a - b) < 1e-5) }
        }
    }

    @Test func pathsAndSummaryNameThem() throws {
        let model = try everything()
        let summary = model.summary()
        for kind in ["squeezeExcitation1", "timeDistributed1", "bidirectional1", "leakyUnit1", "leakyUnit2"] {
            #expect(summary.contains(kind))
        }
        for path in [
            "timeDistributed1.weight", "bidirectional1.weight_reverse", "multiHeadSelfAttention1.out_proj.weight",
            "leakyUnit1.weight_hh_l1_reverse", "attentionPooling1.vector",
        ] { #expect(model.parameters.contains(path)) }
    }

    /// A Lambda composes, trains and is in the summary; saving it says why it cannot be, and what to do.
    @Test func aLambdaTrainsAndCannotBeSaved() throws {
        let model = try network {
            Lambda { x in log(x * x + 1) }
            GlobalAveragePool()
        }
        #expect(model.summary().contains("lambda1"))
        let x = Tensor.normal([3, 9, 40], key: RandomKey(seed: 3))
        try checkGradients(at: model.parameters) { parameters in
            model.run(x, lengths: [9, 4, 6], parameters: parameters, mode: .training(RandomKey(seed: 1))).output.values
        }
        let folder = try TemporaryFolder()
        let file = folder.path("model.safetensors")
        let error = #expect(throws: ModelFileError.self) { try recognizer(model).save(to: file) }
        #expect(error?.description.contains("function") == true && error?.description.contains("UnaryLayer") == true)
        #expect(!FileManager.default.fileExists(atPath: file.path))
    }
}
