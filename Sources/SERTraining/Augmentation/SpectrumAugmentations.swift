// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio

/// A recording that is louder or softer, of log-mel features.
public struct Gain: Augmentation {
    public static let kind = "gain"

    /// The greatest change in dB.
    public var decibels: Double

    /// A change of -`decibels` to `decibels` dB.
    public init(decibels: Double = 6) { self.decibels = decibels }

    public func validate(for features: any FeatureExtractor) throws(AugmentationError) {
        try Self.check(decibels, 0...60, "decibels")
        try Self.checkLogMel(features)
    }

    public func apply(to clip: inout AugmentedClip) {
        let change = Float(clip.draw(in: -decibels...decibels)) * clip.decibel
        clip.add([Float](repeating: change, count: clip.features.coefficients))
    }
}

/// The colour of another microphone or line, of log-mel features: a smooth curve over the bands, the sum of four cosines.
public struct Colouring: Augmentation {
    public static let kind = "colouring"

    /// The standard deviation of each cosine's height, in dB.
    public var decibels: Double

    /// A curve of cosines of so many dB.
    public init(decibels: Double = 2) { self.decibels = decibels }

    public func validate(for features: any FeatureExtractor) throws(AugmentationError) {
        try Self.check(decibels, 0...40, "decibels")
        try Self.checkLogMel(features)
    }

    public func apply(to clip: inout AugmentedClip) {
        let curve = clip.drawCurve(decibels: decibels)
        clip.add(curve.map { $0 * clip.decibel })
    }
}

extension AugmentedClip {
    /// A smooth curve over the columns: the sum of four cosines of heights that are drawn, in dB.
    mutating func drawCurve(decibels: Double) -> [Float] {
        let heights = (0..<4).map { _ in drawNormal() * decibels }
        let columns = features.coefficients
        return (0..<columns).map { column in
            let place = Double.pi * (Double(column) + 0.5) / Double(columns)
            return Float((0..<4).reduce(0) { $0 + heights[$1] * cos(place * Double($1 + 1)) })
        }
    }
}

/// A voice of another size: frequencies are multiplied, as of a longer or shorter vocal tract (Jaitly and Hinton, 2013),
/// of log-mel features.
public struct VocalTractLength: Augmentation {
    public static let kind = "vocalTractLength"

    /// The greatest factor of the frequencies; the least is 1 divided by it.
    public var most: Double

    /// Frequencies multiplied with a factor from 1 / `most` to `most`.
    public init(upTo most: Double = 1.08) { self.most = most }

    public func validate(for features: any FeatureExtractor) throws(AugmentationError) {
        try Self.check(most, 1...2, "factor")
        try Self.checkLogMel(features)
    }

    public func apply(to clip: inout AugmentedClip) {
        let factor = clip.drawFactor(upTo: most)
        guard let mel = clip.mel, clip.features.coefficients > 1 else { return }
        let centers = mel.filters.centers(sampleRate: mel.sampleRate)
        let places = centers.map { Self.place(of: $0 * factor, among: centers) }
        let columns = clip.features.coefficients, frames = clip.features.frames
        let old = clip.features.values
        clip.features.values.withUnsafeMutableBufferPointer { values in
            for frame in 0..<frames {
                let row = frame * columns
                for column in 0..<columns {
                    let (below, share) = places[column]
                    values[row + column] = old[row + below] + share * (old[row + below + 1] - old[row + below])
                }
            }
        }
    }

    /// Between which centres a frequency lies: the lower one, and how far it is towards the next.
    private static func place(of hertz: Double, among centers: [Double]) -> (below: Int, share: Float) {
        let below = min(max((centers.firstIndex { $0 > hertz } ?? centers.count) - 1, 0), centers.count - 2)
        let share = (hertz - centers[below]) / (centers[below + 1] - centers[below])
        return (below, Float(min(max(share, 0), 1)))
    }
}
