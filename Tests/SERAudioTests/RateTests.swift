// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import Testing

/// Presets at other rates than their own, against librosa, torch and kaldi_native_fbank; see
/// Tests/Fixtures/audio_rates.py.
@Suite struct RateTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        var preset: FeaturePreset
        var rate: Double
        var file: String?
        var frames: Int
        /// Of each coefficient over time.
        var mean: [Float]
        /// The first, the middle and the last frame.
        var rows: [[Float]]

        var testDescription: String { "\(preset.rawValue) at \(rate) Hz" }
    }

    static let cases: [Case] = {
        let file = AudioReference.folder.appendingPathComponent("rates.json")
        return (try? JSONDecoder().decode([Case].self, from: Data(contentsOf: file))) ?? []
    }()

    /// 0.4 s of two tones, one of which rises, and of noise, as 16-bit integers over 32768.
    private func sound(_ rate: Double) -> AudioClip {
        var state: UInt64 = 1
        let samples = (0..<Int(rate) * 2 / 5).map { index -> Float in
            let t = Double(index) / rate
            state = (state * 1_103_515_245 + 12_345) % (1 << 31)
            let noise = Double(state) / Double(1 << 30) - 1
            let tones = 0.3 * sin(2 * .pi * 220 * t) + 0.2 * sin(2 * .pi * (400 + 2000 * t) * t)
            return Float(((tones + 0.05 * noise) * 32_767).rounded(.toNearestOrEven) / 32_768)
        }
        return AudioClip(samples: samples, sampleRate: rate)
    }

    @Test func thereAreCasesOfAllPresets() {
        #expect(Self.cases.count == 33 && Set(Self.cases.map(\.preset)) == Set(FeaturePreset.allCases))
    }

    @Test(arguments: cases) func framesAreTheOriginals(_ item: Case) throws {
        let clip =
            try item.file.map {
                try AudioFile.read(at: AudioReference.folder.appendingPathComponent($0))
            } ?? sound(item.rate)
        let settings = MFCC(item.preset, coefficients: 13, sampleRate: item.rate)
        let features = try settings.extract(clip)
        #expect(features.frames == item.frames && settings.frames(forSamples: clip.samples.count) == item.frames)
        // torchaudio halves an odd rate to whole hertz, which moves every band a little.
        let isOdd = item.rate.truncatingRemainder(dividingBy: 2) != 0
        let tolerance: Float = item.preset == .torchaudio && isOdd ? 0.5 : 0.02
        var worst: Float = 0
        for (frame, row) in zip([0, item.frames / 2, item.frames - 1], item.rows) {
            for (value, expected) in zip(features.row(frame), row) { worst = max(worst, abs(value - expected)) }
        }
        for (index, expected) in item.mean.enumerated() {
            let mean = features.column(index).reduce(0, +) / Float(features.frames)
            worst = max(worst, abs(mean - expected))
        }
        #expect(worst <= tolerance, "off by \(worst)")
    }

    @Test func kaldiCountsInMilliseconds() throws {
        let clip = try AudioFile.read(at: AudioReference.folder.appendingPathComponent("rate8000.wav"))
        let features = try MFCC(.kaldi, sampleRate: 8000).extract(clip)
        #expect(features.frames == 148 && abs(features[0, 0] - 73.117) < 0.01)
        let expected = [
            8000: (200, 80, 256), 11_025: (275, 110, 512), 16_000: (400, 160, 512), 22_050: (551, 220, 1024),
            24_414: (610, 244, 1024), 44_100: (1102, 441, 2048), 48_000: (1200, 480, 2048), 96_000: (2400, 960, 4096),
        ]
        for (rate, (length, hop, fftLength)) in expected {
            let stft = LogMel(.kaldi, sampleRate: Double(rate)).stft
            #expect(stft.windowLength == length && stft.hop == hop && stft.fftLength == fftLength, "\(rate)")
        }
        #expect(LogMel(.kaldi).stft == LogMel(.kaldi, sampleRate: 16_000).stft)
        // Lengths are fitted once: who sets the rate later keeps them.
        var later = LogMel(.kaldi)
        later.sampleRate = 8000
        #expect(later.stft == LogMel(.kaldi).stft)
        for rate in [0, -1, .nan, .infinity, 1e300, 30] {
            #expect(throws: FeatureError.self) { try MFCC(.kaldi, sampleRate: rate).validate() }
        }
    }
}
