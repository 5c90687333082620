// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// The pulses of the vocal folds: Rosenberg's pulse, "Effect of glottal pulse shape on the quality of natural vowels",
/// JASA 49 (1971), differentiated for the radiation of the lips, with periods and peaks that are never quite the same.
struct GlottalSource: Sendable {
    private let sampleRate: Double
    private let jitter: Double
    private let tilt: Double
    private var chance: Chance
    private var phase = 0.0
    private var period = 1.0
    private var peak = 1.0
    private var flow = 0.0
    private var low = 0.0

    /// Parts of a period in which the folds open and close; they are shut for the rest.
    private let opening = 0.42, closing = 0.18

    init(sampleRate: Double, jitter: Double, tilt: Double, key: RandomKey) {
        self.sampleRate = sampleRate
        self.jitter = jitter
        self.tilt = tilt
        chance = Chance(key: key)
    }

    /// The next sample of the flow's derivative, and how far the folds are open (0 to 1).
    mutating func next(pitch: Double) -> (pulse: Double, opening: Double) {
        phase += pitch * period / sampleRate
        if phase >= 1 {
            phase -= 1
            period = min(max(1 + chance.normal(deviation: jitter), 0.7), 1.3)
            peak = min(max(1 + chance.normal(deviation: 2 * jitter), 0.5), 1.5)
        }
        var open = 0.0
        if phase < opening {
            open = 0.5 * (1 - cos(.pi * phase / opening))
        } else if phase < opening + closing {
            open = cos(0.5 * .pi * (phase - opening) / closing)
        }
        let derivative = (open * peak - flow) * sampleRate / pitch * 0.1
        flow = open * peak
        low = (1 - tilt) * derivative + tilt * low
        return (low, open)
    }
}

/// A two-pole resonator with a gain of 1 at 0 Hz (Klatt 1980).
struct Resonator: Sendable {
    private var a = 1.0, b = 0.0, c = 0.0
    private var last = 0.0, secondLast = 0.0

    /// Sets centre and bandwidth in Hz; what rings on goes on ringing.
    mutating func tune(frequency: Double, bandwidth: Double, rate: Double) {
        let centre = min(frequency, 0.47 * rate)
        c = -exp(-2 * .pi * bandwidth / rate)
        b = 2 * exp(-.pi * bandwidth / rate) * cos(2 * .pi * centre / rate)
        a = 1 - b - c
    }

    mutating func filter(_ x: Double) -> Double {
        let y = a * x + b * last + c * secondLast
        secondLast = last
        last = y
        return y
    }
}

/// A resonator with zeros at 0 Hz and half the rate, and a gain of about 1 at its centre: the noise of a constriction.
struct BandPass: Sendable {
    private var a = 0.0, b = 0.0, c = 0.0
    private var input = (0.0, 0.0), output = (0.0, 0.0)

    /// Sets centre and bandwidth in Hz.
    mutating func tune(frequency: Double, bandwidth: Double, rate: Double) {
        let radius = exp(-.pi * bandwidth / rate)
        c = -radius * radius
        b = 2 * radius * cos(2 * .pi * min(frequency, 0.47 * rate) / rate)
        a = (1 - radius * radius) / 2
    }

    mutating func filter(_ x: Double) -> Double {
        let y = a * (x - input.1) + b * output.0 + c * output.1
        input = (x, input.0)
        output = (y, output.0)
        return y
    }
}

/// White noise between -1 and 1: the xorshift64* generator, which costs less a sample than the library's keys.
struct NoiseSource: Sendable {
    private var state: UInt64

    init(key: RandomKey) { state = key.bits | 1 }

    mutating func next() -> Double {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return Double(Int64(bitPattern: state &* 0x2545_f491_4f6c_dd1d) >> 11) * 0x1p-52
    }
}
