// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport
import Testing

/// What peers computed; see Tests/Fixtures/degradation.py.
private struct DegradationReference: Decodable {
    let shorts, muLaw: [Int]
    let level, paddedLevel: Double
    let filter: [Double]

    init() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Fixtures/degradation.json")
        self = try JSONDecoder().decode(DegradationReference.self, from: Data(contentsOf: file))
    }
}

private let everything: [Degradation] = [
    .noise(color: .white, snr: 10), .noise(color: .pink, snr: 10), .babble(snr: 10), .reverberation(rt60: 0.4),
    .telephone,
    .clipping(decibels: 12), .coding(.muLaw), .coding(.gsm), .coding(.opus), .coding(.mp3), .gain(decibels: -6),
    .shortened(seconds: 0.5), .recorded(sampleRate: 8000),
]

/// Tone bursts with pauses, 3 s; the fixture has the same.
private func bursts(_ rate: Double, scale: Float = 1) -> AudioClip {
    let heights = [1, 0, 0.3, 0, 0, 0.6]
    return AudioClip(
        samples: (0..<Int(3 * rate)).map { index in
            let time = Double(index) / rate
            return scale * Float(heights[Int(time * 2)] * sin(2 * .pi * 440 * time))
        }, sampleRate: rate)
}

private func voices(_ rate: Double = 16_000) -> [AudioClip] {
    [120.0, 180, 230].map { pitch in
        AudioClip(
            samples: (0..<Int(rate)).map { Float(sin(2 * .pi * pitch * Double($0) / rate)) * 0.1 }, sampleRate: rate)
    }
}

private func power(_ samples: some Collection<Float>) -> Double {
    samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(max(samples.count, 1))
}

private func difference(_ a: AudioClip, _ b: AudioClip) -> [Float] { zip(a.samples, b.samples).map { $0 - $1 } }

@Suite struct DegradationTests {
    @Test func activeLevelIsThatOfP56() throws {
        let reference = try DegradationReference()
        let level = try #require(bursts(8000).activeSpeechLevel)
        #expect(abs(level - reference.level) < 0.01, "\(level), P.56 \(reference.level)")
        let soft = try #require(bursts(8000, scale: 0.01).activeSpeechLevel)
        #expect(abs(soft + 40 - level) < 0.01)
        // Zeros around do not count, but for the 0.2 s for which the envelope stays active.
        let padded = try [1600, 4000, 40_000].map { count in
            let zeros = [Float](repeating: 0, count: count)
            let samples = zeros + bursts(8000).samples + [Float](repeating: 0, count: 4000) + zeros
            return try #require(AudioClip(samples: samples, sampleRate: 8000).activeSpeechLevel)
        }
        for level in padded {
            #expect(abs(level - reference.paddedLevel) < 0.01, "\(level), P.56 \(reference.paddedLevel)")
        }
        #expect(AudioClip(samples: [], sampleRate: 8000).activeSpeechLevel == nil)
        #expect(AudioClip(samples: [0, 0, 0], sampleRate: 8000).activeSpeechLevel == nil)
        #expect(AudioClip(samples: [0.5], sampleRate: 8000).activeSpeechLevel != nil)
    }

    @Test(arguments: [20.0, 10, 5, 0, -5])
    func noiseReachesItsRatio(snr: Double) throws {
        for clip in [bursts(16_000), bursts(24_414, scale: 0.003)] {
            let level = try #require(clip.activeSpeechLevel)
            for degradation in [
                Degradation.noise(color: .white, snr: snr), .noise(color: .pink, snr: snr), .babble(snr: snr),
            ] {
                let noise = difference(try degradation.applied(to: clip, seed: 3, voices: voices()), clip)
                #expect(abs(level - 10 * log10(power(noise)) - snr) < 0.1, "\(degradation)")
            }
        }
    }

    /// Power between octaves: equal for pink noise, doubling for white.
    @Test func pinkNoiseFallsByThreeDecibelsAnOctave() throws {
        let clip = AudioClip(samples: (0..<1 << 17).map { Float(sin(Double($0))) }, sampleRate: 16_000)
        for (color, expected) in [(NoiseColor.pink, -3.01), (.white, 0.0)] {
            let noise = difference(try Degradation.noise(color: color, snr: 0).applied(to: clip, seed: 1), clip)
            let stft = STFT(fftLength: 1024, hop: 512)
            let spectrum = try stft.power(of: AudioClip(samples: noise, sampleRate: 16_000))
            // Density at 125, 250, ... 4000 Hz, each averaged over an octave: bins are 15.6 Hz apart.
            let densities = (0..<6).map { octave -> Double in
                let bins = Int(6 * pow(2.0, Double(octave)))..<Int(12 * pow(2.0, Double(octave)))
                var sum = 0.0
                for frame in 0..<spectrum.frames {
                    for bin in bins { sum += Double(spectrum.values[frame * spectrum.coefficients + bin]) }
                }
                return 10 * log10(sum / Double(bins.count))
            }
            let slope = (densities[5] - densities[0]) / 5
            #expect(abs(slope - expected) < 0.15, "\(color): \(slope) dB an octave")
            for (low, high) in zip(densities, densities.dropFirst()) { #expect(abs(high - low - expected) < 0.5) }
        }
    }

    @Test(arguments: [0.3, 0.6, 1.0] as [Double])
    func roomsDecayAsTheySay(rt60: Double) throws {
        let rate = 16_000.0
        let response = RoomResponse(rt60: rt60).samples(sampleRate: rate, seed: 5)
        #expect(response[0] == 1)
        let tail = Array(response.dropFirst())
        #expect(abs(power(tail) * Double(tail.count) - 1) < 0.002)
        // Schroeder's backward integration (1965), a line through -5 to -25 dB.
        var curve = [Double](repeating: 0, count: tail.count)
        var energy = 0.0
        for index in tail.indices.reversed() {
            energy += Double(tail[index]) * Double(tail[index])
            curve[index] = energy
        }
        let decibels = curve.map { 10 * log10($0 / energy) }
        let first = try #require(decibels.firstIndex { $0 < -5 }), last = try #require(decibels.firstIndex { $0 < -25 })
        let measured = 3 * Double(last - first) / rate
        #expect(abs(measured / rt60 - 1) < 0.1, "\(measured) s for \(rt60) s")
    }

    @Test func roomsKeepOnsetLengthAndLevel() throws {
        var samples = [Float](repeating: 0, count: 9000)
        samples[2000] = 0.5
        samples[6000] = -0.25
        let clip = AudioClip(samples: samples, sampleRate: 16_000)
        let room = try Degradation.reverberation(rt60: 0.5).applied(to: clip, seed: 2)
        #expect(room.samples.count == 9000)
        #expect(abs(power(room.samples) / power(samples) - 1) < 1e-4)
        #expect(room.samples[..<2000].allSatisfy { abs($0) < 1e-6 } && room.samples[2000] > 0.2)
        // Convolution in blocks is convolution: the room's answer to two impulses is the sum of two answers.
        let response = RoomResponse(rt60: 0.5).samples(sampleRate: 16_000, seed: 2)
        let scale = room.samples[2000] / (0.5 * response[0])
        for index in stride(from: 0, to: 9000, by: 7) {
            let one = index >= 2000 ? 0.5 * response[safe: index - 2000] : 0
            let two = index >= 6000 ? -0.25 * response[safe: index - 6000] : 0
            #expect(abs(room.samples[index] - scale * (one + two)) < 1e-5, "sample \(index)")
        }
    }

    @Test func muLawIsThatOfG711() throws {
        let reference = try DegradationReference()
        let clip = AudioClip(samples: reference.shorts.map { Float($0) / 32768 }, sampleRate: 8000)
        let coded = try Degradation.coding(.muLaw).applied(to: clip, seed: 0).samples.map {
            Int(($0 * 32768).rounded())
        }
        for (value, (got, expected)) in zip(reference.shorts, zip(coded, reference.muLaw)) {
            // Values half-way between two steps may fall to either: within one step of the table.
            let step = max(8, abs(expected) / 16)
            #expect(abs(got - expected) <= step, "\(value): \(got), audioop \(expected)")
            #expect(abs(got - value) <= max(8, abs(value) / 16 + 140), "\(value): \(got)")
        }
        #expect(zip(coded, reference.muLaw).count { $0 == $1 } >= reference.shorts.count - 3)
    }

    @Test func telephonePassesItsBandAlone() throws {
        func gain(_ frequency: Double) throws -> Double {
            let tone = AudioClip(
                samples: (0..<32_000).map { 0.5 * Float(sin(2 * .pi * frequency * Double($0) / 16_000)) },
                sampleRate: 16_000)
            let heard = try Degradation.telephone.applied(to: tone, seed: 0)
            return 10 * log10(power(heard.samples[8000..<24_000]) / power(tone.samples[8000..<24_000]))
        }
        for frequency in [400.0, 1000, 2000, 3200] { #expect(abs(try gain(frequency)) < 0.3, "\(frequency) Hz") }
        for frequency in [50.0, 150, 3700, 6000] { #expect(try gain(frequency) < -35, "\(frequency) Hz") }
        let expected = try DegradationReference().filter
        #expect(TelephoneBand.filter.count == expected.count)
        for (own, other) in zip(TelephoneBand.filter, expected) { #expect(abs(Double(own) - other) < 1e-6) }
        // In time: what goes in at a moment comes out at it.
        let clip = bursts(16_000)
        let heard = try Degradation.telephone.applied(to: clip, seed: 0)
        #expect(bestLag(clip, heard) == 0)
    }

    private func check(_ codec: SpeechCodec, kilobits range: ClosedRange<Double>) throws {
        let clip = speechLike(16_000), long = speechLike(16_000, seconds: 12)
        let coded = try Degradation.coding(codec).applied(to: clip, seed: 0)
        #expect(coded.samples.count == clip.samples.count)
        #expect(abs(bestLag(clip, coded)) <= 16, "\(codec): \(bestLag(clip, coded)) samples late")
        // Of two lengths, so that headers do not count.
        let bytes = try long.codedBytes(by: codec) - clip.codedBytes(by: codec)
        let rate = Double(bytes) * 8 / (long.duration - clip.duration) / 1000
        #expect(range.contains(rate), "\(codec): \(rate) kbit/s")
        #expect(power(difference(coded, clip)) > 1e-9 && power(difference(coded, clip)) < 2 * power(clip.samples))
    }

    /// Every libsndfile has these two.
    @Test func telephoneCodecsKeepTimeAndReachTheirBitRate() throws {
        try check(.muLaw, kilobits: 63.9...64.1)
        try check(.gsm, kilobits: 12.9...13.3)
    }

    @Test(.enabled(if: SpeechCodec.opus.isAvailable, "this libsndfile has no Opus"))
    func opusKeepsTimeAndReachesItsBitRate() throws { try check(.opus, kilobits: 9...16) }

    @Test(.enabled(if: SpeechCodec.mp3.isAvailable, "this libsndfile has no MP3"))
    func mp3KeepsTimeAndReachesItsBitRate() throws { try check(.mp3, kilobits: 14...18) }

    @Test func gainClippingShorteningAndRates() throws {
        let clip = bursts(16_000)
        let soft = try Degradation.gain(decibels: -20).applied(to: clip, seed: 0)
        #expect(zip(soft.samples, clip.samples).allSatisfy { abs($0 - 0.1 * $1) < 1e-7 })
        let loud = try Degradation.gain(decibels: 12).applied(to: clip, seed: 0)
        #expect((loud.samples.max() ?? 0) > 3.9)
        let clipped = try Degradation.clipping(decibels: 6).applied(to: clip, seed: 0)
        let peak = clip.samples.map(abs).max() ?? 0
        #expect(abs((clipped.samples.map(abs).max() ?? 0) - 0.5012 * peak) < 1e-4)
        #expect(zip(clipped.samples, clip.samples).allSatisfy { $0 == $1 || abs($1) > 0.5 })
        let short = try Degradation.shortened(seconds: 0.5).applied(to: clip, seed: 0)
        #expect(short.samples == Array(clip.samples.prefix(8000)))
        let low = try Degradation.recorded(sampleRate: 8000).applied(to: clip, seed: 0)
        #expect(power(difference(low, clip)[4000..<7000]) < 1e-6 * power(clip.samples))  // 440 Hz passes
        let high = AudioClip(samples: (0..<16_000).map { Float(sin(Double($0) * 2.4)) }, sampleRate: 16_000)  // 6.1 kHz
        #expect(
            power(try Degradation.recorded(sampleRate: 8000).applied(to: high, seed: 0).samples[1000..<15_000]) < 1e-6)
        #expect(try Degradation.recorded(sampleRate: 16_000).applied(to: clip, seed: 0) == clip)
    }

    @Test(arguments: everything)
    func lengthRateAndNumbersStay(degradation: Degradation) throws {
        if case .coding(let codec) = degradation, !codec.isAvailable { return }
        for rate in [8000.0, 16_000, 24_414] {
            let clip = bursts(rate)
            let degraded = try degradation.applied(to: clip, seed: 1, voices: voices())
            #expect(degraded.sampleRate == rate && degraded.samples.allSatisfy(\.isFinite))
            if degradation.family != .shortened { #expect(degraded.samples.count == clip.samples.count) }
        }
        for samples in [[], [0.3], [Float](repeating: 0, count: 3000)] {
            let clip = AudioClip(samples: samples, sampleRate: 16_000)
            let degraded = try degradation.applied(to: clip, seed: 1, voices: voices())
            #expect(degraded.samples.count == samples.count && degraded.samples.allSatisfy(\.isFinite))
        }
        let encoded = try JSONEncoder().encode(degradation)
        #expect(try JSONDecoder().decode(Degradation.self, from: encoded) == degradation)
    }

    @Test(arguments: everything)
    func sameSeedSameBitsWhateverTheThreads(degradation: Degradation) throws {
        if case .coding(let codec) = degradation, !codec.isAvailable { return }
        let clip = speechLike(16_000)
        let alone = try degradation.applied(to: clip, seed: 7, voices: voices())
        for threads in [1, 2, 4] {
            let results = Results(count: 4)
            DispatchQueue.concurrentPerform(iterations: threads) { index in
                results[index] = try? degradation.applied(to: clip, seed: 7, voices: voices())
            }
            for index in 0..<threads { #expect(results[index] == alone) }
        }
    }

    @Test func otherSeedsGiveOtherNoise() throws {
        let clip = bursts(16_000)
        for degradation in [
            Degradation.noise(color: .white, snr: 0), .noise(color: .pink, snr: 0), .babble(snr: 0),
            .reverberation(rt60: 0.3),
        ] {
            let (a, b) = (
                difference(try degradation.applied(to: clip, seed: 1, voices: voices()), clip),
                difference(try degradation.applied(to: clip, seed: 2, voices: voices()), clip)
            )
            let product = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) } / Double(a.count)
            #expect(abs(product) < 0.5 * (power(a) * power(b)).squareRoot(), "\(degradation)")
        }
    }

    @Test func sensesWhatCannotBe() {
        let clip = bursts(8000)
        for bad in [
            Degradation.noise(color: .white, snr: .nan), .babble(snr: 10, talkers: 0), .reverberation(rt60: 0),
            .clipping(decibels: -1), .gain(decibels: .infinity), .shortened(seconds: 0), .recorded(sampleRate: 10),
        ] { #expect(throws: DegradationError.self) { try bad.applied(to: clip, seed: 1, voices: voices()) } }
        #expect(throws: DegradationError.noVoices) { try Degradation.babble(snr: 10).applied(to: clip, seed: 1) }
        #expect(throws: DegradationError.noVoices) {
            try Degradation.babble(snr: 10).applied(
                to: clip, seed: 1, voices: [AudioClip(samples: [0, 0], sampleRate: 8000)])
        }
        let broken = AudioClip(samples: [0, .nan], sampleRate: 8000)
        #expect(throws: DegradationError.self) { try Degradation.telephone.applied(to: broken, seed: 1) }
    }
}

/// A harmonic sound of changing pitch and height, so that time shifts show.
private func speechLike(_ rate: Double, seconds: Double = 2) -> AudioClip {
    var phase = 0.0
    return AudioClip(
        samples: (0..<Int(seconds * rate)).map { index in
            let time = Double(index) / rate
            phase += 2 * .pi * (140 + 40 * sin(2 * .pi * 1.7 * time)) / rate
            let height = 0.2 * (1 + sin(2 * .pi * 3.1 * time))
            return Float(height * (1...12).reduce(0.0) { $0 + sin(Double($1) * phase) / Double($1) })
        }, sampleRate: rate)
}

/// By how many samples a clip is late, from -400 to 400, where it is most like another.
private func bestLag(_ clip: AudioClip, _ late: AudioClip) -> Int {
    func likeness(_ lag: Int) -> Float {
        var sum: Float = 0
        for index in stride(from: 400, to: clip.samples.count - 400, by: 3) {
            sum += clip.samples[index] * late.samples[index + lag]
        }
        return sum
    }
    return (-400...400).max { likeness($0) < likeness($1) } ?? 0
}

private final class Results: @unchecked Sendable {
    private let lock = NSLock()
    private var clips: [AudioClip?]

    init(count: Int) { clips = [AudioClip?](repeating: nil, count: count) }

    subscript(index: Int) -> AudioClip? {
        get { lock.withLock { clips[index] } }
        set { lock.withLock { clips[index] = newValue } }
    }
}

extension [Float] {
    fileprivate subscript(safe index: Int) -> Float { indices.contains(index) ? self[index] : 0 }
}
