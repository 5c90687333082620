// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import Foundation

/// How the power of a short frame is spread over low and high frequencies (Eyben et al. 2016), and how its spectrum
/// differs from that of the frame before.
final class SpectralBalance {
    /// The power of 1 to 5 kHz over that of 0 to 1 kHz, in decibels.
    private(set) var alphaRatio: Float = 0
    /// The greatest power of 0 to 2 kHz over that of 2 to 5 kHz, in decibels (Hammarberg et al. 1980).
    private(set) var hammarbergIndex: Float = 0
    /// The slope of a line through the spectrum in decibels from 0 to 500 Hz, in dB/Hz.
    private(set) var lowSlope: Float = 0
    /// The same from 500 to 1500 Hz.
    private(set) var middleSlope: Float = 0
    /// The root mean square of the change of magnitudes below 5 kHz since the frame before; 0 in the first frame.
    private(set) var flux: Float = 0

    private static let leastPower: Float = 1e-14
    private static let decibels = Float(10 / log(10.0))
    // Bins of 31.25 Hz.
    private static let (kilohertz, twoKilohertz, fiveKilohertz) = (32, 64, 160)
    private static let lowLine = slopeWeights(0...16)
    private static let middleLine = slopeWeights(16...48)
    private static let sloped = 49

    private let levels: UnsafeMutablePointer<Float>
    private let magnitudes: UnsafeMutablePointer<Float>
    private let before: UnsafeMutablePointer<Float>
    private var isFirst = true

    init() {
        levels = .allocate(capacity: Self.sloped + 2 * Self.fiveKilohertz)
        levels.initialize(repeating: 0, count: Self.sloped + 2 * Self.fiveKilohertz)
        magnitudes = levels + Self.sloped
        before = magnitudes + Self.fiveKilohertz
    }

    deinit { levels.deallocate() }

    /// Weights of levels whose sum is the slope of the line by least squares. openSMILE counts one bin less than it
    /// sums.
    private static func slopeWeights(_ bins: ClosedRange<Int>) -> [Float] {
        let frequencies = bins.map { Double($0) * ShortSpectrum.spacing }
        let count = Double(bins.count - 1)
        let sum = frequencies.reduce(0, +)
        let denominator = count * frequencies.reduce(0) { $0 + $1 * $1 } - sum * sum
        return frequencies.map { Float((count * $0 - sum) / denominator) }
    }

    /// Measures the power spectrum of the next frame.
    func take(_ power: UnsafePointer<Float>) {
        takeSums(power)
        takePeaks(power)
        levels.update(from: power, count: Self.sloped)
        ser_audio_log(levels, Int64(Self.sloped), Self.leastPower)
        lowSlope = Self.decibels * Float(ser_audio_dot(levels, Self.lowLine, Int64(Self.lowLine.count)))
        middleSlope =
            Self.decibels * Float(ser_audio_dot(levels + 16, Self.middleLine, Int64(Self.middleLine.count)))
        takeFlux(power)
    }

    private func takeSums(_ power: UnsafePointer<Float>) {
        var (low, high): (Float, Float) = (0, 0)
        for bin in 0..<Self.kilohertz { low += power[bin] }
        for bin in Self.kilohertz...Self.fiveKilohertz { high += power[bin] }
        alphaRatio = low > 0 ? Self.decibels * log(max(high, Self.leastPower) / low) : 0
    }

    private func takePeaks(_ power: UnsafePointer<Float>) {
        var (low, high): (Float, Float) = (0, 0)
        for bin in 0..<Self.twoKilohertz { low = max(low, power[bin]) }
        for bin in Self.twoKilohertz...Self.fiveKilohertz { high = max(high, power[bin]) }
        hammarbergIndex = high > 0 ? Self.decibels * log(max(low, Self.leastPower) / high) : 0
    }

    private func takeFlux(_ power: UnsafePointer<Float>) {
        magnitudes.update(from: power, count: Self.fiveKilohertz)
        ser_audio_sqrt(magnitudes, Int64(Self.fiveKilohertz))
        var sum: Float = 0
        for bin in 0..<Self.fiveKilohertz {
            let change = magnitudes[bin] - before[bin]
            sum += change * change
        }
        flux = isFirst ? 0 : (sum / Float(Self.fiveKilohertz)).squareRoot()
        before.update(from: magnitudes, count: Self.fiveKilohertz)
        isFirst = false
    }
}
