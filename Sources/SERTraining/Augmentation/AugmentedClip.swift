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
    /// What augmentations put behind and around voices.
    let background: Background

    /// A clip whose chance comes from a key.
    /// - Parameters:
    ///   - features: The clip's features.
    ///   - mel: The log-mel features that these are; nil for others.
    ///   - others: Clips of the training part that voices in the background are taken from.
    ///   - key: What chance comes from.
    public init(_ features: FeatureMatrix, mel: LogMel? = nil, others: [FeatureMatrix] = [], key: RandomKey) {
        self.init(features, background: Background(mel: mel, clips: others), key: key)
    }

    /// The same with a background that serves many clips.
    init(_ features: FeatureMatrix, background: Background, key: RandomKey) {
        self.features = features
        self.background = background
        random = key.generator
    }

    /// The log-mel features that these are; nil for others.
    public var mel: LogMel? { background.mel }

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
        background.clips.isEmpty ? nil : background.clips[random.draw(below: background.clips.count)]
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

    /// Raises what lies further below the loudest value than the features reach, as it is raised in clips that nothing
    /// changed.
    mutating func limitRange() {
        guard case .decibels(let decibels)? = mel?.compression, let range = decibels.topDB,
            let loudest = features.values.max()
        else { return }
        let least = loudest - Float(range)
        features.values.withUnsafeMutableBufferPointer { values in
            for index in values.indices { values[index] = max(values[index], least) }
        }
    }

    /// The mean of each column over the clip.
    var means: [Float] { features.columnMeans().map { Float($0) } }

    /// The powers behind log-mel bands, one a value.
    var powers: [Float] { powers(of: features, from: 0, rows: features.frames) }

    /// The powers of so many frames of log-mel bands, from one of them on, and from the first where they end.
    func powers(of matrix: FeatureMatrix, from start: Int, rows: Int) -> [Float] {
        let natural = LogMel.naturalDecibel / decibel, columns = matrix.coefficients
        return [Float](unsafeUninitializedCapacity: rows * columns) { out, initialized in
            matrix.values.withUnsafeBufferPointer { values in
                for row in 0..<rows {
                    let from = (start + row) % matrix.frames * columns, to = row * columns
                    for column in 0..<columns { out[to + column] = exp(values[from + column] * natural) }
                }
            }
            initialized = rows * columns
        }
    }

    /// Makes log-mel bands of powers, one a value.
    mutating func setPowers(_ powers: [Float]) {
        let scale = decibel / LogMel.naturalDecibel
        features.values.withUnsafeMutableBufferPointer { values in
            for index in values.indices { values[index] = log(powers[index] + 1e-30) * scale }
        }
    }
}
