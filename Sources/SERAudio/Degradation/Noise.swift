// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// How the power of noise is spread over frequencies.
public enum NoiseColor: String, Sendable, Hashable, Codable, CaseIterable {
    /// The same at all frequencies: normally distributed samples.
    case white
    /// Falling by 3 dB an octave from 20 Hz on, and nothing below: normally distributed spectral lines, each scaled by
    /// the inverse root of its frequency (Timmer and König, Astronomy and Astrophysics 300, 1995).
    case pink

    /// Noise that is as long as asked, of any level.
    package func samples(_ count: Int, sampleRate: Double, key: RandomKey) -> [Float] {
        switch self {
        case .white: normalSamples(count, key: key)
        case .pink: pinkSamples(count, sampleRate: sampleRate, key: key)
        }
    }
}

/// The longest stretch of pink noise made at once, in samples; more of it repeats.
private let longestPeriod = 1 << 20
private let lowestFrequency = 20.0

private func pinkSamples(_ count: Int, sampleRate: Double, key: RandomKey) -> [Float] {
    // Twice the clip, so that its end does not join its beginning.
    let length = min(longestPeriod, powerOfTwo(atLeast: max(2 * count, 1024)))
    guard let transform = RealTransform.of(length: length), let space = transform.workspace() else {
        return normalSamples(count, key: key)
    }
    let lines = normalSamples(2 * transform.bins, key: key)
    for bin in 0..<transform.bins {
        let frequency = Double(bin) * sampleRate / Double(length)
        let scale = frequency < lowestFrequency ? 0 : Float(1 / frequency.squareRoot())
        space.bins[2 * bin] = scale * lines[2 * bin]
        space.bins[2 * bin + 1] = bin == length / 2 ? 0 : scale * lines[2 * bin + 1]
    }
    transform.backward(space)
    return (0..<count).map { space.samples[$0 % length] }
}

extension AudioClip {
    func withNoise(_ color: NoiseColor, snr: Double, seed: UInt64) -> AudioClip {
        let key = RandomKey(seed: seed).derived("noise").derived(color.rawValue)
        return mixed(with: color.samples(samples.count, sampleRate: sampleRate, key: key), snr: snr)
    }

    /// The clip and as many samples of noise, scaled to a ratio in dB. A clip or noise of nothing but zeros stays as it
    /// is: neither has a level.
    func mixed(with noise: [Float], snr: Double) -> AudioClip {
        guard let level = activeSpeechLevel else { return self }
        let power = noise.sumOfSquares / Double(max(noise.count, 1))
        guard power > 0 else { return self }
        let factor = Float(pow(10, (level - snr) / 20) / power.squareRoot())
        return with(zip(samples, noise).map { $0 + factor * $1 })
    }
}
