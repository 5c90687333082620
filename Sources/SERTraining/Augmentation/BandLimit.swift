// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio

/// A line, an old microphone or a codec of a low bit rate that carries a part of the spectrum, of log-mel features: all
/// outside falls, by 30 to 120 dB an octave, down to the least that the features know.
public struct BandLimit: Augmentation {
    public static let kind = "bandLimit"

    /// The highest lower edge and the lowest upper edge, in Hz: 300 and 3,400 are those of a telephone.
    public var low, high: Double

    /// Bands from 0 to `low` Hz on, up to `high` Hz to the highest of the features.
    public init(low: Double = 300, high: Double = 3400) {
        self.low = low
        self.high = high
    }

    public func validate(for features: any FeatureExtractor) throws(AugmentationError) {
        try Self.checkLogMel(features)
        guard let mel = features as? LogMel, mel.floor != nil else {
            throw AugmentationError(
                kind: Self.kind,
                reason: "silence has no value of its own in features whose 0 dB is the loudest moment of a clip; give "
                    + "them a fixed reference, or leave it out")
        }
        let most = mel.filters.highest ?? mel.sampleRate / 2
        try Self.check(low, 0...high, "low")
        try Self.check(high, 1...most, "high")
    }

    public func apply(to clip: inout AugmentedClip) {
        guard let mel = clip.mel, let floor = mel.floor else { return }
        let from = clip.draw(in: 0...low)
        let most = mel.filters.highest ?? mel.sampleRate / 2
        let to = high * pow(max(most / high, 1), clip.random.drawFraction())
        let slope = clip.draw(in: 30...120)
        let losses = mel.filters.centers(sampleRate: mel.sampleRate).map { center in
            let octaves = max(0, log2(center / to)) + (from > 0 ? max(0, log2(from / max(center, 1))) : 0)
            return Float(slope * octaves) * clip.decibel
        }
        clip.features.values.withUnsafeMutableBufferPointer { values in
            for index in values.indices { values[index] = max(values[index] - losses[index % losses.count], floor) }
        }
    }
}
