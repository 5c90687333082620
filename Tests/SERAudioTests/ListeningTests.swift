// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import Testing

/// Sound with a voice, whose formant moves, in some stretches of time; silence or a soft hum elsewhere.
private func voice(
    in stretches: [ClosedRange<Double>], of seconds: Double, rate: Double = 16_000, hum: Double = 0
) -> AudioClip {
    let samples = (0..<Int(seconds * rate)).map { index -> Float in
        let time = Double(index) / rate
        var sum = hum * sin(2 * .pi * 50 * time)
        guard stretches.contains(where: { $0.contains(time) }) else { return Float(sum) }
        let formant = 700 + 1400 * abs(sin(5 * time))
        for frequency in stride(from: 140.0, through: 3500, by: 140) {
            let distance = (frequency - formant) / 300
            sum += 0.05 * exp(-distance * distance) * sin(2 * .pi * frequency * time)
        }
        return Float(sum)
    }
    return AudioClip(samples: samples, sampleRate: rate)
}

@Suite struct ListeningTests {
    private let speech = Listening(sampleRate: 16_000, seconds: 3, window: .speech)
    private let beginning = Listening(sampleRate: 16_000, seconds: 3, window: .beginning)

    @Test func aLongRecordingIsHeardWhereSomebodySpeaks() throws {
        // One second of speech in forty: the window's middle is the speech's.
        let late = try speech.hear(voice(in: [20...21], of: 40, hum: 0.01))
        #expect(abs(late.part.start - 19) < 0.1 && abs(late.part.end - 22) < 0.1 && late.part.duration == 40)
        #expect(late.part.hasSpeech && !late.part.isWhole && late.clip.samples.count == 48_000)
        #expect(late.part.remark == "heard \(late.part)" && "\(late.part)".hasSuffix(" of 40.00 s"))
        // Speech at the end, and more of it than the window holds.
        #expect(try speech.hear(voice(in: [38...40], of: 40)).part.end > 39.9)
        let long = try speech.hear(voice(in: [5...30], of: 40)).part
        #expect((4.9...5.3).contains(long.start) && long.voicedSeconds > 2)
        // The densest of three.
        let dense = try speech.hear(voice(in: [2...3, 10...11, 12...12.9, 30...31], of: 40)).part
        #expect(dense.start >= 9.9 && dense.start <= 10.1)
    }

    @Test func theBeginningStaysWhereNoOtherPartHoldsMore() throws {
        for stretches in [[0.5...2.5], [0.5...2.5, 10...11], [0...40], []] as [[ClosedRange<Double>]] {
            let part = try speech.hear(voice(in: stretches, of: 40)).part
            #expect(part.start == 0 && part.end == 3, "\(stretches): \(part)")
            #expect(part.hasSpeech == !stretches.isEmpty)
        }
        #expect(
            try speech.hear(voice(in: [], of: 40)).part.remark == "heard 0.00 to 3.00 s of 40.00 s; no speech found")
        // The rule of position hears the beginning whatever is in it.
        let first = try beginning.hear(voice(in: [20...21], of: 40))
        #expect(first.part.start == 0 && first.part.end == 3 && !first.part.hasSpeech)
    }

    @Test func shortSoundIsHeardWhole() throws {
        for seconds in [0.00007, 0.02, 1.5, 2.9999, 3] {
            let clip = voice(in: [0...3], of: seconds)
            let heard = try speech.hear(clip)
            #expect(heard.clip == clip && heard.part.isWhole && heard.part.duration == clip.duration)
            #expect(heard == (try beginning.hear(clip)))
            #expect(heard.part.hasSpeech == (seconds > 1))
        }
        #expect(try speech.hear(voice(in: [], of: 0.02)).part.remark == "no speech found: too short, 20 ms")
        #expect(try speech.hear(voice(in: [], of: 1)).part.remark == "no speech found")
        #expect(try speech.hear(voice(in: [0.2...2], of: 2.5)).part.remark == nil)
        #expect(try speech.hear(AudioClip(samples: [], sampleRate: 44_100)).clip.samples.isEmpty)
    }

    @Test(arguments: [16_000.0, 22_050], [ListeningWindow.speech, .beginning])
    func aFileIsHeardAsItsSound(rate: Double, window: ListeningWindow) throws {
        try withTemporaryFolder { folder in
            let listening = Listening(sampleRate: rate, seconds: 3, window: window)
            for (index, seconds) in [1.5, 2.9999, 3, 3.0001, 9, 61].enumerated() {
                let file = folder.appendingPathComponent("\(index).wav")
                try AudioFile.write(voice(in: [7...8.5, 40...43], of: seconds), to: file)
                let sound = try AudioFile.read(at: file)
                let heard = try listening.hear(file)
                #expect(heard == (try listening.hear(sound)))
                // Its definition: the first samples of what there is from its start on.
                let rest = try AudioFile.read(at: file, sampleRate: rate, from: heard.part.start)
                #expect(heard.clip.samples == Array(rest.samples.prefix(Int(3 * rate))), "\(seconds) s, \(heard.part)")
                #expect((heard.part.start > 0) == (window == .speech && seconds > 8))
            }
        }
    }

    /// Ten minutes, which are not kept in memory.
    @Test func longFilesAreHeardToTheirEnd() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("long.wav")
            try AudioFile.write(voice(in: [570...572], of: 600, rate: 8000), to: file)
            let heard = try speech.hear(file)
            #expect(abs(heard.part.start - 569.5) < 0.1 && heard.part.duration == 600 && heard.part.hasSpeech)
        }
    }
}
