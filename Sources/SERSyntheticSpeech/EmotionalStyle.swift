// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How an emotion sounds: departures from neutral speech, after the tendencies that Banse and Scherer, "Acoustic
/// profiles in vocal emotion expression", J. Pers. Soc. Psychol. 70 (1996), and Murray and Arnott, JASA 93 (1993), report.
struct EmotionalStyle: Sendable {
    /// Pitch level, semitones.
    var pitch = 0.0
    /// Size of the pitch accents, in powers of two.
    var range = 0.0
    /// Fall of pitch from first to last sound, semitones (negative falls).
    var slope = -2.0
    /// Rise on the last word, semitones.
    var finalRise = 0.0
    /// Speaking rate, in powers of two.
    var rate = 0.0
    /// Level, dB.
    var energy = 0.0
    /// Darkness of the glottal source: added to the pole of its low-pass filter.
    var tilt = 0.0
    /// Breath noise, in powers of two.
    var breath = 0.0
    /// Depth of a tremor of the pitch, semitones; and its rate, Hz.
    var tremor = 0.0
    var tremorRate = 6.0
    /// Irregularity of the periods, in powers of two.
    var jitter = 0.0
    /// Shift of all formants (lips spread or rounded), in powers of two; and of the first alone (jaw).
    var formants = 0.0
    var jaw = 0.0
    /// Length of the pause before the word, seconds.
    var pause = 0.03
}

/// The seven emotions under the names that TESS's files give them, in alphabetical order.
enum SyntheticEmotion: String, CaseIterable, Sendable {
    case angry, disgust, fear, happy, neutral, ps, sad

    /// The name of the folder in TESS.
    var folder: String { self == .ps ? "pleasant_surprise" : rawValue }

    var style: EmotionalStyle {
        switch self {
        case .neutral:
            EmotionalStyle()
        case .angry:
            EmotionalStyle(
                pitch: 2.5, range: 0.6, slope: -4, rate: 0.12, energy: 5, tilt: -0.22, breath: -0.6, jitter: 0.5,
                jaw: 0.12)
        case .disgust:
            EmotionalStyle(
                pitch: -1.5, range: 0.2, slope: -5, rate: -0.25, energy: 0.5, tilt: 0.02, breath: 0.2, jitter: 0.8,
                formants: -0.05, jaw: 0.05, pause: 0.07)
        case .fear:
            EmotionalStyle(
                pitch: 4, range: -0.4, slope: 0, rate: 0.3, energy: -1, tilt: 0.0, breath: 1.0, tremor: 0.6,
                tremorRate: 7.5, jitter: 0.4, formants: 0.02)
        case .happy:
            EmotionalStyle(
                pitch: 3.5, range: 0.7, slope: -1, finalRise: 1, rate: 0.08, energy: 3, tilt: -0.14, breath: -0.2,
                formants: 0.07)
        case .ps:
            EmotionalStyle(
                pitch: 4, range: 0.8, slope: -1, finalRise: 7, rate: -0.05, energy: 2, tilt: -0.08, breath: 0.3,
                formants: 0.03)
        case .sad:
            EmotionalStyle(
                pitch: -1.5, range: -0.8, slope: -2.5, rate: -0.3, energy: -4, tilt: 0.14, breath: 0.8, tremor: 0.2,
                tremorRate: 4, formants: -0.03, pause: 0.08)
        }
    }
}
