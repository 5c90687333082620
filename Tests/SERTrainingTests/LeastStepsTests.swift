// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERTestSupport
import SERTraining
import Testing

/// Clips that are shorter than a network's windows are told, by layer and least length.
@Suite struct LeastStepsTests {
    /// Windows of 8 with a stride of 4, twice: the second needs 8 results of the first, which 36 steps give.
    private static func network(_ classes: Int = 2) throws -> Model {
        try Model(input: [.time, 13], seed: 1) {
            Conv1D(16, kernel: 8, stride: 4)
            Conv1D(16, kernel: 8, stride: 4)
            GlobalAveragePool()
            Dense(classes)
        }
    }

    @Test func rowsOfTheLeastLengthGiveTheirOwnAnswer() throws {
        let network = try Self.network()
        let x = Tensor.normal([2, 40, 13], key: RandomKey(seed: 3))
        let answers = network(x, lengths: [36, 40]).scalars
        #expect(answers[0] != answers[2])
        let whole = network(Tensor.normal([1, 36, 13], key: RandomKey(seed: 3))).scalars
        #expect(whole[0].isFinite && whole[1].isFinite)
    }

    @Test func shorterRowsStopWithTheLayerAndTheLength() async throws {
        let padded = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = try LeastStepsTests.network()(Tensor.ones([2, 40, 13]), lengths: [40, 35])
        }
        let whole = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = try LeastStepsTests.network()(Tensor.ones([2, 7, 13]))
        }
        let long = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = try Model(input: [.time, 20]) { GRU(4) }(.ones([2, 5, 20]), lengths: [5, 9])
        }
        for (result, text) in [
            (padded, "row 1 of 'input' has 35 steps, and 'conv1d2' gets nothing from fewer than 36"),
            (whole, "row 0 of 'input' has 7 steps, and 'conv1d2' gets nothing from fewer than 36"),
            (long, "Model: 'input': row 1 has the length 9, but lengths go from 0 to 5"),
        ] {
            let message = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
            #expect(message.contains(text), "\(message)")
        }
    }

    @Test func recognitionSaysSo() throws {
        let pipeline = try FeaturePipeline(
            for: [.time, 13], extractor: MFCC(.kaldi, sampleRate: 8000), seconds: 3)
        let (zeros, ones) = ([Double](repeating: 0, count: 13), [Double](repeating: 1, count: 13))
        let numbers = ["mean": zeros, "standardDeviation": ones]
        let recognizer = try Recognizer(
            model: Self.network(), pipeline: pipeline,
            standardization: JSONDecoder().decode(Standardization.self, from: JSONEncoder().encode(numbers)),
            labels: ["a", "b"])
        func clip(_ count: Int) -> AudioClip {
            AudioClip(samples: (0..<count).map { Float(sin(Double($0) / 3)) / 2 }, sampleRate: 8000)
        }
        // 36 frames of 25 ms every 10 ms are 0.375 s.
        _ = try recognizer.recognize(clip(3000))
        let error = FeatureError.tooFewSteps(frames: 35, needed: 36, layer: "conv1d2")
        #expect(throws: RecognitionError.features(error)) { try recognizer.recognize(clip(2999)) }
        #expect(error.description.contains("'conv1d2' gets nothing from fewer than 36"))
        #expect(throws: ExplanationError.features(error)) { try recognizer.explain(clip(2999)) }
    }

    @Test func trainingSkipsSuchClipsOrRefusesThem() throws {
        // Clips of 0.3 to 0.69 s: 28 to 67 frames.
        let tones = try ToneCorpus()
        let split = try tones.split
        var trainer = Trainer(features: MFCC(.kaldi, sampleRate: 8000), duration: 1, epochs: 1, batchSize: 4)
        let trained = try trainer.fit(try Self.network(), on: split, observe: { _ in })
        let short = (split.train.clips + split.validation.clips).filter { clip in
            ((try? AudioFile.read(at: clip.path).samples.count) ?? 0) < 3000
        }
        #expect(!short.isEmpty && Set(trained.skipped.map(\.path)) == Set(short.map(\.path)))
        #expect(trained.skipped.allSatisfy { $0.reason.contains("'conv1d2' gets nothing from fewer than 36") })
        trainer.isStrict = true
        #expect(throws: TrainingError.self) { try trainer.fit(try Self.network(), on: split, observe: { _ in }) }
        trainer.isStrict = false
        trainer.duration = 0.3
        let error = #expect(throws: TrainingError.self) {
            try trainer.fit(try Self.network(), on: split, observe: { _ in })
        }
        #expect(error?.description.contains("fewer than 36") == true, "\(String(describing: error))")
    }

    @Test func eachInputHasItsOwnLeastLength() async throws {
        let message = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let network = try Model(inputs: ["speech": [.time, 4], "pitch": [.time, 2]]) {
                Block("speech side") {
                    Conv1D(8, kernel: 10); GlobalAveragePool()
                }.reading("speech")
                GRU(3).named("pitch side").reading("pitch")
                Concatenate().reading("speech side", "pitch side")
                Dense(2)
            }
            // One step of pitch is enough, nine of speech are not.
            _ = network(["speech": .ones([1, 10, 4]), "pitch": .ones([1, 1, 2])])
            _ = network(["speech": .ones([1, 9, 4]), "pitch": .ones([1, 30, 2])])
        }
        let text = String(decoding: try #require(message).standardErrorContent, as: UTF8.self)
        #expect(text.contains("row 0 of 'speech' has 9 steps") && text.contains("fewer than 10"), "\(text)")
    }

    @Test func aNetworkWithoutLayersIsRefused() {
        let error = #expect(throws: ShapeError.self) { try Model(input: [.time, 13]) {} }
        #expect(error?.description.contains("at least one layer") == true)
    }
}
