// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport
import Testing

private let rate = 16_000.0

private func clip(_ seconds: Double, _ value: (Double) -> Double) -> AudioClip {
    AudioClip(samples: (0..<Int(seconds * rate)).map { Float(value(Double($0) / rate)) }, sampleRate: rate)
}

private func noise(_ color: NoiseColor, level: Float, seed: UInt64) throws -> AudioClip {
    // The noise alone: a tone so soft that it is lost in noise 60 dB above it.
    let tone = clip(3) { 1e-3 * sin(2 * .pi * 1000 * $0) }
    let noisy = try Degradation.noise(color: color, snr: -60).applied(to: tone, seed: seed)
    return AudioClip(samples: noisy.samples.map { $0 * level }, sampleRate: rate)
}

private func hum(_ base: Double) -> AudioClip {
    clip(3) { time in
        var sum = 0.0
        for harmonic in stride(from: 1.0, through: 12, by: 1) {
            sum += 0.1 / harmonic * sin(2 * .pi * base * harmonic * time + harmonic)
        }
        return sum
    }
}

@Suite struct SpeechActivityTests {
    @Test func nobodySpeaksInSilenceNoiseHumsTonesAndClicks() throws {
        var sounds: [(String, AudioClip)] = [
            ("nothing", AudioClip(samples: [], sampleRate: rate)),
            ("a sample", AudioClip(samples: [1], sampleRate: rate)),
            ("silence", clip(3) { _ in 0 }), ("DC", clip(3) { _ in 0.5 }),
            ("click", clip(3) { $0 == 1.5 ? 1 : 0 }), ("step", clip(3) { $0 < 1.5 ? 0 : 0.5 }),
            ("hum of 50 Hz", hum(50)), ("hum of 60 Hz", hum(60)),
        ]
        for frequency in [60.0, 100, 150, 220, 440, 1000, 3000] {
            sounds.append(("\(frequency) Hz", clip(3) { 0.3 * sin(2 * .pi * frequency * $0) }))
            let bursts = clip(3) { time -> Double in
                if Int(time * 3) % 2 == 0 { return 0 }
                return 0.3 * sin(2 * .pi * frequency * time)
            }
            sounds.append(("\(frequency) Hz with pauses", bursts))
        }
        for seed in 1...20 as ClosedRange<UInt64> {
            sounds.append(("white noise", try noise(.white, level: 0.1, seed: seed)))
            sounds.append(("pink noise", try noise(.pink, level: 0.1, seed: seed)))
            sounds.append(("room noise", try noise(.pink, level: 0.001, seed: seed)))
        }
        for (name, sound) in sounds {
            let activity = try SpeechActivity(of: sound)
            #expect(!activity.hasSpeech, "\(name): \(activity.voicedSeconds) s")
        }
    }

    @Test func findsVowelsWhereTheyAre() throws {
        // Two harmonic sounds whose formant moves, from 1.0 to 1.6 s and from 2.5 to 2.9 s.
        let sound = clip(4) { time in
            guard (1...1.6).contains(time) || (2.5...2.9).contains(time) else { return 0 }
            let formant = 700 + 1400 * abs(sin(5 * time))
            var sum = 0.0
            for frequency in stride(from: 140.0, through: 3500, by: 140) {
                let distance = (frequency - formant) / 300
                sum += 0.05 * exp(-distance * distance) * sin(2 * .pi * frequency * time)
            }
            return sum
        }
        for gain in [1 as Float, 0.05] {
            let activity = try SpeechActivity(of: AudioClip(samples: sound.samples.map { gain * $0 }, sampleRate: rate))
            #expect(activity.hasSpeech && activity.intervals.count == 2, "\(activity)")
            #expect(abs((activity.intervals.first?.start ?? 0) - 1) < 0.06)
            #expect(abs((activity.intervals.last?.end ?? 0) - 2.9) < 0.06)
            #expect(abs(activity.fraction - activity.seconds / 4) < 1e-9 && activity.duration == 4)
        }
    }

    /// Every clip of the corpora has speech, and nearly every one in noise and rooms; a line for each tells how many.
    @Test(
        .enabled(if: AudioReference.data != nil, "SER_DATA names no folder of real speech"),
        arguments: ["tess", "emodb"])
    func realSpeechIsFound(corpus: String) throws {
        let folder = try #require(AudioReference.data).appendingPathComponent(corpus)
        let names = (FileManager.default.subpaths(atPath: folder.path) ?? []).filter {
            $0.lowercased().hasSuffix(".wav")
        }
        #expect(names.count > 500)
        let clips = try names.sorted().map { try AudioFile.read(at: folder.appendingPathComponent($0)) }
        let conditions: [(Degradation?, least: Double)] = [
            (nil, 1), (.noise(color: .white, snr: 10), 0.97), (.noise(color: .pink, snr: 10), 0.97),
            (.reverberation(rt60: 0.6), 0.97), (.telephone, 0.97), (.gain(decibels: -20), 0.99),
        ]
        for (condition, least) in conditions {
            let found = Counts()
            DispatchQueue.concurrentPerform(iterations: clips.count) { index in
                if condition != nil, index % 4 > 0 { return }
                // What cannot be degraded or listened to counts as not found.
                let sound = try? condition?.applied(to: clips[index], seed: UInt64(index)) ?? clips[index]
                found.note(sound.flatMap { try? SpeechActivity(of: $0) }?.hasSpeech == true)
            }
            print("\(corpus), \(condition.map { "\($0)" } ?? "as it is"): speech in \(found.yes) of \(found.all) clips")
            #expect(Double(found.yes) >= least * Double(found.all))
        }
    }
}

private final class Counts: @unchecked Sendable {
    private let lock = NSLock()
    private(set) var yes = 0, all = 0

    func note(_ isSo: Bool) {
        lock.withLock {
            all += 1
            if isSo { yes += 1 }
        }
    }
}
