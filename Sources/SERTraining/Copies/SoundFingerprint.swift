// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a recording looks like around a few moments that every copy of it has.
///
/// The moments are the loudest, and those where loudness rises most steeply: a copy that was resampled, made louder or
/// softer, or cut at its ends has them at the same places of its sound. Around each, the wave is kept without what lies
/// above the first harmonics of a voice, in proportion to its own size: 256 values over 256 ms.
struct SoundFingerprint: Sendable {
    /// The rate at which sounds are compared, in Hz.
    static let rate = 8000.0
    /// Values kept of each moment.
    static let width = 256
    private static let mostOfAKind = 10
    private static let stride = 8
    private static let leastDistance = 400  // samples: 50 ms

    /// Positions in the sound, in samples.
    let moments: [Int]
    /// For each moment, the wave around it with the norm 1, [moments, width].
    let shapes: [Float]

    /// What nothing resembles.
    static let silence = SoundFingerprint([])

    /// - Parameter samples: the sound at ``rate``.
    init(_ samples: [Float]) {
        let sound = SoundFingerprint.centred(samples).map(Double.init)
        let wave = sound.smoothed(over: 5)
        let loudness = wave.map { $0 * $0 }.smoothed(over: 201)
        let rise = Self.rise(of: sound)
        let loudest = Self.peaks(of: loudness, above: 1e-3 * (loudness.max() ?? 0))
        let moments = loudest + Self.peaks(of: rise, above: 0.3)
        var kept: [Int] = []
        var shapes: [Float] = []
        for moment in moments {
            let values = (0..<Self.width).map { place -> Double in
                let at = moment + (place - Self.width / 2) * Self.stride
                return wave.indices.contains(at) ? wave[at] : 0
            }
            let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard norm > 0, norm.isFinite else { continue }
            kept.append(moment)
            shapes += values.map { Float($0 / norm) }
        }
        self.moments = kept
        self.shapes = shapes
    }

    /// The sound without its mean.
    static func centred(_ samples: [Float]) -> [Float] {
        let mean = Float(samples.reduce(0.0) { $0 + Double($1) } / Double(max(samples.count, 1)))
        return samples.map { $0 - mean }
    }

    /// By how much the logarithm of the loudness grows within 25 ms; what is 30 dB below the loudest counts as silence.
    private static func rise(of sound: [Double]) -> [Double] {
        let loudness = sound.map { $0 * $0 }.smoothed(over: 401)
        let floor = 1e-3 * (loudness.max() ?? 0)
        guard floor > 0 else { return [] }
        let levels = loudness.map { log($0 + floor) }
        return levels.indices.map { levels[min($0 + 100, levels.count - 1)] - levels[max($0 - 100, 0)] }
    }

    /// The highest local maxima that lie apart, highest first.
    private static func peaks(of values: [Double], above floor: Double) -> [Int] {
        guard values.count > 2 else { return [] }
        let peaks = (1..<values.count - 1).filter {
            values[$0] > floor && values[$0] > values[$0 - 1] && values[$0] >= values[$0 + 1]
        }
        var kept: [Int] = []
        for peak in peaks.sorted(by: { (values[$0], $1) > (values[$1], $0) }) {
            guard kept.allSatisfy({ abs($0 - peak) > leastDistance }) else { continue }
            kept.append(peak)
            if kept.count == mostOfAKind { break }
        }
        return kept
    }
}

extension [Double] {
    /// Three running means over an odd number of values, nearly a Gaussian together; beyond the ends there is 0.
    fileprivate func smoothed(over width: Int) -> [Double] {
        var values = self
        for _ in 0..<3 {
            var sums = [0.0]
            sums.reserveCapacity(count + 1)
            for value in values { sums.append(sums[sums.count - 1] + value) }
            for place in values.indices {
                let (first, end) = (Swift.max(0, place - width / 2), Swift.min(count, place + width / 2 + 1))
                values[place] = (sums[end] - sums[first]) / Double(width)
            }
        }
        return values
    }
}
