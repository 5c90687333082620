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

/// Noise beside the voice, added as power, of log-mel features: a hiss or hum of a colour that is drawn, or other clips
/// of the training part talking at once.
public struct AddedNoise: Augmentation {
    public static let kind = "addedNoise"

    /// The lowest and the highest ratio of the clip's mean power to the noise's, in dB.
    public var lowest, highest: Double
    /// How often the noise is of voices rather than of a colour, 0...1.
    public var babble: Double

    /// Noise at a ratio of signal to noise from `lowest` to `highest` dB.
    public init(from lowest: Double = 3, to highest: Double = 25, babble: Double = 0.5) {
        self.lowest = lowest
        self.highest = highest
        self.babble = babble
    }

    public func validate(for features: any FeatureExtractor) throws(AugmentationError) {
        try Self.check(lowest, -40...highest, "lowest")
        try Self.check(highest, -40...100, "highest")
        try Self.check(babble, 0...1, "babble")
        try Self.checkLogMel(features)
    }

    public func apply(to clip: inout AugmentedClip) {
        let ratio = clip.draw(in: lowest...highest)
        var noise = clip.random.drawFraction() < babble ? clip.drawBabble() : []
        if noise.isEmpty { noise = clip.drawHiss() }
        let natural = LogMel.naturalDecibel / clip.decibel, scale = clip.decibel / LogMel.naturalDecibel
        let values = clip.features.values
        var voice = 0.0, background = 0.0
        for index in values.indices {
            voice += Double(exp(values[index] * natural))
            background += Double(noise[index])
        }
        guard voice > 0, background > 0, voice.isFinite, background.isFinite else { return }
        let gain = Float(voice / background * pow(10, -ratio / 10))
        for index in values.indices {
            clip.features.values[index] = log(exp(values[index] * natural) + gain * noise[index] + 1e-30) * scale
        }
    }
}

extension AugmentedClip {
    /// Powers of noise of a colour that is drawn, as many as the clip has values: a curve, a slope of up to 15 dB
    /// downwards, and 4.5 dB of fluctuation.
    fileprivate mutating func drawHiss() -> [Float] {
        let curve = drawCurve(decibels: 4)
        let slope = Float(draw(in: -15...0)) / Float(max(features.coefficients - 1, 1))
        let columns = features.coefficients
        return features.values.indices.map { index in
            let column = index % columns
            let decibels = curve[column] + slope * Float(column) + 4.5 * Float(drawNormal())
            return exp(decibels * LogMel.naturalDecibel)
        }
    }

    /// Powers of three other clips at once, each as loud as the others; empty where there are no others.
    fileprivate mutating func drawBabble() -> [Float] {
        var sum = [Float](repeating: 0, count: features.values.count)
        let columns = features.coefficients, natural = LogMel.naturalDecibel / decibel
        for _ in 0..<3 {
            guard let other = drawOther(), other.frames > 0, other.coefficients == columns else { return [] }
            let start = draw(below: other.frames)
            let powers = other.values.map { exp($0 * natural) }
            let mean = powers.reduce(0, +) / Float(powers.count)
            guard mean > 0, mean.isFinite else { continue }
            for frame in 0..<features.frames {
                let from = (start + frame) % other.frames * columns
                for column in 0..<columns { sum[frame * columns + column] += powers[from + column] / mean }
            }
        }
        return sum
    }
}
