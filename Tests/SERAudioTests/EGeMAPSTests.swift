// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import Testing

/// Against the openSMILE package, on sounds that Tests/Fixtures/egemaps.py makes; and what holds of any sound.
@Suite struct EGeMAPSTests {
    private static let reference = Result { try AudioReference("egemaps", sounds: AudioReference.folder) }

    /// The columns that come of formants, which openSMILE finds in single precision from equations that are all but
    /// singular.
    private static func isOfFormants(_ name: String) -> Bool {
        name.hasPrefix("F1") || name.hasPrefix("F2") || name.hasPrefix("F3") || name.hasPrefix("logRelF0-H1-A3")
    }

    private func clip(_ item: ReferenceCase) throws -> AudioClip {
        switch item.input {
        case "silence": return Self.silence(8000)
        case "click":
            var click = Self.silence(960)
            click.samples[500] = 20_000 / 32_768
            return click
        default: return try AudioFile.read(at: try Self.reference.get().url(item.input))
        }
    }

    private static func silence(_ count: Int) -> AudioClip {
        AudioClip(samples: [Float](repeating: 0, count: count), sampleRate: 16_000)
    }

    /// Noise and tones with pauses, the same each time.
    private static func speechlike(_ count: Int, rate: Double = 16_000, gain: Float = 1) -> AudioClip {
        var state: UInt32 = 1
        let samples = (0..<count).map { index -> Float in
            state = state &* 1_664_525 &+ 1_013_904_223
            let time = Double(index) / rate
            let phase = 2 * Double.pi * (150 * time + 30 * sin(3 * time) / 3)
            let voice =
                (1...20).reduce(0.0) { $0 + sin(Double($1) * phase) / Double($1) } * (sin(9 * time) > -0.4 ? 0.2 : 0)
            return gain * (Float(voice) + 0.002 * (Float(state >> 8) / Float(1 << 23) - 1))
        }
        return AudioClip(samples: samples, sampleRate: rate)
    }

    private func value(_ name: String, of clip: AudioClip) throws -> Float {
        let column = try #require(EGeMAPS().columns.firstIndex(of: .named(name)))
        return try EGeMAPS().extract(clip)[0, column]
    }

    @Test func columnsAreOpenSMILEs() throws {
        let file = AudioReference.folder.appendingPathComponent("egemaps_names.json")
        let names = try JSONDecoder().decode([String: [String]].self, from: try Data(contentsOf: file))
        #expect(EGeMAPS().columns == names["egemaps"]?.map { .named($0) })
        #expect(EGeMAPSDescriptors().columns == names["egemapsLLD"]?.map { .named($0) })
        #expect(EGeMAPS().coefficients == 88 && EGeMAPSDescriptors().coefficients == 25)
    }

    @Test func functionals() throws {
        let reference = try Self.reference.get()
        let cases = reference.cases.filter { $0.feature == "egemaps" }
        #expect(cases.count == 6)
        for item in cases {
            let found = try EGeMAPS().extract(try clip(item)), expected = reference.expected(item)
            #expect([found.frames, found.coefficients] == item.shape)
            for (column, name) in EGeMAPS().columns.enumerated() {
                let (a, b) = (found[0, column], expected[column])
                let share: Float = Self.isOfFormants(name.description) ? 0.02 : 1e-3
                #expect(abs(a - b) <= 1e-5 + share * abs(b), "\(item.input ?? ""): \(name) \(a), expected \(b)")
            }
        }
    }

    @Test func descriptors() throws {
        let reference = try Self.reference.get()
        let cases = reference.cases.filter { $0.feature == "egemapsLLD" }
        #expect(cases.count == 6)
        for item in cases {
            let found = try EGeMAPSDescriptors().extract(try clip(item)), values = reference.expected(item)
            #expect([found.frames, found.coefficients] == item.shape)
            let expected = FeatureMatrix(frames: found.frames, coefficients: 25, values: values)
            for (column, name) in EGeMAPSDescriptors().columns.enumerated() {
                let pairs = zip(found.column(column), expected.column(column))
                let largest = expected.column(column).map(abs).max() ?? 0
                // A single root can be far off where two are close to each other.
                let close = Self.isOfFormants(name.description) ? 5e-3 : 1e-4
                let off = pairs.filter { abs($0 - $1) > 1e-5 + Float(close) * largest }
                let allowed = Self.isOfFormants(name.description) ? found.frames / 10 : 0
                #expect(
                    off.count <= allowed, "\(item.input ?? ""): \(name) is off in \(off.count) frames: \(off.prefix(2))"
                )
            }
        }
    }

    @Test(arguments: [0, 1, 319, 320, 959, 960, 961, 1119, 1120, 1280, 1601])
    func lengths(_ count: Int) throws {
        let clip = Self.speechlike(count)
        for features in [EGeMAPS(), EGeMAPSDescriptors()] as [any FeatureExtractor] {
            let frames = features.frames(forSamples: count)
            if count < 960 {
                #expect(frames == 0)
                let error = #expect(throws: FeatureError.self) { _ = try features.extract(clip) }
                #expect(
                    error == (count == 0 ? .emptyClip : .tooShort(samples: count, needed: 960, sampleRate: 16_000)))
            } else {
                let found = try features.extract(clip)
                #expect(found.frames == frames && found.coefficients == features.coefficients)
                #expect(found.values.allSatisfy { $0.isFinite })
            }
        }
    }

    /// Sounds that recordings seldom hold: none of them may lead to what is not a number.
    @Test(arguments: [1e-38, 1e-20, 1e-6, 1, 1e5] as [Float])
    func anySoundGivesNumbers(_ gain: Float) throws {
        let sounds: [(Int) -> Float] = [
            { _ in 1 }, { $0 % 2 == 0 ? 1 : -1 }, { $0 == 3000 ? 1 : 0 }, { Float($0) / 6000 },
            { $0 < 3000 ? 0 : sin(Float($0)) }, { $0 / 145 % 2 == 0 ? 1 : -1 }, { Float($0 % 16) - 8 },
            { $0 % 291 == 0 ? 1 : 0 }, { sin(Float.pi / 8 * Float($0)) * sin(0.001 * Float($0)) },
        ]
        for (index, sound) in sounds.enumerated() {
            let clip = AudioClip(samples: (0..<6000).map { gain * sound($0) }, sampleRate: 16_000)
            for features in [EGeMAPS(), EGeMAPSDescriptors()] as [any FeatureExtractor] {
                let found = try features.extract(clip)
                #expect(found.values.allSatisfy { $0.isFinite }, "sound \(index)")
            }
        }
    }

    @Test func silenceHasNoVoice() throws {
        let clip = Self.silence(16_000)
        for name in ["F0semitoneFrom27.5Hz_sma3nz_amean", "jitterLocal_sma3nz_stddevNorm", "VoicedSegmentsPerSec"] {
            #expect(try value(name, of: clip) == 0)
        }
        #expect(try value("equivalentSoundLevel_dBp", of: clip) == -120)
        #expect(try value("F2amplitudeLogRelF0_sma3nz_amean", of: clip) == -201)
    }

    @Test func pitchIsThatOfTheVoice() throws {
        let samples = (0..<16_000).map { index in
            (1...15).reduce(Float(0)) { $0 + sin(2 * Float.pi * 220 * Float($1) * Float(index) / 16_000) / Float($1) }
                / 4
        }
        let found = try EGeMAPSDescriptors().extract(AudioClip(samples: samples, sampleRate: 16_000))
        let pitch = try #require(EGeMAPSDescriptors().columns.firstIndex(of: .named("F0semitoneFrom27.5Hz_sma3nz")))
        // Three octaves above 27.5 Hz.
        #expect(found.column(pitch).dropLast(3).allSatisfy { abs($0 - 36) < 0.1 })
    }

    @Test func gainChangesLoudnessAlone() throws {
        let (loud, quiet) = (Self.speechlike(24_000), Self.speechlike(24_000, gain: 0.5))
        let (a, b) = (try EGeMAPS().extract(loud), try EGeMAPS().extract(quiet))
        // openSMILE's slopes change with the level too.
        let columns = EGeMAPS().columns.map(\.description).enumerated().filter { !$1.hasPrefix("slope") }
        for (column, name) in columns {
            let expected: Float
            switch name {
            case "equivalentSoundLevel_dBp": expected = a[0, column] - 20 * log10(2)
            case let name where name.hasPrefix("loudness_") && !name.hasSuffix("stddevNorm"):
                expected = a[0, column] * pow(0.5, 0.66)
            case let name where name.hasPrefix("spectralFlux") && name.hasSuffix("amean"): expected = a[0, column] / 2
            default: expected = a[0, column]
            }
            let share: Float = Self.isOfFormants(name) ? 0.02 : 2e-3
            #expect(
                abs(b[0, column] - expected) <= 1e-4 + share * abs(expected), "\(name): \(b[0, column]), \(expected)")
        }
    }

    @Test func otherRatesAreResampled() throws {
        let clip = Self.speechlike(22_050, rate: 22_050)
        let (found, resampled) = (try EGeMAPS().extract(clip), try EGeMAPS().extract(try clip.resampled(to: 16_000)))
        #expect(found == resampled)
        #expect(throws: FeatureError.self) { try EGeMAPS(sampleRate: 22_050).validate() }
        #expect(throws: FeatureError.self) { _ = try EGeMAPSDescriptors(sampleRate: 8000).extract(clip) }
        #expect(EGeMAPS(sampleRate: 8000).frames(forSamples: 9000) == 0)
    }

    @Test func framesAreSixtyMillisecondsLong() {
        let features = EGeMAPSDescriptors()
        #expect(features.frames(forSamples: 16_000) == 96)
        #expect(features.time(ofFrame: 0) == 0.03 && abs(features.time(ofFrame: 7) - 0.1) < 1e-12)
    }

    @Test func manyThreadsGiveTheSame() async throws {
        let clips = (0..<8).map { Self.speechlike(9600 + 800 * $0) }
        let alone = try clips.map { try EGeMAPS().extract($0) }
        try await withThrowingTaskGroup(of: (Int, FeatureMatrix).self) { group in
            for (index, clip) in clips.enumerated() { group.addTask { (index, try EGeMAPS().extract(clip)) } }
            for try await (index, found) in group { #expect(found == alone[index]) }
        }
    }

    @Test func registryKnowsThem() throws {
        let kinds = FeatureRegistry.standard.kinds
        #expect(kinds.contains("egemaps") && kinds.contains("egemapsLLD"))
        let json = try JSONEncoder().encode(EGeMAPS())
        #expect(try JSONDecoder().decode(EGeMAPS.self, from: json) == EGeMAPS())
    }
}
