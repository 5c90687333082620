// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERSupport
import SERTestSupport
import SERTraining
import Testing

/// What augmentations do to a clip, each by what its definition says.
@Suite struct AugmentationTests {
    private static let mel = LogMel.speech(bands: 16, range: nil)

    /// 40 frames whose every value tells its frame and band.
    private static let numbered = FeatureMatrix(
        frames: 40, coefficients: 16, values: (0..<640).map { Float($0 / 16) + Float($0 % 16) / 100 })

    private static func changed(
        _ augmentation: some Augmentation, _ features: FeatureMatrix = numbered, others: [FeatureMatrix] = [],
        seed: UInt64 = 1
    ) -> FeatureMatrix {
        var clip = AugmentedClip(features, mel: mel, others: others, key: RandomKey(seed: seed))
        augmentation.apply(to: &clip)
        return clip.features
    }

    @Test func theSameKeyChangesAClipTheSameWay() throws {
        for augmentation in ([any Augmentation].voices + .anywhere).map({ $0 is Crop ? Crop(frames: 30) : $0 }) {
            try augmentation.validate(for: Self.mel)
            let a = Self.changed(augmentation, seed: 5), b = Self.changed(augmentation, seed: 5)
            #expect(a == b, "\(augmentation)")
            let seeds = (0..<20).map { Self.changed(augmentation, seed: $0) }
            #expect(seeds.contains { $0 != seeds[0] }, "\(augmentation) never changes")
            #expect(seeds.allSatisfy { $0.values.allSatisfy(\.isFinite) })
        }
    }

    @Test func aStretchTakesWholeFramesInOrder() {
        var lengths: Set<Int> = []
        for seed in 0..<50 {
            let clip = Self.changed(TimeStretch(upTo: 1.25), seed: UInt64(seed))
            lengths.insert(clip.frames)
            #expect((32...50).contains(clip.frames))
            let first = clip.column(0)
            #expect(first == first.sorted() && Set(first).isSubset(of: Self.numbered.column(0)))
            #expect(first.first == 0 && first[first.count - 1] >= 38)
        }
        #expect(lengths.count > 8)
    }

    @Test func aCropIsAPartOfLongClipsAndRepeatsShortOnes() {
        var starts: Set<Float> = []
        for seed in 0..<100 {
            let clip = Self.changed(Crop(frames: 25), seed: UInt64(seed))
            #expect(clip.frames == 25 && clip.column(0) == (0..<25).map { clip[0, 0] + Float($0) })
            starts.insert(clip[0, 0])
        }
        #expect(starts.min() == 0 && starts.max() == 15)
        #expect(Self.changed(Crop(frames: 90)).column(0) == (0..<90).map { Float($0 % 40) })
        #expect(Crop(frames: 90).frames(after: 3) == 90 && Sometimes(0.5, Gain()).frames(after: 3) == 3)
    }

    @Test func masksLeaveMeansAndNothingElseChanged() {
        let means = (0..<16).map { band in Float(19.5) + Float(band) / 100 }
        for seed in 0..<50 {
            let clip = Self.changed(TimeMasks(1, upTo: 10), seed: UInt64(seed))
            let masked = (0..<40).filter { clip.row($0) != Self.numbered.row($0) }
            #expect(masked.count <= 10)
            if let first = masked.first, let last = masked.last { #expect(last - first + 1 <= 10) }
            for frame in masked {
                for band in 0..<16 { #expect(abs(clip[frame, band] - means[band]) < 1e-4) }
            }
            let bands = Self.changed(FrequencyMasks(1, upTo: 4), seed: UInt64(seed))
            let gone = (0..<16).filter { bands.column($0) != Self.numbered.column($0) }
            #expect(gone.count <= 4 && (gone.isEmpty || gone == Array(gone[0]...gone[gone.count - 1])))
            for band in gone { #expect(bands.column(band).allSatisfy { abs($0 - means[band]) < 1e-4 }) }
        }
    }

    @Test func gainAndColourChangeBandsAsAWhole() {
        let louder = Self.changed(Gain(decibels: 6))
        let change = louder[0, 0] - Self.numbered[0, 0]
        #expect(change != 0 && abs(change) <= 6)
        #expect(zip(louder.values, Self.numbered.values).allSatisfy { abs($0 - $1 - change) < 1e-4 })
        let coloured = Self.changed(Colouring(decibels: 2))
        let curve = (0..<16).map { coloured[0, $0] - Self.numbered[0, $0] }
        #expect(Set(curve).count > 8 && abs(curve.reduce(0, +)) < 1e-2, "cosines add up to nothing over the bands")
        for frame in 0..<40 {
            for band in 0..<16 { #expect(abs(coloured[frame, band] - Self.numbered[frame, band] - curve[band]) < 1e-4) }
        }
    }

    /// On a natural scale a decibel is ln(10) / 10.
    @Test func decibelsAreThoseOfTheFeaturesScale() {
        var natural = Self.mel
        natural.compression = .natural(least: 1e-10)
        var clip = AugmentedClip(Self.numbered, mel: natural, key: RandomKey(seed: 1))
        Gain(decibels: 6).apply(to: &clip)
        let change = Self.changed(Gain(decibels: 6))[0, 0] - Self.numbered[0, 0]
        #expect(abs(clip.features[0, 0] - Self.numbered[0, 0] - change * 0.230_258_5) < 1e-4)
    }

    /// A peak moves to where its frequency, multiplied, lies.
    @Test func anotherVocalTractMovesPeaks() {
        let centers = Self.mel.filters.centers(sampleRate: 16_000)
        var peaks: Set<Int> = []
        for seed in 0..<60 {
            let peak = FeatureMatrix(
                frames: 2, coefficients: 16, values: (0..<32).map { $0 % 16 == 8 ? 10 : -Float(abs($0 % 16 - 8)) })
            let clip = Self.changed(VocalTractLength(upTo: 1.5), peak, seed: UInt64(seed))
            #expect(Array(clip.row(0)) == Array(clip.row(1)))
            let row = Array(clip.row(0))
            let loudest = row.indices.max { row[$0] < row[$1] } ?? 0
            peaks.insert(loudest)
            #expect(centers[loudest] > centers[8] / 1.8 && centers[loudest] < centers[8] * 1.8)
        }
        #expect(peaks.contains { $0 < 8 } && peaks.contains { $0 > 8 })
        let still = Self.changed(VocalTractLength(upTo: 1))
        #expect(zip(still.values, Self.numbered.values).allSatisfy { abs($0 - $1) < 1e-3 })
    }

    /// The power that is added stands to the clip's as the ratio says.
    @Test(arguments: [0.0, 1.0]) func noiseHasTheRatioThatIsDrawn(babble: Double) {
        let voice = FeatureMatrix(
            frames: 60, coefficients: 16, values: (0..<960).map { Float(-40 + 10 * sin(Double($0))) })
        let others = (1...4).map { scale in
            FeatureMatrix(
                frames: 30 + scale, coefficients: 16,
                values: (0..<16 * (30 + scale)).map { Float(-60 + Double(scale) * cos(Double($0))) })
        }
        for seed in 0..<10 {
            let noisy = Self.changed(
                AddedNoise(from: 10, to: 10, babble: babble), voice, others: others, seed: UInt64(seed))
            func power(_ matrix: FeatureMatrix) -> Double {
                matrix.values.reduce(0) { $0 + pow(10, Double($1) / 10) }
            }
            #expect(abs((power(noisy) - power(voice)) / power(voice) - 0.1) < 1e-3)
            #expect(zip(noisy.values, voice.values).allSatisfy { $0 >= $1 - 1e-3 })
        }
    }

    @Test func whatIsAppliedSometimesIsAppliedAsOften() {
        let count = (0..<1000).count { seed in
            Self.changed(Sometimes(0.3, Gain(decibels: 6)), seed: UInt64(seed)) != Self.numbered
        }
        #expect((250...350).contains(count))
    }

    @Test func settingsThatMakeNoSenseAndOtherFeaturesAreRefused() throws {
        let wrong: [any Augmentation] = [
            TimeStretch(upTo: 0.5), Crop(frames: 0), TimeMasks(-1), FrequencyMasks(2, upTo: 17), Gain(decibels: .nan),
            Colouring(decibels: -1), VocalTractLength(upTo: 3), AddedNoise(from: 20, to: 10), Sometimes(1.5, Gain()),
            Sometimes(0.5, Gain(decibels: -1)),
        ]
        for augmentation in wrong {
            #expect(throws: AugmentationError.self, "\(augmentation)") { try augmentation.validate(for: Self.mel) }
        }
        let mfcc = MFCC(.librosa, coefficients: 20)
        for augmentation in [Gain(), Colouring(), VocalTractLength(), AddedNoise()] as [any Augmentation] {
            let error = #expect(throws: AugmentationError.self) { try augmentation.validate(for: mfcc) }
            #expect(error?.description.contains("mfcc") == true)
        }
        for augmentation in [TimeStretch(), TimeMasks(), FrequencyMasks(), Crop(frames: 9)] as [any Augmentation] {
            try augmentation.validate(for: mfcc)
        }
    }
}

/// Augmentations in a training: only what trains is changed, and the same each time.
@Suite struct AugmentedTrainingTests {
    private static func trainer(_ augmentation: [any Augmentation], epochs: Int = 3) -> Trainer {
        Trainer(
            features: LogMel.speech(bands: 16, sampleRate: 16_000), augmentation: augmentation, duration: 2,
            epochs: epochs, batchSize: 8, seed: 3)
    }

    private static func network() throws -> Model {
        try Model(input: [.time, 16], seed: 2) {
            StatisticsPooling(); Dense(2)
        }
    }

    private static let all: [any Augmentation] = .voices.map { $0 is Crop ? Crop(frames: 30) : $0 }.map {
        $0 is FrequencyMasks ? FrequencyMasks(1, upTo: 3) : $0
    }

    /// What an augmentation makes softer than the features tell apart is heard as if it were no softer, as in clips that
    /// nothing changed.
    @Test func changedClipsKeepTheRangeOfTheFeatures() throws {
        struct Pause: Augmentation {
            static let kind = "pause"
            let decibels: Float
            func validate(for features: any FeatureExtractor) {}
            func apply(to clip: inout AugmentedClip) {
                let loudest = clip.features.values.max() ?? 0
                for index in 0..<clip.features.coefficients { clip.features.values[index] = loudest - decibels }
            }
        }
        let tones = try ToneCorpus()
        let split = try tones.split
        func losses(_ decibels: Float, range: Double?) throws -> [Double] {
            var trainer = Self.trainer([Pause(decibels: decibels)], epochs: 2)
            trainer.features = LogMel.speech(bands: 16, range: range)
            return try trainer.fit(try Self.network(), on: split).history.epochs.map(\.trainLoss)
        }
        let limited = try (losses(40, range: 40), losses(500, range: 40))
        let unlimited = try (losses(40, range: nil), losses(500, range: nil))
        withExtendedLifetime(tones) {}
        #expect(limited.0 == limited.1 && unlimited.0 != unlimited.1)
    }

    /// Augmentations that break every clip leave validation and test as they are.
    @Test func nothingButTheTrainingPartIsChanged() throws {
        let tones = try ToneCorpus()
        let split = try tones.split
        struct Silence: Augmentation {
            static let kind = "silence"
            func validate(for features: any FeatureExtractor) {}
            func apply(to clip: inout AugmentedClip) {
                for index in clip.features.values.indices { clip.features.values[index] = 0 }
            }
        }
        var trainer = Self.trainer([Silence()], epochs: 1)
        trainer.optimizer = .sgd(learningRate: 0)
        var plain = trainer
        plain.augmentation = []
        let (network, store) = (try Self.network(), FeatureStore())
        let changed = try trainer.fit(network, on: split, store: store)
        let unchanged = try plain.fit(network, on: split, store: store)
        #expect(changed.history.epochs[0].validationLoss == unchanged.history.epochs[0].validationLoss)
        #expect(changed.history.epochs[0].trainLoss != unchanged.history.epochs[0].trainLoss)
        #expect(changed.recognizer.standardization == unchanged.recognizer.standardization)
        #expect(try changed.evaluate(split.test) == unchanged.evaluate(split.test))
    }

    @Test func theSameSeedGivesTheSameBitsAndEpochsDiffer() throws {
        let tones = try ToneCorpus()
        let split = try tones.split
        let network = try Self.network()
        func weights(_ trainer: Trainer) throws -> [[Float]] {
            try trainer.fit(network, on: split).recognizer.model.parameters.tensors.map(\.scalars)
        }
        let trainer = Self.trainer(Self.all)
        #expect(try weights(trainer) == weights(trainer))
        var other = trainer
        other.seed = 4
        #expect(try weights(other) != weights(trainer))
        // Without any update of the weights, losses differ as clips do.
        var still = trainer
        still.optimizer = .sgd(learningRate: 0)
        let losses = try still.fit(network, on: split).history.epochs.map(\.trainLoss)
        #expect(Set(losses).count == 3)
    }

    @Test func trainingGoesOnFromACheckpointWithTheSameBits() throws {
        let tones = try ToneCorpus(), folder = try TemporaryFolder()
        let split = try tones.split
        let network = try Self.network(), file = folder.url.appendingPathComponent("c")
        let whole = try Self.trainer(Self.all, epochs: 4).fit(network, on: split)
        _ = try Self.trainer(Self.all, epochs: 2).fit(
            network, on: split, checkpoint: Checkpoint(at: file, resume: true))
        let rest = try Self.trainer(Self.all, epochs: 4)
            .fit(network, on: split, checkpoint: Checkpoint(at: file, resume: true))
        #expect(
            rest.recognizer.model.parameters.tensors.map(\.scalars)
                == whole.recognizer.model.parameters.tensors.map(\.scalars))
        let error = #expect(throws: TrainingError.self) {
            _ = try Self.trainer([Crop(frames: 30)], epochs: 5)
                .fit(network, on: split, checkpoint: Checkpoint(at: file, resume: true))
        }
        #expect(error.map { "\($0)".contains("augmentation") } == true, "\(String(describing: error))")
    }

    @Test func whatCannotBeChangedIsToldBeforeAnySoundIsRead() throws {
        let tones = try ToneCorpus()
        let split = try tones.split
        var trainer = Self.trainer([Gain(decibels: -3)])
        #expect(throws: TrainingError.self) { try trainer.fit(Self.network(), on: split) }
        trainer.augmentation = [Gain()]
        let frames = trainer.features.frames(forSamples: 32_000)
        let image = try Model(input: [1, 16, .fixed(frames)]) {
            Flatten(); Dense(2)
        }
        let error = #expect(throws: TrainingError.self) { try trainer.fit(image, on: split) }
        #expect(error.map { "\($0)".contains("augmentation") } == true)
    }

    @Test func serNetTrainsByItsOwnRecipe() throws {
        let tones = try ToneCorpus()
        var trainer = Architecture.serNet.trainer
        trainer.epochs = 2
        trainer.batchSize = 8
        let outcome = try Architecture.serNet.candidate(trainer).tested(on: try tones.split)
        #expect(outcome.trained.history.epochs.count == 2)
        #expect(outcome.recognizer.model.parameterCount == 289_162)
        #expect(outcome.recognizer.pipeline.extractor as? LogMel == LogMel.speech())
        #expect(outcome.recognizer.pipeline.span == .atMost(seconds: 6))
    }

    /// Neither a louder recording nor another microphone changes what SERNet reads.
    @Test func serNetIsBlindToWhatIsTheSameThroughoutAClip() throws {
        let model = try Architecture.serNet.model(classes: 4, coefficients: 64, seed: 3)
        let x = Tensor.normal([2, 50, 64], standardDeviation: 5, key: RandomKey(seed: 1))
        let colour = Tensor.normal([1, 1, 64], standardDeviation: 10, key: RandomKey(seed: 2))
        let plain = model(x, lengths: [50, 31]).scalars, coloured = model(x + colour + 20, lengths: [50, 31]).scalars
        #expect(zip(plain, coloured).allSatisfy { abs($0 - $1) < 1e-3 })
        #expect(Set(plain).count == 8)
    }
}
