// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The harmonics of a voiced frame: peaks of its spectrum close to multiples of the pitch, and their levels against
/// that of the first, in decibels.
struct HarmonicPeaks {
    /// A harmonic.
    private struct Peak {
        var bin = 0
        var frequency: Float = 0
        var magnitude: Float = 0
        /// The height of the parabola through the peak.
        var height: Float = 0
        var level: Float = HarmonicPeaks.least
    }

    /// The level of what is not there.
    static let least: Float = -201
    private static let leastHeard: Float = -200
    private static let most = 100

    private var peaks: [Peak] = []

    init() { peaks.reserveCapacity(Self.most) }

    /// Finds the harmonics of a magnitude spectrum, whose pitch is `frequency` Hz.
    mutating func take(_ magnitudes: UnsafePointer<Float>, frequency: Float) {
        peaks.removeAll(keepingCapacity: true)
        var last = Self.bin(0.5 * frequency, from: 1)
        let first = Self.bin(0.5 * frequency, from: last)
        for number in 1...Self.most {
            let expected = Self.bin(Float(number) * frequency, from: last)
            guard expected > 0 else { break }
            let limits = (
                Self.bin((Float(number) - 0.5) * frequency, from: last),
                Self.bin((Float(number) + 0.5) * frequency, from: expected)
            )
            let found = Self.closestPeak(magnitudes, to: expected, from: limits.0, through: limits.1)
            if let found, found >= first, found < LongSpectrum.bins - 1 {
                peaks.append(Self.peak(magnitudes, found))
            } else {
                peaks.append(Peak(bin: expected))
            }
            last = expected
        }
        level()
    }

    /// Levels, and none for harmonics that share a bin with the one before.
    private mutating func level() {
        guard let first = peaks.first else { return }
        let reference: Float? = first.magnitude > 0 ? log10(first.magnitude) : nil
        peaks[0].level = 0
        for index in peaks.indices.dropFirst() {
            if peaks[index].bin == peaks[index - 1].bin {
                peaks[index] = Peak()
            } else if let reference {
                let height = peaks[index].height
                peaks[index].level =
                    height > 0 ? max(Self.leastHeard, 20 * (log10(height) - reference)) : Self.leastHeard
            }
        }
    }

    /// The level of the loudest harmonic within a fifth of a formant's frequency in Hz; nil where there is none.
    func level(nearFormant frequency: Float) -> Float? {
        let (lowest, highest) = (0.8 * frequency, 1.2 * frequency)
        var best: Peak?
        for peak in peaks where peak.frequency >= lowest && peak.frequency <= highest {
            if peak.magnitude > (best?.magnitude ?? 0) { best = peak }
        }
        return best?.level
    }

    /// The level of the second harmonic over that of the third: openSMILE counts the harmonics of H1-H2 from 0.
    var firstOverSecond: Float { difference(level(2), level(3)) }

    /// The level of the second harmonic over that of the loudest near the third formant.
    func firstOverFormant(_ frequency: Float) -> Float {
        difference(level(2), level(nearFormant: frequency) ?? -Self.least)
    }

    private func level(_ number: Int) -> Float { number <= peaks.count ? peaks[number - 1].level : Self.least }

    private func difference(_ first: Float, _ second: Float) -> Float {
        min(max(first - second, Self.least), -Self.least)
    }

    private static func peak(_ magnitudes: UnsafePointer<Float>, _ bin: Int) -> Peak {
        let vertex = Parabola(Double(magnitudes[bin - 1]), Double(magnitudes[bin]), Double(magnitudes[bin + 1]))
        return Peak(
            bin: bin, frequency: Float((Double(bin) + vertex.offset) * LongSpectrum.spacing),
            magnitude: magnitudes[bin],
            height: Float(vertex.value))
    }

    /// The bin closest to a frequency, not before `start`; 0 where the frequency is beyond the last.
    private static func bin(_ frequency: Float, from start: Int) -> Int {
        let exact = Double(frequency) / LongSpectrum.spacing
        let above = max(start, Int(exact) + 1)
        guard above < LongSpectrum.bins else { return 0 }
        return Double(above) - exact > exact - Double(above - 1) ? above - 1 : above
    }

    private static func closestPeak(
        _ magnitudes: UnsafePointer<Float>, to bin: Int, from lowest: Int, through highest: Int
    ) -> Int? {
        if isPeak(magnitudes, bin) { return bin }
        var (left, right) = (bin - 1, bin + 1)
        while left >= lowest || right <= highest {
            if right <= highest {
                if isPeak(magnitudes, right) { return right }
                right += 1
            }
            if left >= lowest {
                if isPeak(magnitudes, left) { return left }
                left -= 1
            }
        }
        return nil
    }

    @inline(__always)
    private static func isPeak(_ magnitudes: UnsafePointer<Float>, _ bin: Int) -> Bool {
        guard bin >= 0, bin < LongSpectrum.bins else { return false }
        return (bin == 0 || magnitudes[bin] > magnitudes[bin - 1])
            && (bin == LongSpectrum.bins - 1 || magnitudes[bin] > magnitudes[bin + 1])
    }
}
