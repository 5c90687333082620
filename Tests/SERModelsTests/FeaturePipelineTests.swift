// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import Testing

@Suite struct FeaturePipelineTests {
    private let mfcc = MFCC(.librosa, coefficients: 40)

    @Test func theNetworksInputDecidesTheArrangement() throws {
        #expect(try FeaturePipeline(for: [.time, 40], extractor: mfcc, seconds: 3).arrangement == .sequence)
        #expect(try FeaturePipeline(for: [40], extractor: mfcc, seconds: 3).arrangement == .vector([.mean]))
        #expect(
            try FeaturePipeline(for: [80], extractor: mfcc, seconds: 3).arrangement
                == .vector([.mean, .standardDeviation]))
        let image = try FeaturePipeline(for: [1, 40, 130], extractor: mfcc, seconds: 3)
        #expect(image.arrangement == .image && image.span == .exactly(seconds: 3))
    }

    @Test func functionalsOfAClipAreItsVector() throws {
        let samples = (0..<32_000).map { Float($0 % 100) / 200 - 0.25 }
        let clip = AudioClip(samples: samples, sampleRate: 16_000)
        let pipeline = try FeaturePipeline(for: [88], extractor: EGeMAPS(), seconds: 3)
        #expect(pipeline.arrangement == .vector([.mean]))
        let matrix = try pipeline.matrix(of: clip), functionals = try EGeMAPS().extract(clip)
        #expect(matrix == functionals)
    }

    @Test func unfitInputsSayWhatWouldFit() {
        let frames = #expect(throws: ShapeError.self) {
            try FeaturePipeline(for: [1, 40, 100], extractor: mfcc, seconds: 3)
        }
        #expect(frames?.description.contains("130") == true)
        #expect(throws: ShapeError.self) { try FeaturePipeline(for: [.time, 13], extractor: mfcc, seconds: 3) }
        // What networks of fixed length are told, and a duration that fits an image.
        for (input, hint) in [([50, 40], "number of frames open"), ([40, 50], "swap the axes")] as [(Shape, String)] {
            let error = #expect(throws: ShapeError.self) {
                try FeaturePipeline(for: input, extractor: mfcc, seconds: 3)
            }
            #expect(error?.hint.contains(hint) == true, "\(String(describing: error))")
        }
        for count in [1, 2, 50, 77, 130, 1000] {
            let image = Shape([1, 40, .fixed(count)])
            let error = #expect(throws: ShapeError.self) {
                try FeaturePipeline(for: image, extractor: mfcc, seconds: 7)
            }
            let told = error?.hint.firstMatch(of: /or a duration of ([0-9.]+) s\./).flatMap { Double($0.1) }
            #expect(throws: Never.self) { try FeaturePipeline(for: image, extractor: mfcc, seconds: told ?? -1) }
        }
        #expect(throws: ShapeError.self) { try FeaturePipeline(for: [.time, 40], extractor: mfcc, seconds: .nan) }
        #expect(throws: ShapeError.self) { try FeaturePipeline(for: [.time, 40], extractor: mfcc, seconds: 1e9) }
    }

    @Test func clipsAreCutAndFilledAsTheSpanSays() throws {
        let short = AudioClip(samples: [Float](repeating: 0.1, count: 22_050), sampleRate: 22_050)
        let long = AudioClip(samples: [Float](repeating: 0.1, count: 5 * 44_100), sampleRate: 44_100)
        let sequence = try FeaturePipeline(for: [.time, 40], extractor: mfcc, seconds: 3)
        #expect(try sequence.matrix(of: short).frames == 44)
        #expect(try sequence.matrix(of: long).frames == 130)
        let image = try FeaturePipeline(for: [1, 40, 130], extractor: mfcc, seconds: 3)
        #expect(try image.matrix(of: short).frames == 130)
        #expect(try image.matrix(of: long).frames == 130)
        #expect(throws: FeatureError.self) { try image.matrix(of: AudioClip(samples: [], sampleRate: 22_050)) }
    }

    /// Whatever part of a clip is heard, silence before it is trimmed where the pipeline says so; where it does not, the
    /// features are what they were.
    @Test(arguments: [ListeningWindow.beginning, .speech]) func silenceIsTrimmedInEitherWindow(window: ListeningWindow)
        throws
    {
        let voice = Tensor.uniform([22_050], low: -0.5, high: 0.5, key: RandomKey(seed: 2)).scalars
        let clip = AudioClip(samples: [Float](repeating: 0, count: 22_050) + voice, sampleRate: 22_050)
        var pipeline = try FeaturePipeline(for: [.time, 40], extractor: mfcc, seconds: 3, window: window)
        let whole = try pipeline.matrix(of: clip), expected = try mfcc.extract(clip)
        #expect(whole == expected)
        pipeline.trimming = SilenceTrimming(decibels: 40, margin: 0)
        let heard = try pipeline.features(of: pipeline.hear(clip).clip), trimmed = try pipeline.matrix(of: clip)
        #expect(trimmed == heard && trimmed.frames < 50 && whole.frames > 80)
    }

    @Test func vectorsAreMeansOverFrames() throws {
        let samples = Tensor.uniform([20_000], low: -0.5, high: 0.5, key: RandomKey(seed: 1)).scalars
        let clip = AudioClip(samples: samples, sampleRate: 22_050)
        let matrix = try mfcc.extract(clip)
        let vector = try FeaturePipeline(for: [40], extractor: mfcc, seconds: 3).matrix(of: clip)
        for column in 0..<40 {
            let mean = matrix.column(column).reduce(0, +) / Float(matrix.frames)
            #expect(abs(vector[0, column] - mean) < 1e-3)
        }
    }

    /// Mean and deviation of 1, 2, 3, 6 and of 10, 10, 10, 10.
    @Test func standardisationMatchesItsDefinition() throws {
        let matrices = [
            FeatureMatrix(frames: 3, coefficients: 2, values: [1, 10, 2, 10, 3, 10]),
            FeatureMatrix(frames: 1, coefficients: 2, values: [6, 10]),
        ]
        let standardization = Standardization(fitting: matrices)
        #expect(standardization.mean == [3, 10])
        #expect(abs(standardization.standardDeviation[0] - 3.5.squareRoot()) < 1e-12)
        let applied = standardization.apply(to: matrices[1])
        #expect(abs(applied[0, 0] - 3 / Float(3.5).squareRoot()) < 1e-5)
        #expect(applied[0, 1] == 0)
    }
}
