// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import Testing

/// Features that are not finite, or not what their extractor announces, are errors, whatever the extractor.
@Suite struct FiniteFeatureTests {
    /// A tone with one sample that is finite and beyond what single precision can square.
    private static let huge: AudioClip = {
        var samples = (0..<8000).map { Float(0.3 * sin(Double($0) / 5)) }
        samples[4000] = 1e20
        return AudioClip(samples: samples, sampleRate: 16_000)
    }()

    private static let extractors: [any FeatureExtractor] =
        FeaturePreset.allCases.flatMap { preset -> [any FeatureExtractor] in
            [MFCC(preset, sampleRate: 16_000), LogMel(preset, sampleRate: 16_000)]
        } + [RMSEnergy(sampleRate: 16_000)]

    @Test(arguments: 0..<9) func samplesTooLargeToSquareGiveAnError(_ index: Int) {
        let error = #expect(throws: FeatureError.self) { try Self.extractors[index].extract(Self.huge) }
        #expect(error == .audio(.beyondScale(path: nil, seconds: 0.25, sample: 1e20)))
    }

    @Test func logarithmsDoNotHideThem() throws {
        // Without a ceiling below the loudest, infinite powers beside NaN would come out as the floor.
        let clip = chirp(count: 8000)
        var settings = LogMel(.kaldi)
        settings.stft.scale = 1e30
        #expect(throws: FeatureError.self) { try settings.extract(clip) }
        settings = LogMel(.librosa, sampleRate: 16_000)
        settings.stft.scale = 1e30
        settings.compression = .decibels(Decibels(topDB: nil))
        #expect(throws: FeatureError.self) { try settings.extract(clip) }
    }

    /// As `librosa.power_to_db`: what is no number is not taken for silence, and with a floor below the loudest, which is
    /// none then, nothing is known.
    @Test func decibelsKeepWhatIsNoNumber() throws {
        for place in [0, 5, 40] {
            var values = [Float](repeating: 2, count: 41)
            values[place] = .nan
            let power = FeatureMatrix(frames: 41, coefficients: 1, values: values)
            let free = try Decibels(topDB: nil)(power).values
            #expect(free.indices.allSatisfy { free[$0].isNaN == ($0 == place) }, "place \(place)")
            for decibels in [Decibels(), Decibels(reference: .maximum), Decibels(reference: .maximum, topDB: nil)] {
                let bounded = try decibels(power).values
                #expect(bounded.allSatisfy { $0.isNaN }, "place \(place)")
            }
        }
    }

    @Test func spectraAreCheckedToo() {
        #expect(throws: FeatureError.self) { try STFT().power(of: Self.huge) }
        #expect(throws: FeatureError.self) { try STFT().magnitude(of: Self.huge) }
        var broken = Self.huge
        broken.samples[100] = .nan
        #expect(throws: FeatureError.self) { try STFT().spectrum(of: broken) }
    }

    @Test func whatSingleSamplesOfFullScaleGiveIsFinite() throws {
        let clip = AudioClip(samples: [Float](repeating: 1e6, count: 8000), sampleRate: 16_000)
        for extractor in Self.extractors {
            let values = try extractor.extract(clip).values
            let isFinite = values.allSatisfy { $0.isFinite }
            #expect(isFinite)
        }
    }

    @Test func framesOfAnyNumberOfSamplesAreCounted() {
        for extractor in Self.extractors {
            #expect(extractor.frames(forSamples: .max) > 1_000_000 && extractor.frames(forSamples: .min) == 0)
        }
    }

    @Test func matricesThatDoNotFitStopWithAMessage() async throws {
        let joined = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let clip = AudioClip(samples: [Float](repeating: 0, count: 8000), sampleRate: 22_050)
            _ = try MFCC().extract(clip).joined(with: RMSEnergy(hop: 256).extract(clip))
        }
        let filled = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = FeatureMatrix(frames: 2, coefficients: 3, values: [1])
        }
        let transformed = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = DCT.orthonormal(FeatureMatrix(frames: 1, coefficients: 2, values: [1, 2]), coefficients: 3)
        }
        let fitted = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = AudioClip(samples: [1], sampleRate: 8000).fitted(to: -1)
        }
        for (result, text) in [
            (joined, "FeatureMatrix.joined: the numbers of frames differ: [16, 32]"),
            (filled, "FeatureMatrix: 1 values do not fill [2, 3]"),
            (transformed, "DCT.orthonormal: 3 coefficients of rows of 2"), (fitted, "AudioClip.fitted: -1.0 s"),
        ] {
            let message = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
            #expect(message.contains(text), "\(message)")
        }
    }
}
