// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERReports
import SERSyntheticSpeech
import SERTestSupport
import SERTraining
import Testing

/// Outputs that are infinite or not numbers are errors and never emotions.
@Suite struct NotFiniteTests {
    private static let labels = ["a", "b", "c"]

    /// A recognizer whose network multiplies means of MFCCs by some weight: beyond 3.4e38 floats are infinite.
    private static func recognizer(weight: Float) throws -> Recognizer {
        var model = try Model(input: [13], seed: 1) { Dense(3) }
        model.parameters["dense1.weight"] = Tensor([Float](repeating: weight, count: 39), shape: [3, 13])
        let numbers = [
            "mean": [Double](repeating: 0, count: 13), "standardDeviation": [Double](repeating: 1, count: 13),
        ]
        return try Recognizer(
            model: model,
            pipeline: FeaturePipeline(for: [13], extractor: MFCC(.librosa, coefficients: 13), seconds: 1),
            standardization: JSONDecoder().decode(Standardization.self, from: JSONEncoder().encode(numbers)),
            labels: labels)
    }

    private static let clip = AudioClip(
        samples: (0..<11_025).map { Float(sin(Double($0) / 20)) / 2 }, sampleRate: 22_050)

    @Test(arguments: [Float.nan, .infinity, -.infinity, 3e38])
    func outputsThatAreNotFiniteAreNoEmotion(weight: Float) throws {
        let broken = try Self.recognizer(weight: weight)
        #expect(throws: RecognitionError.outputNotFinite) { try broken.recognize(Self.clip) }
        #expect(throws: ExplanationError.notFinite) { try broken.explain(Self.clip) }
    }

    @Test func hugeOutputsThatAreFiniteStillRecognise() throws {
        let prediction = try Self.recognizer(weight: 1e34).recognize(Self.clip)
        #expect(prediction.entries.allSatisfy { abs($0.probability - 1 / 3) < 1e-6 })
        #expect(throws: RecognitionError.features(.emptyClip)) {
            try Self.recognizer(weight: 1).recognize(AudioClip(samples: [], sampleRate: 22_050))
        }
    }

    @Test func aCorpusIsNotMeasuredByThem() throws {
        let folder = try TemporaryFolder()
        try SyntheticCorpus(words: 1).write(to: folder.url)
        let corpus = try Corpus(detecting: folder.url)
        var model = try Model(input: [13], seed: 1) { Dense(corpus.labels.count) }
        model.parameters["dense1.bias"] = Tensor([.nan] + [Float](repeating: 0, count: corpus.labels.count - 1))
        let sound = try Self.recognizer(weight: 1)
        var broken = try Recognizer(
            model: model, pipeline: sound.pipeline, standardization: sound.standardization, labels: corpus.labels)
        let part = Partition(.test, of: corpus)
        for measure in [
            { try broken.evaluate(part) }, { try broken.robustness(on: part) }, { try broken.calibrate(on: part) },
            { try EvaluationResults(broken, model: "broken", on: corpus) },
        ] as [() throws -> Any] {
            let error = #expect(throws: TrainingError.self) { _ = try measure() }
            guard case .outputNotFinite(let path, 14, 14) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(path == part.clips[0].path.path)
        }
    }

    @Test func noEvaluationIsMadeOfThem() throws {
        for bad in [Float.nan, .infinity, -.infinity] {
            #expect(throws: EvaluationError.notFinite(row: 1)) {
                try Evaluation(logits: [[0, 1], [bad, 1]], targets: [0, 1], labels: ["a", "b"])
            }
        }
        var results = try madeUpExperiment(clips: 30)
        results.runs[1].logits[7] = [.nan, 0, 1]
        let error = #expect(throws: ReportError.self) { try Report(results) }
        #expect(error?.description.contains("row 7") == true, "\(String(describing: error))")
    }
}
