// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// What differs from one take to the next: how strongly the emotion shows, and everything that has nothing to do with
/// it.
/// These spreads make the corpus hard: weak takes of different emotions sound alike.
struct ClipVariation: Sendable {
    /// 0 sounds neutral, 1 as the table of ``EmotionalStyle`` says.
    var strength: Double
    /// The style of the take, departures of chance included.
    var style: EmotionalStyle
    /// Gain of the recording, dB.
    var gain: Double
    /// Tilt of the microphone's response, in dB between 0 Hz and half the rate.
    var colour: Double
    /// Level of the room's noise below the speech, dB.
    var noiseFloor: Double
    /// Silence before and after, seconds.
    var lead: Double
    var tail: Double

    init(of emotion: SyntheticEmotion, by voice: SyntheticVoice, key: RandomKey) {
        var chance = Chance(key: key)
        strength = min(max(chance.normal(mean: 1.03, deviation: 0.19), 0.45), 1.5)
        let neutral = EmotionalStyle(), full = emotion.style, habits = voice.habits, k = strength
        func mixed(_ part: KeyPath<EmotionalStyle, Double>, _ habit: Double = 1) -> Double {
            neutral[keyPath: part] + k * habit * (full[keyPath: part] - neutral[keyPath: part])
        }
        style = EmotionalStyle(
            pitch: mixed(\.pitch, habits.pitch) + chance.normal(deviation: 0.5),
            range: mixed(\.range, habits.range) + chance.normal(deviation: 0.15),
            slope: mixed(\.slope) + chance.normal(deviation: 1.2),
            finalRise: mixed(\.finalRise, habits.pitch) + chance.normal(deviation: 0.8),
            rate: mixed(\.rate, habits.rate) + chance.normal(deviation: 0.065),
            energy: mixed(\.energy, habits.energy) + chance.normal(deviation: 0.9),
            tilt: mixed(\.tilt, habits.tilt) + chance.normal(deviation: 0.027),
            breath: mixed(\.breath, habits.breath) + chance.normal(deviation: 0.22),
            tremor: max(0, mixed(\.tremor) + chance.normal(deviation: 0.1)),
            tremorRate: full.tremorRate * exp2(chance.normal(deviation: 0.15)),
            jitter: mixed(\.jitter) + chance.normal(deviation: 0.3),
            formants: mixed(\.formants, habits.formants) + chance.normal(deviation: 0.013),
            jaw: mixed(\.jaw, habits.formants) + chance.normal(deviation: 0.022),
            pause: max(0.005, mixed(\.pause) + chance.normal(deviation: 0.02)))
        gain = chance.normal(deviation: 1.0)
        colour = chance.normal(deviation: 0.9)
        noiseFloor = chance.normal(mean: -50, deviation: 3)
        lead = chance.uniform(0.03, 0.12)
        tail = chance.uniform(0.02, 0.05)
    }
}

/// Draws numbers from a key.
struct Chance: Sendable {
    private var generator: RandomKeyGenerator

    init(key: RandomKey) { generator = key.generator }

    /// A number uniform between two bounds.
    mutating func uniform(_ low: Double = 0, _ high: Double = 1) -> Double {
        low + (high - low) * generator.drawFraction()
    }

    /// A normal number, by Box and Muller's method.
    mutating func normal(mean: Double = 0, deviation: Double = 1) -> Double {
        let radius = (-2 * log(1 - uniform())).squareRoot()
        return mean + deviation * radius * cos(2 * .pi * uniform())
    }
}
