// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

extension AudioClip {
    /// The level of the speech in the clip where there is speech, in dB relative to a root mean square of 1; nil for
    /// silence and for an empty clip.
    ///
    /// ITU-T P.56 (2011), method B: the energy of the clip over the time in which its envelope (two exponential
    /// averages of 0.03 s) is, or was 0.2 s ago, above a threshold that lies 15.9 dB below that very level. Pauses and
    /// zeros around the speech do not count. The clip is scaled to a peak of 1 first, so that a gain of g dB changes the
    /// level by g dB. Where there is no such threshold, as with a single click, it is the level of all samples.
    public var activeSpeechLevel: Double? {
        let peak = samples.reduce(0) { max($0, abs($1)) }
        guard peak > 0, peak.isFinite, sampleRate > 0 else { return nil }
        let energy = samples.sumOfSquares / (Double(peak) * Double(peak))
        let scale = 20 * log10(Double(peak))
        let whole = 10 * log10(energy / Double(samples.count)) + scale
        let counts = ActivityCounts(samples, scale: 1 / peak, sampleRate: sampleRate).active
        var last: (level: Double, excess: Double)?
        for (index, count) in counts.enumerated() where count > 0 {
            let level = 10 * log10(energy / Double(count))
            let excess = level - 20 * log10(Double(ActivityCounts.threshold(index))) - ActivityCounts.margin
            if excess <= 0 {
                guard let last else { return level + scale }
                let part = last.excess / (last.excess - excess)
                return last.level + part * (level - last.level) + scale
            }
            last = (level, excess)
        }
        return whole
    }
}

/// For each of P.56's thresholds, for how many samples the envelope counts as active.
private struct ActivityCounts {
    /// How far the threshold lies below the level, in dB.
    static let margin = 15.9
    private static let thresholds = 15

    private(set) var active = [Int](repeating: 0, count: thresholds)

    /// 2^-15, 2^-14, ..., 2^-1.
    static func threshold(_ index: Int) -> Float { Float(sign: .plus, exponent: index - thresholds, significand: 1) }

    init(_ samples: [Float], scale: Float, sampleRate: Double) {
        let decay = Float(exp(-1 / (0.03 * sampleRate)))
        let hangover = Int(saturating: 0.2 * sampleRate, rounding: .up)
        let thresholds = (0..<Self.thresholds).map(Self.threshold)
        // The last sample at which each threshold was reached; a threshold reached implies all lower ones.
        var reached = [Int](repeating: .min / 2, count: Self.thresholds)
        var (first, second): (Float, Float) = (0, 0)
        for (index, sample) in samples.enumerated() {
            first = decay * first + (1 - decay) * abs(sample * scale)
            second = decay * second + (1 - decay) * first
            for place in 0..<Self.thresholds {
                if second >= thresholds[place] {
                    reached[place] = index
                } else if index - reached[place] > hangover {
                    break
                }
                active[place] += 1
            }
        }
    }
}
