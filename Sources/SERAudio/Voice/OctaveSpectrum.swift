// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Magnitude spectra of four frames over the logarithm of frequency, as subharmonic summation reads them (Hermes 1988):
/// what lies between peaks is taken off, the rest is smoothed, interpolated by a cubic spline and weighted as the ear is
/// sensitive.
final class OctaveSpectrum {
    static let count = LongSpectrum.bins
    /// The logarithm to base 2 of the first point's frequency in Hz, 25.
    static let lowest = log2(25.0)
    /// Octaves from one point to the next.
    static let step = (log2(8000.0) - lowest) / Double(count - 1)
    /// Points of an octave as openSMILE counts them, one too many for all octaves.
    static let pointsPerOctave = Double(count) / (log2(8000.0) - lowest)

    /// Frames at once.
    static let lanes = 4

    /// The points, [lanes, count].
    private let values: UnsafeMutablePointer<Float>

    private let spline: CubicSpline
    private let weights: [Double]
    private let bins: UnsafeMutablePointer<SIMD4<Double>>
    private let points: UnsafeMutablePointer<SIMD4<Double>>

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
        values = .allocate(capacity: Self.lanes * Self.count)
        values.initialize(repeating: 0, count: Self.lanes * Self.count)
        bins = .allocate(capacity: 3 * Self.count)
        bins.initialize(repeating: .zero, count: 3 * Self.count)
        points = bins + Self.count
    }

    deinit {
        values.deallocate()
        bins.deallocate()
    }

    /// Takes over the magnitudes of a long frame, which are changed.
    func take(_ magnitudes: UnsafeMutablePointer<Float>, lane: Int) {
        Self.keepPeaks(magnitudes)
        var (before, now) = (0.0, Double(magnitudes[0]))
        for bin in 0..<Self.count - 1 {
            let next = Double(magnitudes[bin + 1])
            bins[bin][lane] = (before + 2 * now + next) / 4
            (before, now) = (now, next)
        }
        bins[Self.count - 1][lane] = now
    }

    /// Interpolates and weights the frames taken over.
    func interpolate() {
        spline.interpolate(bins, into: points, spare: bins + 2 * Self.count)
        weights.withUnsafeBufferPointer { weights in
            for point in 0..<Self.count {
                let weighted = points[point] * weights[point]
                for lane in 0..<Self.lanes { values[lane * Self.count + point] = Float(max(0, weighted[lane])) }
            }
        }
    }

    /// The points of a frame, [count].
    func points(of lane: Int) -> UnsafePointer<Float> { UnsafePointer(values + lane * Self.count) }

    /// Sets to 0 what is more than two bins from the peaks on both sides of it.
    private static func keepPeaks(_ bins: UnsafeMutablePointer<Float>) {
        let last = count - 1
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
}
