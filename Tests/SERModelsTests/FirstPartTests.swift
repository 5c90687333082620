// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERTestSupport
import Testing

/// Reading only as much of a file as a model uses must not change what it makes of it.
@Suite struct FirstPartTests {
    @Test(arguments: [8000.0, 16_000, 22_050, 24_414, 44_100, 48_000])
    func theFirstSamplesAreThoseOfTheWholeFile(rate: Double) throws {
        let folder = try TemporaryFolder()
        for seconds in [0.2, 2.99, 3.0, 3.2, 3.7, 9.0] {
            let samples = Tensor.uniform([Int(seconds * rate)], low: -0.5, high: 0.5, key: RandomKey(seed: 8)).scalars
            let file = folder.path("\(seconds).wav")
            try AudioFile.write(AudioClip(samples: samples, sampleRate: rate), to: file)
            for wanted in [22_050.0, 16_000, rate] {
                let whole = try AudioFile.read(at: file, sampleRate: wanted)
                for count in [1, 4000, Int(3 * wanted), 100 * Int(wanted)] {
                    for window in ListeningWindow.allCases {
                        let listening = Listening(sampleRate: wanted, seconds: Double(count) / wanted, window: window)
                        let part = try listening.hear(file).clip
                        #expect(part.samples == Array(whole.samples.prefix(count)) && part.sampleRate == wanted)
                    }
                }
            }
        }
    }

    @Test(arguments: [Architecture.ann, .cnn, .gru])
    func longFilesAreRecognisedAsWhenTheyAreReadWhole(architecture: Architecture) throws {
        let folder = try TemporaryFolder()
        let model = try architecture.model(classes: 3, seed: 2)
        let pipeline = try FeaturePipeline(
            for: model.graph.input, extractor: MFCC(.librosa, coefficients: 40), seconds: 3)
        let scale = ["mean": [Double](repeating: 1, count: 40), "standardDeviation": [Double](repeating: 9, count: 40)]
        let recognizer = try Recognizer(
            model: model, pipeline: pipeline,
            standardization: try JSONDecoder().decode(Standardization.self, from: JSONEncoder().encode(scale)),
            labels: ["a", "b", "c"])
        let samples = Tensor.uniform([60 * 44_100], low: -0.5, high: 0.5, key: RandomKey(seed: 8)).scalars
        let file = folder.path("minute.wav")
        try AudioFile.write(AudioClip(samples: samples, sampleRate: 44_100), to: file)
        let whole = try recognizer.recognize(AudioFile.read(at: file, sampleRate: 22_050))
        #expect(try recognizer.recognize(contentsOf: file) == whole)
    }
}
