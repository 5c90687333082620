// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import Foundation

/// The ratio of the energy of harmonics to that of noise: a(T) / (a(0) - a(T)) of the autocorrelation a at the peak T
/// closest to the period, in decibels (Boersma 1993).
final class HarmonicsToNoise {
    private static let limits = 1e-9...1e11

    private let transform: RealTransform
    private let space: RealTransform.Workspace

    init() throws(FeatureError) {
        guard let transform = RealTransform.of(length: LongSpectrum.length), let space = transform.workspace() else {
            throw .outOfMemory(bytes: 8 * LongSpectrum.length)
        }
        (self.transform, self.space) = (transform, space)
    }

    /// The ratio in a voiced frame of a power spectrum, whose pitch is `frequency` Hz.
    func ratio(_ power: UnsafePointer<Float>, frequency: Float) -> Float {
        for bin in 0..<LongSpectrum.bins {
            space.bins[2 * bin] = power[bin]
            space.bins[2 * bin + 1] = 0
        }
        transform.backward(space)
        let period = Int(VoiceFrames.rate / Double(frequency))
        for lag in 0..<LongSpectrum.bins { space.samples[lag] = abs(space.samples[lag]) }
        guard period > 0 else { return 0 }
        let peak = closestPeak(to: period)
        guard peak > 0 else { return 0 }
        let noise = Double(space.samples[0] - space.samples[peak])
        let ratio = noise == 0 ? Self.limits.upperBound : Double(space.samples[peak]) / noise
        return Float(10 * log10(min(max(ratio, Self.limits.lowerBound), Self.limits.upperBound)))
    }

    private func closestPeak(to lag: Int) -> Int {
        let values = space.samples, last = LongSpectrum.bins - 1
        func isPeak(_ lag: Int) -> Bool {
            lag >= 0 && lag <= last && (lag == 0 || values[lag] > values[lag - 1])
                && (lag == last || values[lag] > values[lag + 1])
        }
        if isPeak(lag) { return lag }
        var distance = 1
        while lag - distance > 0 || lag + distance < last {
            if lag - distance > 0, isPeak(lag - distance) { return lag - distance }
            if lag + distance < last, isPeak(lag + distance) { return lag + distance }
            distance += 1
        }
        let (isHigherBefore, isHigherBehind) = (values[0] > values[lag], values[last] > values[lag])
        switch (isHigherBefore, isHigherBehind) {
        case (true, true): return lag < (last + 1) / 2 ? 0 : last
        case (true, false): return 0
        case (false, true): return last
        case (false, false): return lag
        }
    }
}
