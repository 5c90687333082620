// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A magnitude spectrum over the logarithm of frequency, as subharmonic summation reads it (Hermes 1988): what lies
/// between peaks is taken off, the rest is smoothed, interpolated by a cubic spline and weighted as the ear is
/// sensitive.
final class OctaveSpectrum {
    static let count = LongSpectrum.bins
    /// The logarithm to base 2 of the first point's frequency in Hz, 25.
    static let lowest = log2(25.0)
    /// Octaves from one point to the next.
    static let step = (log2(8000.0) - lowest) / Double(count - 1)
    /// Points of an octave as openSMILE counts them, one too many for all octaves.
    static let pointsPerOctave = Double(count) / (log2(8000.0) - lowest)

    /// The points, [count].
    let values: UnsafeMutablePointer<Float>

    private let spline: CubicSpline
    private let weights: [Double]
    private let bins: UnsafeMutablePointer<Double>
    private let points: UnsafeMutablePointer<Double>

    private static let plan = CubicSpline(
        knots: [2 * log2(LongSpectrum.spacing) - log2(2 * LongSpectrum.spacing)]
            + (1..<LongSpectrum.bins).map { log2(Double($0) * LongSpectrum.spacing) },
        points: (0..<count).map { lowest + Double($0) * step })
    /// The ear's sensitivity: an arc tangent over the octaves, with its bend near 65 Hz.
    private static let sensitivity: [Double] = (0..<count).map {
        let bend = pointsPerOctave * log2(65.0 / 50) - 1
        return 0.5 + atan(3 * (Double($0 + 1) - bend) / pointsPerOctave) / .pi
    }

    init() {
        spline = Self.plan
        weights = Self.sensitivity
        values = .allocate(capacity: Self.count)
        values.initialize(repeating: 0, count: Self.count)
        bins = .allocate(capacity: 3 * Self.count)
        bins.initialize(repeating: 0, count: 3 * Self.count)
        points = bins + Self.count
    }

    deinit {
        values.deallocate()
        bins.deallocate()
    }

    /// Takes over the magnitudes of a long frame.
    func take(_ magnitudes: UnsafePointer<Float>) {
        for bin in 0..<Self.count { bins[bin] = Double(magnitudes[bin]) }
        keepPeaks()
        smooth()
        spline.interpolate(bins, into: points, spare: bins + 2 * Self.count)
        for point in 0..<Self.count { values[point] = Float(max(0, points[point] * weights[point])) }
    }

    /// Sets to 0 what is more than two bins from the peaks on both sides of it.
    private func keepPeaks() {
        let last = Self.count - 1
        var peak: Int? = bins[0] > bins[1] ? 0 : nil
        var found = peak == nil ? 0 : 1
        for bin in 1...last {
            let isPeak = bins[bin] > bins[bin - 1] && (bin == last || bins[bin] >= bins[bin + 1])
            guard isPeak else { continue }
            if let peak, bin - 3 >= peak + 3 { for other in peak + 3...bin - 3 { bins[other] = 0 } }
            (peak, found) = (bin, found + 1)
        }
        // As openSMILE does where there is but one peak, wherever it is.
        if found == 1 { for other in 3...last { bins[other] = 0 } }
    }

    private func smooth() {
        var before = 0.0
        for bin in 0..<Self.count - 1 {
            let now = bins[bin]
            bins[bin] = (before + 2 * now + bins[bin + 1]) / 4
            before = now
        }
    }
}
