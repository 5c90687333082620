// SPDX-License-Identifier: Apache-2.0

import SERAudio
import Testing

@Suite struct SilenceTrimmingTests {
    private let rate = 16_000.0

    private func range(_ samples: [Float], _ trimming: SilenceTrimming = SilenceTrimming(margin: 0)) -> Range<Int> {
        trimming.range(in: samples, sampleRate: rate)
    }

    /// A voice of 1 and 0.02 (34 dB softer) between hiss of 0.005 (46 dB softer).
    @Test func whatIsFarSofterThanTheLoudestMomentIsLeftOut() {
        func level(_ value: Float, _ count: Int) -> [Float] { (0..<count).map { $0 % 2 == 0 ? value : -value } }
        let samples = level(0.005, 8000) + level(0.02, 1600) + level(1, 3200) + level(0.02, 1600) + level(0.005, 4800)
        let found = range(samples)
        #expect(abs(found.lowerBound - 8000) <= 160 && abs(found.upperBound - 14_400) <= 160)
        let loud = range(samples, SilenceTrimming(decibels: 20, margin: 0))
        #expect(abs(loud.lowerBound - 9600) <= 160 && abs(loud.upperBound - 12_800) <= 160)
        let wide = range(samples, SilenceTrimming(decibels: 20, margin: 0.05))
        #expect(wide == loud.lowerBound - 800..<loud.upperBound + 800)
        #expect(range(samples, SilenceTrimming(decibels: 60)) == 0..<samples.count)
    }

    @Test func nothingIsLeftOutWhereNothingIsLouder() {
        #expect(range([Float](repeating: 0, count: 16_000)) == 0..<16_000)
        #expect(range([Float](repeating: 0.5, count: 16_000)) == 0..<16_000)
        #expect(range([]) == 0..<0 && range([0, 1, 0]) == 0..<3)
        // What is no number is told by who reads the sound.
        #expect(
            range([.nan] + [Float](repeating: 0, count: 8000) + [1] + [Float](repeating: 0, count: 8000)) == 0..<16_002)
    }

    /// A single click is 20 ms of sound at most.
    @Test func aClickIsFoundWhereItIs() {
        var samples = [Float](repeating: 0, count: 48_000)
        samples[30_000] = 1
        let found = range(samples)
        #expect(found.contains(30_000) && found.count <= 480)
    }
}
