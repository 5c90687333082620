// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

extension AudioClip {
    /// The clip with others' talk: `talkers` voices at once, each as loud as the others by its active speech level, each
    /// from a place of its own and again from its beginning where it is shorter than the clip.
    ///
    /// With fewer voices than talkers, a voice speaks several times, at other places.
    func withBabble(_ voices: [AudioClip], talkers: Int, snr: Double, seed: UInt64) throws(DegradationError)
        -> AudioClip
    {
        guard !samples.isEmpty else { return self }
        let audible = voices.filter { !$0.samples.isEmpty && $0.activeSpeechLevel != nil }
        guard !audible.isEmpty else { throw .noVoices }
        var generator = RandomKey(seed: seed).derived("babble").generator
        var order: [Int] = []
        while order.count < talkers { order += generator.shuffled(audible.indices) }
        var babble = [Float](repeating: 0, count: samples.count)
        for voice in order.prefix(talkers) {
            let sound = try audible[voice].at(sampleRate)
            guard let level = sound.activeSpeechLevel else { continue }
            let factor = Float(pow(10, -level / 20))
            var place = generator.draw(below: sound.samples.count)
            for index in babble.indices {
                babble[index] += factor * sound.samples[place]
                place = place + 1 == sound.samples.count ? 0 : place + 1
            }
        }
        return mixed(with: babble, snr: snr)
    }

    /// The clip at another rate in Hz.
    func at(_ rate: Double) throws(DegradationError) -> AudioClip {
        do { return try resampled(to: rate) } catch { throw .audio(error) }
    }
}
