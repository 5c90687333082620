// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// An utterance as tracks, one value each ``step`` samples: what the synthesiser's source and filters do when.
struct SpeechPlan: Sendable {
    static let step = 64

    var pitch: [Double] = []  // Hz
    var voicing: [Double] = []  // amplitude of the glottal source
    var breath: [Double] = []  // amplitude of the noise at the glottis
    var frication: [Double] = []  // amplitude of the noise at the constriction
    var fricationCentre: [Double] = []
    var fricationBandwidth: [Double] = []
    var formants: [[Double]] = [[], [], []]  // Hz
    var nasality: [Double] = []  // 0 to 1: widens the formants

    var count: Int { pitch.count }

    init(of word: PseudoWord, voice: SyntheticVoice, variation: ClipVariation, rate: Double, key: RandomKey) {
        var chance = Chance(key: key)
        let style = variation.style
        let stepsPerSecond = rate / Double(Self.step)
        let sounds = Self.sounds(of: word, voice: voice, style: style, chance: &chance)
        let limits = 1.2...2.95
        let spoken = sounds.reduce(0) { $0 + $1.duration }
        let silence = variation.lead + variation.tail
        let stretch = min(max(spoken, limits.lowerBound - silence), limits.upperBound - silence) / spoken

        appendSilence(variation.lead * stepsPerSecond)
        for sound in sounds { append(sound, lasting: sound.duration * stretch * stepsPerSecond) }
        appendSilence(variation.tail * stepsPerSecond)
        smoothTracks(stepsPerSecond)
        scaleFormants(voice: voice, style: style)
        breath = voicing.map { $0 * voice.breath * exp2(style.breath) }
        drawPitch(sounds: sounds, stretch: stretch, voice: voice, variation: variation, stepsPerSecond, &chance)
    }

    /// A phoneme or a pause in its place.
    private struct Sound {
        var phoneme: Phoneme?
        var duration: Double
        /// Height of the pitch accent, semitones at a range of 1; only vowels carry one.
        var accent = 0.0
        var isWord = false
    }

    private static func sounds(
        of word: PseudoWord, voice: SyntheticVoice, style: EmotionalStyle, chance: inout Chance
    ) -> [Sound] {
        let slowness = voice.slowness * exp2(-style.rate)
        func sound(_ phoneme: Phoneme, isWord: Bool) -> Sound {
            let lengthening = isWord ? (phoneme.kind == .vowel ? 1.5 : 1.0) : 1.0
            let duration = phoneme.duration * slowness * lengthening * exp2(chance.normal(deviation: 0.15))
            let height = isWord ? 3.5 : (phoneme.spelling == "ay" ? 2.5 : 0.8)
            let accent = phoneme.kind == .vowel ? height * exp2(chance.normal(deviation: 0.25)) : 0
            return Sound(phoneme: phoneme, duration: duration, accent: accent, isWord: isWord)
        }
        return Phonemes.carrier.map { sound($0, isWord: false) } + [Sound(duration: style.pause)]
            + word.phonemes.map { sound($0, isWord: true) }
    }

    private mutating func append(
        formants f: [Double], voicing v: Double, frication a: Double = 0, centre: Double = 4000,
        bandwidth: Double = 2000, nasality n: Double = 0
    ) {
        voicing.append(v)
        frication.append(a)
        fricationCentre.append(centre)
        fricationBandwidth.append(bandwidth)
        nasality.append(n)
        for i in 0..<3 { formants[i].append(f[i]) }
    }

    private mutating func appendSilence(_ steps: Double) {
        let rest = zip(formants, [500, 1500, 2500]).map { $0.last ?? $1 }
        for _ in 0..<max(1, Int(saturating: steps, rounding: .down)) { append(formants: rest, voicing: 0) }
    }

    private mutating func append(_ sound: Sound, lasting steps: Double) {
        guard let phoneme = sound.phoneme else { return appendSilence(steps) }
        let total = max(2, Int(saturating: steps, rounding: .down))
        for i in 0..<total {
            let place = Double(i) / Double(total)
            var formants = phoneme.formants
            if let end = phoneme.glide { formants = zip(formants, end).map { $0 + ($1 - $0) * place } }
            var voicing = phoneme.voicing
            var amplitude = phoneme.frication?.amplitude ?? 0
            if phoneme.kind == .stop {
                let burst = place > 0.65  // closure first, then the burst
                amplitude = burst ? amplitude : 0
                voicing = burst ? voicing * 1.5 : voicing * 0.4
            }
            append(
                formants: formants, voicing: voicing, frication: amplitude,
                centre: phoneme.frication?.centre ?? 4000, bandwidth: phoneme.frication?.bandwidth ?? 2000,
                nasality: phoneme.kind == .nasal ? 1 : 0)
        }
    }

    /// Articulators take time: formants about 50 ms from target to target, amplitudes 15 ms.
    private mutating func smoothTracks(_ stepsPerSecond: Double) {
        let slow = Int(saturating: 0.05 * stepsPerSecond, rounding: .down)
        let fast = Int(saturating: 0.015 * stepsPerSecond, rounding: .down)
        for i in 0..<3 { formants[i] = smoothed(formants[i], over: slow) }
        nasality = smoothed(nasality, over: slow)
        voicing = smoothed(voicing, over: fast)
        frication = smoothed(frication, over: max(1, fast / 2))
    }

    private mutating func scaleFormants(voice: SyntheticVoice, style: EmotionalStyle) {
        let scale = voice.formantScale * exp2(style.formants)
        for i in 0..<3 { formants[i] = formants[i].map { $0 * scale } }
        formants[0] = formants[0].map { $0 * exp2(style.jaw) }
    }

    private mutating func drawPitch(
        sounds: [Sound], stretch: Double, voice: SyntheticVoice, variation: ClipVariation, _ stepsPerSecond: Double,
        _ chance: inout Chance
    ) {
        let style = variation.style
        var semitones = [Double](repeating: 0, count: voicing.count)
        var start = Int(saturating: variation.lead * stepsPerSecond, rounding: .down)
        for sound in sounds {
            let length = Int(saturating: sound.duration * stretch * stepsPerSecond, rounding: .down)
            for i in 0..<length where start + i < semitones.count {
                let place = Double(i) / Double(max(length, 1))
                semitones[start + i] += sound.accent * exp2(style.range) * sin(.pi * place)
                if sound.isWord && sound.phoneme?.kind == .vowel { semitones[start + i] += style.finalRise * place }
                if sound.isWord && sound.accent == 0 && start > semitones.count * 3 / 4 {
                    semitones[start + i] += style.finalRise
                }
            }
            start += length
        }
        semitones = smoothed(semitones, over: Int(saturating: 0.06 * stepsPerSecond, rounding: .down))
        let phase = chance.uniform(0, 2 * .pi)
        var drift = 0.0
        pitch = semitones.indices.map { i in
            let time = Double(i) / stepsPerSecond
            drift = 0.98 * drift + chance.normal(deviation: 0.06)
            let fall = style.slope * Double(i) / Double(semitones.count)
            let tremor = style.tremor * sin(phase + 2 * .pi * style.tremorRate * time)
            return voice.pitch * exp2((style.pitch + semitones[i] + fall + tremor + drift) / 12)
        }
    }
}

/// A running mean over a window, twice, so that corners become smooth.
func smoothed(_ values: [Double], over width: Int) -> [Double] {
    guard width > 1, let first = values.first, let last = values.last else { return values }
    var current = values
    let half = width / 2
    for _ in 0..<2 {
        var sums = [0.0]
        sums.reserveCapacity(current.count + 1)
        for value in current { sums.append(sums[sums.count - 1] + value) }
        current = current.indices.map { i in
            let low = i - half, high = i + half + 1
            let inside = sums[min(high, current.count)] - sums[max(low, 0)]
            let before = Double(max(0, -low)) * first, after = Double(max(0, high - current.count)) * last
            return (inside + before + after) / Double(high - low)
        }
    }
    return current
}
