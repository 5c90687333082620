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
        name: "OAF", pitch: 172, formantScale: 1.06, tilt: 0.62, breath: 0.10, jitter: 0.012, slowness: 1.28,
        habits: Habits(pitch: 0.7, range: 0.8, rate: 1.2, energy: 1.2, tilt: 1.0, breath: 1.2, formants: 0.8))

    /// The younger voice: higher, brighter; shows feeling by pitch.
    static let younger = SyntheticVoice(
        name: "YAF", pitch: 228, formantScale: 1.21, tilt: 0.35, breath: 0.04, jitter: 0.006, slowness: 1.12,
        habits: Habits(pitch: 1.3, range: 1.2, rate: 0.8, energy: 0.8, tilt: 0.9, breath: 0.7, formants: 1.2))

    static let all = [older, younger]
}
