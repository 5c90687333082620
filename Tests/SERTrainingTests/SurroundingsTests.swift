// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport
import SERTraining
import Testing

/// Augmentations that stand for surroundings do to log-mel bands what noise, rooms and lines do to samples.
@Suite struct SurroundingsTests {
    private static let mel = LogMel.speech(bands: 32, range: nil)

    private static func changed(
        _ augmentation: some Augmentation, _ features: FeatureMatrix, mel: LogMel = mel, seed: Int
    ) -> FeatureMatrix {
        var clip = AugmentedClip(features, mel: mel, key: RandomKey(seed: UInt64(seed)))
        augmentation.apply(to: &clip)
        return clip.features
    }

    /// Half a second of silence, a burst of noise of 0.1 s, and a second of silence.
    private static func burst(seed: Int) -> AudioClip {
        var generator = RandomKey(seed: UInt64(seed)).derived("burst").generator
        let samples = (0..<25_600).map { index in
            (8000..<9600).contains(index) ? Float(generator.drawFraction() - 0.5) / 2 : 0
        }
        return AudioClip(samples: samples, sampleRate: 16_000)
    }

    private static func powers(_ features: FeatureMatrix) -> [Double] {
        features.values.map { pow(10, Double($0) / 10) }
    }

    /// The mean power of each frame, over bands and seeds, in dB.
    private static func envelope(seeds: Range<Int>, _ features: (Int) throws -> FeatureMatrix) rethrows -> [Double] {
        var sums = [Double](repeating: 0, count: mel.frames(forSamples: 25_600))
        for seed in seeds {
            for (index, power) in powers(try features(seed)).enumerated() { sums[index / 32] += power }
        }
        return sums.map { 10 * log10($0 / Double(seeds.count * 32)) }
    }

    /// Sound in rooms of noise that dies away, by convolution of samples, has in the mean the bands that the
    /// augmentation makes of the dry ones.
    @Test func aRoomDoesToBandsWhatItDoesToSamples() throws {
        let room = Reverberation(seconds: 0.4...0.4, direct: 0...0)
        let wet = try Self.envelope(seeds: 0..<60) {
            try Self.mel.extract(
                Degradation.reverberation(rt60: 0.4).applied(to: Self.burst(seed: $0), seed: UInt64($0)))
        }
        let made = try Self.envelope(seeds: 0..<60) {
            Self.changed(room, try Self.mel.extract(Self.burst(seed: $0)), seed: $0)
        }
        let dry = try Self.envelope(seeds: 0..<60) { try Self.mel.extract(Self.burst(seed: $0)) }
        // The burst is in frames 50 to 60; 60 dB are fallen 0.4 s behind it.
        for frame in 50..<90 { #expect(abs(wet[frame] - made[frame]) < 1.5, "\(frame): \(wet[frame]) \(made[frame])") }
        #expect(dry[70] < made[70] - 30)
        // 150 dB a second.
        #expect(abs((made[70] - made[85]) / 0.15 - 150) < 15)
    }

    /// How much each band fluctuates in white noise is what it does in the augmentation's.
    @Test func noiseFluctuatesAsNoiseDoes() throws {
        var generator = RandomKey(seed: 9).derived("white").generator
        let samples = (0..<256_000).map { _ in
            Float((0..<12).reduce(-6) { sum, _ in sum + generator.drawFraction() }) / 10
        }
        let heard = try Self.mel.extract(AudioClip(samples: samples, sampleRate: 16_000))
        let quiet = FeatureMatrix(
            frames: heard.frames, coefficients: 32, values: [Float](repeating: -60, count: heard.values.count))
        let made = Self.changed(AddedNoise(from: -40, to: -40, babble: 0), quiet, seed: 3)
        func deviation(_ values: [Float]) -> Double {
            let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
            return (values.reduce(0) { $0 + pow(Double($1) - mean, 2) } / Double(values.count)).squareRoot()
        }
        func correlation(_ values: [Float]) -> Double {
            let mean = values.reduce(0, +) / Float(values.count), deviation = deviation(values)
            return zip(values, values.dropFirst()).reduce(0) { $0 + Double(($1.0 - mean) * ($1.1 - mean)) }
                / Double(values.count) / (deviation * deviation)
        }
        for band in 1..<32 {
            let (a, b) = (heard.column(band), made.column(band))
            #expect(abs(deviation(a) - deviation(b)) < 0.25 * deviation(a), "band \(band)")
            #expect(abs(correlation(a) - correlation(b)) < 0.15, "band \(band)")
        }
        #expect(deviation(heard.column(3)) > 2 * deviation(heard.column(30)), "narrow bands fluctuate more")
    }

    /// Slopes reach from white noise to brown.
    @Test func noiseHasColours() throws {
        let quiet = FeatureMatrix(frames: 100, coefficients: 32, values: [Float](repeating: -60, count: 3200))
        let slopes = (0..<60).map { seed in
            let means = Self.changed(AddedNoise(from: -40, to: -40, babble: 0), quiet, seed: seed).row(50)
            return means[means.startIndex + 31] - means[means.startIndex + 2]
        }
        #expect(slopes.contains { $0 > 3 } && slopes.contains { $0 < -20 })
    }

    @Test func aLineCarriesAPartOfTheSpectrum() throws {
        let centers = Self.mel.filters.centers(sampleRate: 16_000)
        let loud = FeatureMatrix(frames: 3, coefficients: 32, values: [Float](repeating: -20, count: 96))
        var widest: Set<Int> = []
        for seed in 0..<80 {
            let line = Self.changed(BandLimit(low: 0...300, high: 3400...8000), loud, seed: seed)
            #expect(Array(line.row(0)) == Array(line.row(2)))
            for band in centers.indices where (300...3400).contains(centers[band]) { #expect(line[0, band] == -20) }
            #expect(line.values.allSatisfy { $0 <= -20 && $0 >= -100 })
            widest.insert((0..<32).filter { line[0, $0] == -20 }.count)
            let telephone = Self.changed(BandLimit(), loud, seed: seed)
            #expect(telephone[0, 0] < -20 && telephone[0, 31] <= -20 - 30 * Float(log2(centers[31] / 4000)))
        }
        #expect(widest.count > 5)
    }

    /// Soft moments of high bands become silence, loud ones and low bands stay.
    @Test func aCodecLeavesOutWhatIsSoft() throws {
        let centers = Self.mel.filters.centers(sampleRate: 16_000)
        var generator = RandomKey(seed: 3).derived("levels").generator
        let clip = FeatureMatrix(
            frames: 50, coefficients: 32, values: (0..<1600).map { _ in Float(generator.drawFraction() * 40 - 60) })
        for seed in 0..<20 {
            let coded = Self.changed(LossyCoding(edge: 2000...2000, share: 0.5...0.5), clip, seed: seed)
            var silences: Set<Float> = []
            for band in 0..<32 {
                let (before, after) = (clip.column(band), coded.column(band))
                let gone = before.indices.filter { before[$0] != after[$0] }
                let share = min(1, max(0, log2(centers[band] / 2000))) * 0.5
                #expect(gone.count == Int(share * 50), "band \(band)")
                silences.formUnion(gone.map { after[$0] })
                let loudest = gone.map { before[$0] }.max() ?? -100
                #expect(before.indices.allSatisfy { gone.contains($0) || before[$0] >= loudest })
            }
            #expect(silences.count == 1 && silences.allSatisfy { (-100 ... -70).contains($0) })
        }
    }

    @Test func whatHasNoFloorOrNoPowersIsRefused() throws {
        var relative = Self.mel
        relative.compression = .decibels(Decibels(reference: .maximum))
        #expect(throws: AugmentationError.self) { try BandLimit().validate(for: relative) }
        #expect(throws: AugmentationError.self) { try LossyCoding().validate(for: relative) }
        var magnitudes = Self.mel
        magnitudes.quantity = .magnitude
        for augmentation in [BandLimit(), LossyCoding(), Reverberation(), AddedNoise()] as [any Augmentation] {
            #expect(throws: AugmentationError.self) { try augmentation.validate(for: magnitudes) }
            #expect(throws: AugmentationError.self) { try augmentation.validate(for: MFCC(.librosa)) }
            try augmentation.validate(for: Self.mel)
        }
        for wrong in [AddedNoise(from: -60, to: -50), AddedNoise(from: .nan, to: 3), AddedNoise(from: 1, to: .nan)] {
            #expect(throws: AugmentationError.self) { try wrong.validate(for: Self.mel) }
        }
        for wrong in [Reverberation(seconds: 0...1), Reverberation(direct: -3...70), Reverberation(seconds: 1...30)] {
            #expect(throws: AugmentationError.self) { try wrong.validate(for: Self.mel) }
        }
        for wrong in [
            BandLimit(low: 0...4000), BandLimit(high: 4000...9000), BandLimit(low: -1...0),
            BandLimit(high: -5...10), LossyCoding(share: 0...2), LossyCoding(edge: 0...1),
        ] as [any Augmentation] {
            #expect(throws: AugmentationError.self) { try wrong.validate(for: Self.mel) }
        }
    }

    /// On the natural scale a line loses the same decibels, and its floor is the features' own.
    @Test func naturalScalesLoseTheSame() throws {
        var natural = Self.mel
        natural.compression = .natural(least: 1e-10)
        let loud = FeatureMatrix(frames: 1, coefficients: 32, values: [Float](repeating: -4.605_170_2, count: 32))
        let decibels = FeatureMatrix(frames: 1, coefficients: 32, values: [Float](repeating: -20, count: 32))
        for seed in 0..<10 {
            let a = Self.changed(BandLimit(), loud, mel: natural, seed: seed)
            let b = Self.changed(BandLimit(), decibels, seed: seed)
            #expect(zip(a.values, b.values).allSatisfy { abs($0 / 0.230_258_51 - $1) < 1e-3 })
        }
    }
}
