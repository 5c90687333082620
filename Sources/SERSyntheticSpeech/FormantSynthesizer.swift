// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport

/// Makes sound of a ``SpeechPlan``: a glottal source and breath through resonators in series, and noise of
/// constrictions through a resonator of its own, as in Klatt, "Software for a cascade/parallel formant synthesizer", JASA 67 (1980).
struct FormantSynthesizer: Sendable {
    let sampleRate: Double

    func speak(
        _ word: PseudoWord, as emotion: SyntheticEmotion, by voice: SyntheticVoice, key: RandomKey
    ) -> AudioClip {
        let variation = ClipVariation(of: emotion, by: voice, key: key.derived("variation"))
        let plan = SpeechPlan(
            of: word, voice: voice, variation: variation, rate: sampleRate, key: key.derived("plan"))
        var samples = render(plan, voice: voice, variation: variation, key: key)
        finish(&samples, variation: variation, key: key.derived("room"))
        return AudioClip(samples: samples.map(Float.init), sampleRate: sampleRate)
    }

    private func render(
        _ plan: SpeechPlan, voice: SyntheticVoice, variation: ClipVariation, key: RandomKey
    ) -> [Double] {
        let style = variation.style, step = SpeechPlan.step
        var source = GlottalSource(
            sampleRate: sampleRate, jitter: voice.jitter * exp2(style.jitter),
            tilt: min(max(voice.tilt + style.tilt, 0.02), 0.93), key: key.derived("glottis"))
        var noise = NoiseSource(key: key.derived("noise"))
        var tract = (Resonator(), Resonator(), Resonator(), Resonator(), Resonator())
        var constriction = BandPass()
        let scale = voice.formantScale
        tract.3.tune(frequency: 3500 * scale, bandwidth: 250, rate: sampleRate)
        tract.4.tune(frequency: 4500 * scale, bandwidth: 350, rate: sampleRate)
        var output = [Double](repeating: 0, count: plan.count * step)
        for i in 0..<plan.count {
            let nasal = plan.nasality[i]
            tract.0.tune(frequency: plan.formants[0][i], bandwidth: 70 + 130 * nasal, rate: sampleRate)
            tract.1.tune(frequency: plan.formants[1][i], bandwidth: 100 + 250 * nasal, rate: sampleRate)
            tract.2.tune(frequency: plan.formants[2][i], bandwidth: 160 + 250 * nasal, rate: sampleRate)
            constriction.tune(
                frequency: plan.fricationCentre[i], bandwidth: plan.fricationBandwidth[i], rate: sampleRate)
            let voicing = plan.voicing[i], breath = plan.breath[i], frication = plan.frication[i] * 0.6
            for j in 0..<step {
                let (pulse, opening) = source.next(pitch: plan.pitch[i])
                let white = noise.next()
                var x = voicing * pulse + breath * white * (0.3 + opening)
                x = tract.0.filter(x)
                x = tract.1.filter(x)
                x = tract.2.filter(x)
                x = tract.3.filter(x)
                x = tract.4.filter(x)
                output[i * step + j] = x + constriction.filter(frication * white)
            }
        }
        return output
    }

    /// Level, microphone, room: what a recording adds.
    private func finish(_ samples: inout [Double], variation: ClipVariation, key: RandomKey) {
        let energy = samples.reduce(0) { $0 + $1 * $1 } / Double(max(samples.count, 1))
        let level = pow(10, (-24 + variation.style.energy + variation.gain) / 20) / max(energy.squareRoot(), 1e-9)
        let floor = pow(10, (-24 + variation.noiseFloor + variation.gain) / 20)
        var noise = NoiseSource(key: key)
        let a = tanh(variation.colour * 0.115 / 2)  // one zero: 1 + a at 0 Hz, 1 - a at half the rate
        var previous = 0.0, peak = 0.0
        for i in samples.indices {
            let x = samples[i] * level + noise.next() * floor
            samples[i] = x + a * previous
            previous = x
            peak = max(peak, abs(samples[i]))
        }
        guard peak > 0.97 else { return }
        let scale = 0.97 / peak
        for i in samples.indices { samples[i] *= scale }
    }
}
