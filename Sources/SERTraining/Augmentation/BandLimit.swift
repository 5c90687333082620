// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio

/// A line or an old microphone that carries a part of the spectrum, of log-mel features: all outside falls, by 30 to 120 dB
/// an octave, down to the least that the features know.
public struct BandLimit: Augmentation {
    public static let kind = "bandLimit"

    /// The lower edge in Hz, each value equally likely.
    public var low: ClosedRange<Double>
    /// The upper edge in Hz, its logarithm equally likely.
    public var high: ClosedRange<Double>

    /// Edges from two ranges, in Hz; those of telephones unless told otherwise.
    public init(low: ClosedRange<Double> = 200...400, high: ClosedRange<Double> = 3300...4000) {
        self.low = low
        self.high = high
    }

    public func validate(for features: any FeatureExtractor) throws(AugmentationError) {
        let most = try Self.checkFloor(features)
        for edge in [high.lowerBound, high.upperBound] { try Self.check(edge, 1...most, "high") }
        for edge in [low.lowerBound, low.upperBound] { try Self.check(edge, 0...high.lowerBound, "low") }
    }

    public func apply(to clip: inout AugmentedClip) {
        guard let mel = clip.mel, let floor = mel.floor else { return }
        let from = clip.draw(in: low)
        let to = high.lowerBound * pow(high.upperBound / high.lowerBound, clip.random.drawFraction())
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

extension Augmentation {
    /// Makes sure that features are log-mel bands in which silence has a value of its own.
    /// - Returns: The highest frequency in Hz that they have.
    static func checkFloor(_ features: any FeatureExtractor) throws(AugmentationError) -> Double {
        try checkLogMel(features)
        guard let mel = features as? LogMel, mel.floor != nil else {
            throw AugmentationError(
                kind: kind,
                reason: "silence has no value of its own in features whose 0 dB is the loudest moment of a clip; give "
                    + "them a fixed reference, or leave it out")
        }
        return mel.filters.highest ?? mel.sampleRate / 2
    }
}
