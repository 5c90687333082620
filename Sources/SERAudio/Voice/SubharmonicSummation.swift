// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A frequency that may be the pitch of a frame.
struct PitchCandidate {
    /// In Hz; 0 for none.
    var frequency: Float = 0
    /// How far its score stands out, from 0 to 1.
    var voicing: Float = 0
}

/// Candidates for the pitch of a frame by subharmonic summation (Hermes 1988): to each point of the octave spectrum are
/// added those one, two, ... fourteen harmonics above, each weighted with 0.85 of the one before.
final class SubharmonicSummation {
    static let candidates = 6

    private static let harmonics = 15
    private static let compression: Float = 0.85
    private static let range: ClosedRange<Float> = 55...1000
    private static let shifts = (2...harmonics).map {
        Int((OctaveSpectrum.pointsPerOctave * log2(Double($0))).rounded(.down))
    }

    private let sums: UnsafeMutablePointer<Float>
    private let shifts: [Int]
    private var found: [(point: Int, sum: Float)] = []

    init() {
        shifts = Self.shifts
        sums = .allocate(capacity: OctaveSpectrum.count)
        sums.initialize(repeating: 0, count: OctaveSpectrum.count)
        found.reserveCapacity(Self.candidates + 1)
    }

    deinit { sums.deallocate() }

    /// Writes the candidates of a frame, ``candidates`` of them, the best first.
    func take(_ spectrum: UnsafePointer<Float>, into out: UnsafeMutableBufferPointer<PitchCandidate>) {
        sum(spectrum)
        let mean = findPeaks()
        var count = 0
        var (best, bestScore) = (0, 0.0)
        for (point, _) in found {
            let peak = Parabola(Double(sums[point - 1]), Double(sums[point]), Double(sums[point + 1]))
            let octaves = OctaveSpectrum.lowest + (Double(point) + peak.offset) * OctaveSpectrum.step
            let frequency = Float(exp2(octaves))
            guard Self.range.contains(frequency) else { continue }
            out[count] = PitchCandidate(
                frequency: frequency, voicing: peak.value > mean ? Float(1 - mean / peak.value) : 0)
            if count == 0 || peak.value > bestScore { (best, bestScore) = (count, peak.value) }
            count += 1
        }
        for empty in count..<Self.candidates { out[empty] = PitchCandidate() }
        (out[0], out[best]) = (out[best], out[0])
    }

    private func sum(_ spectrum: UnsafePointer<Float>) {
        sums.update(from: spectrum, count: OctaveSpectrum.count)
        var weight = Self.compression
        for shift in shifts {
            let higher = spectrum + shift
            for point in 0..<OctaveSpectrum.count - shift { sums[point] += higher[point] * weight }
            weight *= Self.compression
        }
        for point in 0..<OctaveSpectrum.count { sums[point] = max(0, sums[point] / Float(Self.harmonics)) }
    }

    /// Keeps the highest peaks, the highest first; returns the mean of all sums.
    private func findPeaks() -> Double {
        found.removeAll(keepingCapacity: true)
        let last = OctaveSpectrum.count - 1
        var total = Double(sums[0]) + Double(sums[last])
        for point in 1..<last {
            let sum = sums[point]
            total += Double(sum)
            guard sums[point - 1] < sum, sum > sums[point + 1] else { continue }
            let isFull = found.count == Self.candidates
            if isFull, let least = found.last, least.sum >= sum { continue }
            found.insert((point, sum), at: found.firstIndex { $0.sum < sum } ?? found.count)
            if isFull { found.removeLast() }
        }
        return total / Double(OctaveSpectrum.count)
    }
}
