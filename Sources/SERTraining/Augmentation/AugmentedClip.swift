// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport

/// A training clip while augmentations change it.
public struct AugmentedClip {
    /// The clip's features, before any standardisation.
    public var features: FeatureMatrix
    /// What chance is drawn from: decided by the training's seed, the epoch and the clip.
    public var random: RandomKeyGenerator
    /// The log-mel features that these are; nil for others.
    public let mel: LogMel?
    /// All clips of the training part.
    private let others: [FeatureMatrix]

    /// A clip whose chance comes from a key.
    /// - Parameters:
    ///   - features: The clip's features.
    ///   - mel: The log-mel features that these are; nil for others.
    ///   - others: Clips of the training part that voices in the background are taken from.
    ///   - key: What chance comes from.
    public init(_ features: FeatureMatrix, mel: LogMel? = nil, others: [FeatureMatrix] = [], key: RandomKey) {
        self.features = features
        self.mel = mel
        self.others = others
        random = key.generator
    }

    /// What 1 dB of power is in these features.
    var decibel: Float { mel?.decibel ?? 1 }

    /// A number from a range, each equally likely.
    public mutating func draw(in range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * random.drawFraction()
    }

    /// A whole number from 0 to below a bound, each equally likely.
    public mutating func draw(below bound: Int) -> Int { random.draw(below: bound) }

    /// A factor from 1 / `most` to `most`, its logarithm equally likely.
    public mutating func drawFactor(upTo most: Double) -> Double { exp(draw(in: -1...1) * log(most)) }

    /// A normally distributed number of mean 0 and deviation 1 (Box and Muller, 1958).
    public mutating func drawNormal() -> Double {
        let radius = (-2 * log(1 - random.drawFraction())).squareRoot()
        return radius * cos(2 * .pi * random.drawFraction())
    }

    /// The features of any clip of the training part, perhaps this one's; nil where there are none.
    mutating func drawOther() -> FeatureMatrix? {
        others.isEmpty ? nil : others[random.draw(below: others.count)]
    }

    /// The frames of the clip in another order, some perhaps several times or not at all.
    /// - Parameters:
    ///   - count: Frames that come out.
    ///   - source: For each frame that comes out, the one it is taken from.
    mutating func takeFrames(_ count: Int, from source: (Int) -> Int) {
        let columns = features.coefficients
        let values = [Float](unsafeUninitializedCapacity: count * columns) { out, initialized in
            features.values.withUnsafeBufferPointer { old in
                guard let out = out.baseAddress, let old = old.baseAddress else { return }
                for frame in 0..<count {
                    (out + frame * columns).update(from: old + source(frame) * columns, count: columns)
                }
            }
            initialized = count * columns
        }
        features = FeatureMatrix(frames: count, coefficients: columns, values: values)
    }

    /// Changes every value by what is added to its column.
    mutating func add(_ offsets: [Float]) {
        let columns = features.coefficients
        features.values.withUnsafeMutableBufferPointer { values in
            for frame in 0..<(values.count / max(columns, 1)) {
                for column in 0..<columns { values[frame * columns + column] += offsets[column] }
            }
        }
    }

    /// The mean of each column over the clip.
    var means: [Float] {
        var sums = [Double](repeating: 0, count: features.coefficients)
        features.values.withUnsafeBufferPointer { values in
            for frame in 0..<features.frames {
                for column in sums.indices { sums[column] += Double(values[frame * sums.count + column]) }
            }
        }
        return sums.map { Float($0 / Double(max(features.frames, 1))) }
    }
}
