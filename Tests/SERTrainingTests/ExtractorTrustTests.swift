// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERTestSupport
import SERTraining
import Testing

/// What an extractor of one's own may get wrong is told before a network is trained on it.
@Suite struct ExtractorTrustTests {
    /// Three loudnesses a frame of 100 samples, with one fault.
    struct Faulty: FeatureExtractor {
        static let kind = "faulty"
        enum Fault: String, Codable { case none, columns, notANumber, infinite, noFrames, frames, settings }

        var fault: Fault
        var sampleRate = 8000.0
        var coefficients: Int { 3 }
        func frames(forSamples samples: Int) -> Int { max(0, samples / 100) }
        func validate() throws(FeatureError) {
            if fault == .settings { throw .invalidSetting("a setting that cannot work") }
        }

        func extract(_ clip: AudioClip) throws(FeatureError) -> FeatureMatrix {
            let clip = try prepared(clip)
            let rows = fault == .noFrames ? 0 : frames(forSamples: clip.samples.count) + (fault == .frames ? 1 : 0)
            let columns = fault == .columns ? 4 : 3
            var values = (0..<rows * columns).map { clip.samples[min($0 * 31, clip.samples.count - 1)] }
            if fault == .notANumber { values[4] = .nan }
            if fault == .infinite { values[4] = -.infinity }
            return FeatureMatrix(frames: rows, coefficients: columns, values: values)
        }
    }

    private func message(_ fault: Faulty.Fault, _ network: () throws -> Model) throws -> String {
        let tones = try ToneCorpus(clips: 12)
        let trainer = Trainer(features: Faulty(fault: fault), duration: 0.3, epochs: 1, batchSize: 2)
        do {
            let trained = try trainer.fit(try network(), on: try tones.split, observe: { _ in })
            return "trained on all but \(trained.skipped.count)"
        } catch { return "\(error)" }
    }

    private func sequence() throws -> Model {
        try Model(input: [.time, 3], seed: 1) {
            GRU(4); Dense(2)
        }
    }

    @Test func sequencesWithFaultsAreNotTrainedOn() throws {
        #expect(try message(.none, sequence) == "trained on all but 0")
        #expect(try message(.frames, sequence) == "trained on all but 0")
        #expect(try message(.columns, sequence).contains("have 4 columns, but their extractor announces 3"))
        for fault in [Faulty.Fault.notANumber, .infinite] {
            #expect(try message(fault, sequence).contains("coefficient 1 of frame 1 is NaN or infinite"))
        }
        #expect(try message(.noFrames, sequence).contains("the features have no frames"))
        #expect(try message(.settings, sequence).contains("a setting that cannot work"))
    }

    @Test func imagesOfAnotherLengthThanAnnouncedAreNotTrainedOn() throws {
        func image() throws -> Model {
            try Model(input: [1, 3, 24], seed: 1) {
                Flatten(); Dense(2)
            }
        }
        #expect(try message(.none, image) == "trained on all but 0")
        #expect(try message(.frames, image).contains("the features have 25 frames, but their extractor announces 24"))
        func vector() throws -> Model { try Model(input: [3], seed: 1) { Dense(2) } }
        #expect(try message(.notANumber, vector).contains("NaN or infinite"))
    }

    @Test func oneSuchClipIsSkippedWithItsReason() throws {
        let tones = try ToneCorpus(clips: 12)
        let split = try tones.split
        var samples = [Float](repeating: 0.1, count: 4000)
        samples[2000] = 1e30
        let broken = split.train.clips[1].path
        try AudioFile.write(AudioClip(samples: samples, sampleRate: 8000), to: broken, format: .wavFloat)
        let trainer = Trainer(
            features: MFCC(.kaldi, sampleRate: 8000), duration: 0.5, epochs: 1, batchSize: 2)
        let network = try Model(input: [.time, 13], seed: 1) {
            GRU(4); Dense(2)
        }
        let trained = try trainer.fit(network, on: split, observe: { _ in })
        #expect(trained.skipped.map(\.path) == [broken])
    }
}
