// SPDX-License-Identifier: Apache-2.0

/// One of the two made-up speakers.
struct SyntheticVoice: Sendable {
    /// The speaker's name in folders and files, as in TESS.
    let name: String
    /// Resting pitch in Hz.
    let pitch: Double
    /// The length of the vocal tract shows here: factor on the formants of an adult male voice.
    let formantScale: Double
    /// Pole of the low-pass filter on the glottal source, 0 (bright) to 1 (dull).
    let tilt: Double
    /// Amplitude of breath noise at rest.
    let breath: Double
    /// Relative standard deviation of the length of a glottal period.
    let jitter: Double
    /// Seconds of speech for a second of the inventory's own lengths.
    let slowness: Double
    /// How strongly the voice uses each means of expression; 1 is the table of ``EmotionalStyle``.
    let habits: Habits

    struct Habits: Sendable {
        var pitch = 1.0, range = 1.0, rate = 1.0, energy = 1.0, tilt = 1.0, breath = 1.0, formants = 1.0
    }

    /// The older voice: lower, darker, breathier; shows feeling by loudness and tempo.
    static let older = SyntheticVoice(
        name: "OAF", pitch: 184, formantScale: 1.10, tilt: 0.52, breath: 0.07, jitter: 0.010, slowness: 1.25,
        habits: Habits(pitch: 0.8, range: 0.9, rate: 1.15, energy: 1.15, tilt: 1.0, breath: 1.1, formants: 0.9))

    /// The younger voice: higher, brighter; shows feeling by pitch.
    static let younger = SyntheticVoice(
        name: "YAF", pitch: 215, formantScale: 1.17, tilt: 0.42, breath: 0.05, jitter: 0.007, slowness: 1.15,
        habits: Habits(pitch: 1.2, range: 1.1, rate: 0.9, energy: 0.9, tilt: 1.0, breath: 0.9, formants: 1.1))

    static let all = [older, younger]
}
