// SPDX-License-Identifier: Apache-2.0

/// One sound of the synthesiser's small inventory: where its formants lie and how it is excited.
struct Phoneme: Sendable {
    enum Kind: Sendable { case vowel, glide, nasal, fricative, stop }

    /// How the sound is written in a pseudo-word.
    let spelling: String
    let kind: Kind
    /// The first three formants of an adult male voice in Hz; a voice scales them.
    let formants: [Double]
    /// Where the formants end, for a diphthong.
    let glide: [Double]?
    /// Length at a rate of 1, in seconds.
    let duration: Double
    /// Amplitude of the glottal source, 0 to 1.
    let voicing: Double
    /// Centre (Hz), bandwidth (Hz) and amplitude of the noise made at the constriction.
    let frication: (centre: Double, bandwidth: Double, amplitude: Double)?

    init(
        _ spelling: String, _ kind: Kind, _ formants: [Double], glide: [Double]? = nil, _ duration: Double,
        voicing: Double = 1, frication: (centre: Double, bandwidth: Double, amplitude: Double)? = nil
    ) {
        self.spelling = spelling
        self.kind = kind
        self.formants = formants
        self.glide = glide
        self.duration = duration
        self.voicing = voicing
        self.frication = frication
    }
}

/// The inventory. Vowel formants are the averages over men of Peterson and Barney, "Control methods used in a study of
/// the vowels", JASA 24 (1952); consonant loci and noise bands are rounded textbook values.
enum Phonemes {
    static let vowels = [
        Phoneme("ee", .vowel, [270, 2290, 3010], 0.22),
        Phoneme("i", .vowel, [390, 1990, 2550], 0.16),
        Phoneme("e", .vowel, [530, 1840, 2480], 0.18),
        Phoneme("a", .vowel, [660, 1720, 2410], 0.20),
        Phoneme("o", .vowel, [730, 1090, 2440], 0.20),
        Phoneme("u", .vowel, [640, 1190, 2390], 0.17),
        Phoneme("oo", .vowel, [300, 870, 2240], 0.22),
        Phoneme("ai", .vowel, [530, 1840, 2480], glide: [300, 2250, 2900], 0.24),
    ]

    static let onsets = [
        Phoneme("b", .stop, [250, 900, 2200], 0.08, voicing: 0.25, frication: (900, 900, 0.35)),
        Phoneme("d", .stop, [250, 1700, 2600], 0.08, voicing: 0.25, frication: (3800, 1800, 0.4)),
        Phoneme("g", .stop, [250, 2000, 2400], 0.08, voicing: 0.25, frication: (2200, 900, 0.4)),
        Phoneme("p", .stop, [300, 900, 2200], 0.10, voicing: 0, frication: (1000, 1200, 0.5)),
        Phoneme("t", .stop, [300, 1700, 2600], 0.10, voicing: 0, frication: (4500, 2200, 0.7)),
        Phoneme("k", .stop, [300, 2000, 2400], 0.10, voicing: 0, frication: (2300, 1000, 0.6)),
        Phoneme("m", .nasal, [250, 1000, 2200], 0.10, voicing: 0.55),
        Phoneme("n", .nasal, [250, 1500, 2500], 0.10, voicing: 0.55),
        Phoneme("l", .glide, [340, 1100, 2650], 0.10, voicing: 0.8),
        Phoneme("r", .glide, [380, 1150, 1600], 0.10, voicing: 0.8),
        Phoneme("w", .glide, [290, 650, 2150], 0.10, voicing: 0.8),
        Phoneme("f", .fricative, [320, 1100, 2300], 0.14, voicing: 0, frication: (6500, 5000, 0.3)),
        Phoneme("v", .fricative, [280, 1100, 2300], 0.10, voicing: 0.5, frication: (6000, 5000, 0.15)),
        Phoneme("s", .fricative, [320, 1500, 2600], 0.16, voicing: 0, frication: (7000, 2500, 0.8)),
        Phoneme("sh", .fricative, [320, 1700, 2500], 0.16, voicing: 0, frication: (3600, 1700, 0.9)),
        Phoneme("z", .fricative, [280, 1500, 2600], 0.12, voicing: 0.5, frication: (6800, 2500, 0.4)),
    ]

    /// The consonants that close a pseudo-word.
    static let codas = onsets.filter { !["w", "r", "v", "z"].contains($0.spelling) }

    /// "Say the word", the carrier phrase of TESS.
    static let carrier = [
        Phoneme("s", .fricative, [320, 1500, 2600], 0.15, voicing: 0, frication: (7000, 2500, 0.8)),
        Phoneme("ay", .vowel, [530, 1840, 2480], glide: [300, 2250, 2900], 0.20),
        Phoneme("th", .fricative, [280, 1300, 2500], 0.06, voicing: 0.5, frication: (6000, 5000, 0.1)),
        Phoneme("e", .vowel, [520, 1400, 2400], 0.08),
        Phoneme("w", .glide, [290, 650, 2150], 0.08, voicing: 0.8),
        Phoneme("or", .vowel, [490, 1350, 1690], 0.19),
        Phoneme("d", .stop, [250, 1700, 2600], 0.08, voicing: 0.2, frication: (3800, 1800, 0.3)),
    ]
}

/// A made-up word of one consonant, one vowel and one consonant, spelled as it sounds.
struct PseudoWord: Sendable {
    let phonemes: [Phoneme]

    var spelling: String { phonemes.map(\.spelling).joined() }

    /// Every word that the inventory spells, each spelling once, in a fixed order.
    static let all: [PseudoWord] = {
        var seen: Set<String> = []
        var words: [PseudoWord] = []
        for onset in Phonemes.onsets {
            for vowel in Phonemes.vowels {
                for coda in Phonemes.codas where coda.spelling != onset.spelling {
                    let word = PseudoWord(phonemes: [onset, vowel, coda])
                    if seen.insert(word.spelling).inserted { words.append(word) }
                }
            }
        }
        return words
    }()
}
