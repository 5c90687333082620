// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// The voiced frames of samples at 8 kHz, which may come in pieces.
struct VoicedFrames {
    static let sampleRate = 8000.0
    static let hopSeconds = 0.02
    private static let length = 320, hop = 160, transformLength = 512
    private static let lags = 16...114  // 500 to 70 Hz
    private static let leastHarmonicity: Float = 0.6
    private static let leastChange: Float = 3.5
    private static let neighbours = 15
    private static let bands = 16

    private static let window: [Float] = (0..<length).map {
        Float(0.5 - 0.5 * cos(2 * Double.pi * Double($0) / Double(length)))
    }
    /// The window's autocorrelation, 1 at lag 0.
    private static let windowCorrelation: [Float] = {
        let sums = (0...lags.upperBound + 1).map { lag in
            (0..<length - lag).reduce(0 as Float) { $0 + window[$1] * window[$1 + lag] }
        }
        return sums.map { $0 / sums[0] }
    }()
    /// The first bin of each band and the end of the last: 150 to 3,800 Hz, equally wide on a logarithmic scale.
    private static let edges: [Int] = (0...bands).map { band in
        let frequency = 150 * pow(3800 / 150, Double(band) / Double(bands))
        return Int(saturating: frequency * Double(transformLength) / sampleRate, rounding: .up)
    }
    /// Bins below 60 Hz.
    private static let rumble = 4

    /// Frames within this of the loudest one's power count, and only above this power: 40 dB, and -75 dB of full scale.
    private static let range: Float = 1e-4, leastPower: Float = 3.2e-8

    /// Voiced frames, ascending, with their powers and band levels in dB, `bands` for each.
    private var frames: [Int] = []
    private var powers: [Float] = []
    private var levels: [Float] = []
    private var loudest: Float = 0

    /// Samples from the first frame's on that is still to be looked at, and that frame's number.
    private var pending: [Float] = []
    private var next = 0
    private let transform = RealTransform.of(length: transformLength)
    private let space: RealTransform.Workspace?

    init() { space = transform?.workspace() }

    /// Looks at the frames that samples complete.
    mutating func append(_ samples: some Collection<Float>) {
        guard let transform, let space else { return }
        pending.append(contentsOf: samples)
        var start = 0
        while start + Self.length <= pending.count {
            look(at: start, transform, space)
            next += 1
            start += Self.hop
        }
        pending.removeFirst(min(start, pending.count))
    }

    private mutating func look(at start: Int, _ transform: RealTransform, _ space: RealTransform.Workspace) {
        let power = Self.variance(pending[start..<start + Self.length])
        loudest = max(loudest, power)
        // The loudest frame may be still to come: what is too soft by then is left out at the end.
        guard power > least else { return }
        let mean = pending[start..<start + Self.length].reduce(0, +) / Float(Self.length)
        for index in 0..<Self.transformLength {
            space.samples[index] = index < Self.length ? (pending[start + index] - mean) * Self.window[index] : 0
        }
        transform.forward(space)
        for bin in 0..<transform.bins {
            let (real, imaginary) = (space.bins[2 * bin], space.bins[2 * bin + 1])
            space.bins[2 * bin] = bin < Self.rumble ? 0 : real * real + imaginary * imaginary
            space.bins[2 * bin + 1] = 0
        }
        let level = Self.bandLevels(space.bins)
        transform.backward(space)
        guard Self.harmonicity(space.samples) >= Self.leastHarmonicity else { return }
        frames.append(next)
        powers.append(power)
        levels += level
    }

    private var least: Float { max(loudest * Self.range, Self.leastPower) }

    /// The frames whose spectrum is not that of their neighbours.
    var changing: [Int] {
        let loud = frames.indices.filter { powers[$0] > least }
        var first = 0
        return loud.indices.filter { place in
            while frames[loud[place]] - frames[loud[first]] > Self.neighbours { first += 1 }
            var (sum, count): (Float, Int) = (0, 0)
            var other = first
            while other < loud.count, frames[loud[other]] - frames[loud[place]] <= Self.neighbours {
                let (here, there) = (loud[place] * Self.bands, loud[other] * Self.bands)
                for band in 0..<Self.bands { sum += abs(levels[there + band] - levels[here + band]) }
                count += Self.bands
                other += 1
            }
            return sum / Float(count) >= Self.leastChange
        }.map { frames[loud[$0]] }
    }

    private static func variance(_ samples: ArraySlice<Float>) -> Float {
        let mean = samples.reduce(0, +) / Float(length)
        return samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(length)
    }

    /// The highest peak of the normalised autocorrelation within the lags of voices.
    private static func harmonicity(_ correlation: UnsafeMutablePointer<Float>) -> Float {
        guard correlation[0] > 0 else { return 0 }
        func value(_ lag: Int) -> Float { correlation[lag] / (correlation[0] * windowCorrelation[lag]) }
        return lags.reduce(0) { best, lag in
            let here = value(lag)
            return here > best && here > value(lag - 1) && here >= value(lag + 1) ? here : best
        }
    }

    /// The power in each band, in dB relative to the strongest, at least -30.
    private static func bandLevels(_ power: UnsafeMutablePointer<Float>) -> [Float] {
        let sums = (0..<bands).map { band in
            (edges[band]..<edges[band + 1]).reduce(1e-20 as Float) { $0 + power[2 * $1] }
        }
        let loudest = sums.max() ?? 1
        return sums.map { max(10 * log10f($0 / loudest), -30) }
    }
}
