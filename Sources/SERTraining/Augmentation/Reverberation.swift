// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio

/// A room, of log-mel features: what was said lingers and dies away exponentially in every band, as Polack's model of
/// `RoomResponse` has it, and fluctuates as noise does. The clip keeps its level.
public struct Reverberation: Augmentation {
    public static let kind = "reverberation"

    /// In how many seconds sound falls by 60 dB; the logarithm is equally likely.
    public var seconds: ClosedRange<Double>
    /// The energy of the direct sound over that of all that follows, in dB.
    public var direct: ClosedRange<Double>

    /// Rooms of a range.
    /// - Parameters:
    ///   - seconds: In how many seconds sound falls by 60 dB, from 0.01 to 20.
    ///   - direct: The energy of the direct sound over that of all that follows, in dB.
    public init(seconds: ClosedRange<Double> = 0.15...1, direct: ClosedRange<Double> = -3...10) {
        self.seconds = seconds
        self.direct = direct
    }

    public func validate(for features: any FeatureExtractor) throws(AugmentationError) {
        for end in [seconds.lowerBound, seconds.upperBound] { try Self.check(end, 0.01...20, "seconds") }
        for end in [direct.lowerBound, direct.upperBound] { try Self.check(end, -40...60, "direct") }
        try Self.checkLogMel(features)
    }

    public func apply(to clip: inout AugmentedClip) {
        guard let mel = clip.mel else { return }
        let time = seconds.lowerBound * pow(seconds.upperBound / seconds.lowerBound, clip.random.drawFraction())
        let share = Float(pow(10, -clip.draw(in: direct) / 10))
        // What is left of a power from one frame to the next.
        let rest = Float(pow(10, -6 * Double(mel.stft.hop) / mel.sampleRate / time))
        let fluctuation = clip.drawFluctuation { $1 }
        guard fluctuation.count == clip.features.values.count else { return }
        var powers = clip.powers
        var tail = [Float](repeating: 0, count: clip.features.coefficients)
        for index in powers.indices {
            let band = index % tail.count
            tail[band] = rest * tail[band] + (1 - rest) * share * powers[index]
            powers[index] = (powers[index] + tail[band] * fluctuation[index]) / (1 + share)
        }
        clip.setPowers(powers)
    }
}
