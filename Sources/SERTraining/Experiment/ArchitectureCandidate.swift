// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore
import SERModels
import SERSupport

extension Architecture {
    /// How the architecture is trained where nothing else is said: the report's five as the report trains them on MFCCs;
    /// SERNet on log-mel bands that are changed anew in every epoch, with steps that grow and then shrink, as the search
    /// found it (Benchmarks/VoicesSearch.md); the linear ones on the 88 eGeMAPS functionals of whole clips, up to 30 s.
    public var trainer: Trainer {
        switch self {
        case .linearSVM: return Trainer(linear: .supportVectors(), features: EGeMAPS())
        case .logisticRegression: return Trainer(linear: .logisticRegression(), features: EGeMAPS())
        case .cnn, .lstm, .ann, .gru, .rnn, .serNet: return gradientTrainer
        }
    }

    private var gradientTrainer: Trainer {
        guard self == .serNet else {
            return Trainer(
                features: MFCC(.librosa, coefficients: 40), epochs: 100, batchSize: batchSize,
                metrics: self == .ann ? [.precision, .recall, .auc] : [])
        }
        return Trainer(
            features: LogMel.speech(), augmentation: .voices, duration: 6, epochs: 40, batchSize: batchSize,
            optimizer: .adamW(learningRate: 0.002, beta2: 0.99, weightDecay: 0.02), schedule: Self.schedule(epochs: 40),
            clipping: .norm(2), loss: TrainingLoss(labelSmoothing: 0.1))
    }

    /// A tenth of the epochs in which steps grow to their full size, and half a cosine down to nothing.
    public static func schedule(epochs: Int) -> LearningRateSchedule {
        let growing = max(1, epochs / 10)
        return .warmUp(
            over: .epochs(growing), from: 1 / Double(growing + 1),
            then: .cosine(over: .epochs(max(1, epochs - growing))))
    }

    /// The architecture as a candidate of its own name, on the features of its trainer. Where the trainer standardises by
    /// speaker, SERNet normalises what it makes of clips by speaker instead of the bands that it reads.
    /// - Parameters:
    ///   - trainer: How it is trained; nil for ``trainer``.
    ///   - summary: What the ANN and the linear ones read of a clip.
    ///   - dropout: The share of values dropped in training; nil for the architecture's.
    public func candidate(
        _ trainer: Trainer? = nil, summary: ClipSummary = .means, dropout: Float? = nil
    ) -> Candidate {
        let trainer = trainer ?? self.trainer
        let features = trainer.features, duration = trainer.duration
        let normalizesSpeakers = trainer.standardizationScope == .speaker
        return Candidate(rawValue, trainer: trainer) { labels, seed in
            try model(
                classes: labels.count, coefficients: features.coefficients,
                frames: features.frames(forSamples: Int(saturating: duration * features.sampleRate)),
                summary: summary, normalizesSpeakers: normalizesSpeakers, dropout: dropout, seed: seed)
        }
    }
}

extension [any Augmentation] {
    /// What trains networks of log-mel bands for voices never heard: other tempos, other sizes of the voice, noise
    /// beside some of them, parts of 2.56 s, and bands and moments that are missing.
    public static var voices: [any Augmentation] {
        [
            TimeStretch(upTo: 1.1), Crop(frames: 256), VocalTractLength(upTo: 1.08),
            Sometimes(0.3, AddedNoise(from: 3, to: 25)), FrequencyMasks(2, upTo: 8), TimeMasks(2, upTo: 20),
        ]
    }

    /// What trains networks of log-mel bands that are to be used anywhere: as ``voices``, but half of the clips are heard
    /// with noise, some in a room, over a telephone or another line, or from a codec of a low bit rate. It costs a little
    /// where recordings are clean.
    public static var anywhere: [any Augmentation] { anywhere(upTo: 8000) }

    /// The same for bands that end at a frequency, in Hz: no line or codec begins to take away above it.
    package static func anywhere(upTo highest: Double) -> [any Augmentation] {
        func within(_ range: ClosedRange<Double>) -> ClosedRange<Double> {
            Swift.min(range.lowerBound, highest)...Swift.min(range.upperBound, highest)
        }
        return [
            TimeStretch(upTo: 1.1), Sometimes(0.25, Reverberation()), Crop(frames: 256), VocalTractLength(upTo: 1.08),
            Sometimes(0.5, AddedNoise(from: 0, to: 25, babble: 0.4)),
            Sometimes(0.2, BandLimit(high: within(3300...4000))),
            Sometimes(0.15, BandLimit(low: 0...100, high: within(4000...8000))),
            Sometimes(0.15, LossyCoding(edge: within(1500...6000))),
            FrequencyMasks(2, upTo: 8), TimeMasks(2, upTo: 20),
        ]
    }
}
