// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio

/// Noise beside the voice, added as power, of log-mel features: a hiss or rumble of a colour that is drawn, or other
/// clips of the training part talking at once.
public struct AddedNoise: Augmentation {
    public static let kind = "addedNoise"

    /// The lowest and the highest ratio of the clip's mean power, pauses included, to the noise's, in dB.
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
        try Self.check(highest, -40...100, "highest")
        try Self.check(lowest, -40...highest, "lowest")
        try Self.check(babble, 0...1, "babble")
        try Self.checkLogMel(features)
    }

    public func apply(to clip: inout AugmentedClip) {
        let ratio = clip.draw(in: lowest...highest)
        var noise = clip.random.drawFraction() < babble ? clip.drawBabble() : []
        if noise.isEmpty { noise = clip.drawHiss() }
        var powers = clip.powers
        let voice = powers.reduce(0) { $0 + Double($1) }, background = noise.reduce(0) { $0 + Double($1) }
        guard voice > 0, background > 0, voice.isFinite, background.isFinite else { return }
        let gain = Float(voice / background * pow(10, -ratio / 10))
        for index in powers.indices { powers[index] += gain * noise[index] }
        clip.setPowers(powers)
    }
}

extension AugmentedClip {
    /// Powers of noise of a colour that is drawn, as many as the clip has values: white noise under a slope of 0 to 6 dB
    /// an octave downwards, which holds white, pink and brown, and a smooth curve.
    fileprivate mutating func drawHiss() -> [Float] {
        guard let mel, let noise = background.noise, noise.means.count == features.coefficients else { return [] }
        let slope = draw(in: -6...0), curve = drawCurve(decibels: 4)
        let centers = mel.filters.centers(sampleRate: mel.sampleRate)
        let gains = centers.indices.map { band in
            let decibels = slope * log2(max(centers[band], 1) / 1000) + Double(curve[band])
            return noise.means[band] * Float(pow(10, decibels / 10))
        }
        return drawFluctuation { $1 * gains[$0] }
    }

    /// For each value of the clip, what is made of its band and of how noise fluctuates there, which is 1 in the mean.
    mutating func drawFluctuation(_ value: (_ band: Int, _ fluctuation: Float) -> Float) -> [Float] {
        guard let noise = background.noise?.fluctuation, noise.frames > 0, noise.coefficients == features.coefficients
        else { return [] }
        let start = random.draw(below: noise.frames), columns = features.coefficients, frames = features.frames
        return [Float](unsafeUninitializedCapacity: frames * columns) { out, initialized in
            noise.values.withUnsafeBufferPointer { noise in
                for frame in 0..<frames {
                    let from = (start + frame) * columns % noise.count, to = frame * columns
                    for band in 0..<columns { out[to + band] = value(band, noise[from + band]) }
                }
            }
            initialized = frames * columns
        }
    }

    /// Powers of three other clips at once, each as loud as the others; empty where there are no others.
    fileprivate mutating func drawBabble() -> [Float] {
        var sum = [Float](repeating: 0, count: features.values.count)
        let columns = features.coefficients
        for _ in 0..<3 {
            guard let other = drawOther(), other.frames > 0, other.coefficients == columns else { return [] }
            let start = draw(below: other.frames), rows = min(features.frames, other.frames)
            // As much of it as is heard: from the place that is drawn on, and from its beginning where it ends.
            let heard = powers(of: other, from: start, rows: rows)
            let mean = heard.reduce(0, +) / Float(max(heard.count, 1))
            guard mean > 0, mean.isFinite else { continue }
            for index in sum.indices { sum[index] += heard[index % heard.count] / mean }
        }
        return sum
    }
}
