// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio

/// A codec of a low bit rate, of log-mel features: above an edge, the softer moments of a band are not coded at all, as
/// MP3 and AAC do, and are silent. An octave above the edge all of the share that is drawn is left out, below the edge
/// nothing.
public struct LossyCoding: Augmentation {
    public static let kind = "lossyCoding"

    /// The edge in Hz, its logarithm equally likely.
    public var edge: ClosedRange<Double>
    /// The share of the moments that is left out, 0...1.
    public var share: ClosedRange<Double>

    /// Edges and shares from two ranges; by default what MP3 at 16 to 32 kbit/s does to speech.
    public init(edge: ClosedRange<Double> = 1500...6000, share: ClosedRange<Double> = 0.2...0.95) {
        self.edge = edge
        self.share = share
    }

    public func validate(for features: any FeatureExtractor) throws(AugmentationError) {
        let most = try Self.checkFloor(features)
        for end in [edge.lowerBound, edge.upperBound] { try Self.check(end, 1...most, "edge") }
        for end in [share.lowerBound, share.upperBound] { try Self.check(end, 0...1, "share") }
    }

    public func apply(to clip: inout AugmentedClip) {
        guard let mel = clip.mel, let floor = mel.floor, clip.features.frames > 0 else { return }
        let from = edge.lowerBound * pow(edge.upperBound / edge.lowerBound, clip.random.drawFraction())
        let share = clip.draw(in: self.share)
        // Files of 16 bits are never quite silent.
        let silence = floor + Float(clip.draw(in: 0...30)) * clip.decibel
        let columns = clip.features.coefficients, frames = clip.features.frames
        for (band, center) in mel.filters.centers(sampleRate: mel.sampleRate).enumerated() where center > from {
            let left = Int(share * min(1, log2(center / from)) * Double(frames))
            let least = clip.features.column(band).sorted()[min(left, frames - 1)]
            for index in stride(from: band, to: frames * columns, by: columns) where clip.features.values[index] < least
            {
                clip.features.values[index] = min(clip.features.values[index], silence)
            }
        }
    }
}
