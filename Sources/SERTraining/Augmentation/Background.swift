// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERModels
import SERSupport

/// What augmentations put behind and around the voices of a training part: its other clips, and noise.
struct Background: Sendable {
    /// The log-mel features that the clips are; nil for others.
    let mel: LogMel?
    /// All clips of the training part.
    let clips: [FeatureMatrix]
    /// How white noise fluctuates in these bands; nil where the clips are no log-mel bands.
    let noise: NoisePowers?

    init(mel: LogMel?, clips: [FeatureMatrix]) {
        self.mel = mel
        self.clips = clips
        noise = mel.flatMap { NoisePowers.of($0) }
    }
}

/// White noise as log-mel features see it, before the logarithm: neighbouring frames share samples, and narrow bands
/// fluctuate more than wide ones. Numbers drawn for each cell alone would be told from noise at once.
struct NoisePowers: Sendable {
    /// [frames, bands], each band's mean over time being 1.
    let fluctuation: FeatureMatrix
    /// The mean of each band over that of all.
    let means: [Float]

    private static let cache = Cache<LogMel, NoisePowers>()
    /// About 16 s at 16 kHz.
    private static let samples = 1 << 18

    /// The noise of some features; nil where they cannot be computed.
    static func of(_ mel: LogMel) -> NoisePowers? {
        if let known = cache[mel] { return known }
        guard let made = NoisePowers(mel) else { return nil }
        cache[mel] = made
        return made
    }

    private init?(_ mel: LogMel) {
        var powers = mel
        powers.compression = .none
        let noise = NoiseColor.white.samples(
            Self.samples, sampleRate: mel.sampleRate, key: RandomKey(seed: 1).derived("background"))
        guard var matrix = try? powers.extract(AudioClip(samples: noise, sampleRate: mel.sampleRate)) else {
            return nil
        }
        let means = matrix.columnMeans()
        let mean = means.reduce(0, +) / Double(max(means.count, 1))
        guard matrix.frames > 0, mean > 0 else { return nil }
        // A band that no line of the transform falls into stays silent.
        let factors = means.map { $0 > 0 ? Float(1 / $0) : 0 }
        for index in matrix.values.indices { matrix.values[index] *= factors[index % factors.count] }
        fluctuation = matrix
        self.means = means.map { Float($0 / mean) }
    }
}

extension FeatureMatrix {
    /// The mean of each column, [coefficients]; zeros where there are no frames.
    func columnMeans() -> [Double] {
        columnSums { value, _ in value }.map { $0 / Double(max(frames, 1)) }
    }
}
