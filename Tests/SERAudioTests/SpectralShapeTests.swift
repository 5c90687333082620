// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import Testing

/// Against librosa, with Tests/Fixtures/spectral_shape.py; and what holds of any sound.
@Suite struct SpectralShapeTests {
    private func stft(_ settings: ReferenceSettings) -> STFT {
        STFT(
            fftLength: settings.int("n_fft") ?? 2048, windowLength: settings.int("win_length"),
            hop: settings.int("hop_length") ?? 512, window: settings.text("window") == "hamming" ? .hamming : .hann)
    }

    private func extractor(_ item: ReferenceCase, rate: Double) -> (any FeatureExtractor)? {
        let s = item.settings, stft = stft(s)
        switch item.feature {
        case "spectral_centroid": return SpectralCentroid(sampleRate: rate, stft: stft)
        case "spectral_bandwidth": return SpectralBandwidth(sampleRate: rate, stft: stft, power: s.number("p") ?? 2)
        case "spectral_flatness":
            return SpectralFlatness(sampleRate: rate, stft: stft, least: Float(s.number("amin") ?? 1e-10))
        case "spectral_rolloff":
            return SpectralRollOff(sampleRate: rate, stft: stft, share: s.number("roll_percent") ?? 0.85)
        case "spectral_contrast":
            return SpectralContrast(
                sampleRate: rate, stft: stft, octaves: s.int("n_bands") ?? 6, lowest: s.number("fmin") ?? 200,
                share: s.number("quantile") ?? 0.02)
        default: return nil
        }
    }

    @Test func agreeWithLibrosa() throws {
        let reference = try AudioReference("shape", sounds: AudioReference.folder)
        #expect(reference.cases.count == 81)
        for item in reference.cases {
            let clip = try AudioFile.read(at: reference.url(item.input))
            let features = try #require(extractor(item, rate: clip.sampleRate))
            let found = try features.extract(clip)
            #expect(found.frames == features.frames(forSamples: clip.samples.count))
            #expect(features.columns.count == features.coefficients)
            // A valley of a single bin beside a loud tone is little more than what single precision rounds off.
            let isContrast = item.feature == "spectral_contrast"
            reference.compare(found, with: item, absolute: isContrast ? 0.15 : 1e-4, relative: 2e-4)
            let far = zip(found.values, reference.expected(item)).filter { abs($0 - $1) > 1e-3 + 2e-4 * abs($1) }
            #expect(far.count <= found.values.count / 20, "\(item)")
        }
    }

    @Test func silenceIsDefined() throws {
        let silence = AudioClip(samples: [Float](repeating: 0, count: 4000), sampleRate: 22_050)
        let zeros: [any FeatureExtractor] = [
            SpectralCentroid(), SpectralBandwidth(), SpectralRollOff(), SpectralContrast(),
        ]
        for features in zeros {
            let found = try features.extract(silence)
            #expect(found.values.allSatisfy { $0 == 0 })
        }
        let flatness = try SpectralFlatness().extract(silence)
        #expect(flatness.values.allSatisfy { abs($0 - 1) < 1e-5 })
    }

    @Test func settingsAreChecked() {
        let wrong: [any FeatureExtractor] = [
            SpectralCentroid(sampleRate: 0), SpectralBandwidth(power: 0), SpectralFlatness(least: 0),
            SpectralRollOff(share: 1), SpectralContrast(octaves: 0), SpectralContrast(octaves: 7),
            SpectralContrast(lowest: 0), SpectralContrast(share: 0), SpectralContrast(stft: STFT(fftLength: 64)),
            SpectralCentroid(stft: STFT(hop: 0)),
        ]
        for features in wrong {
            #expect(throws: FeatureError.self) { try features.validate() }
            #expect(features.frames(forSamples: 10_000) == 0)
        }
    }

    @Test func registryKnowsThem() {
        let kinds = FeatureRegistry.standard.kinds.filter { $0.hasPrefix("spectral") }
        #expect(
            kinds == [
                "spectralBandwidth", "spectralCentroid", "spectralContrast", "spectralFlatness", "spectralRollOff",
            ])
    }
}
