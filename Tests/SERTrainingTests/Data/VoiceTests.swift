// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERModels
import SERSupport
import SERTestSupport
import SERTraining
import Testing

/// What is heard of voices, and how features are brought to their scale, by NumPy's numbers and by what must hold.
@Suite struct VoiceTests {
    private struct Fixture: Decodable {
        struct Heard: Decodable {
            let rows: Int
            let values: [Float]
            let mean, deviation: [Double]
        }

        let coefficients: Int
        let clips: [[Float]]
        let speakers: [Int]
        let mean, deviation: [Double]
        let sufficient: Double
        let heard: [Heard]

        var features: [FeatureMatrix] {
            clips.map { FeatureMatrix(frames: $0.count / coefficients, coefficients: coefficients, values: $0) }
        }
    }

    private let fixture: Fixture
    private let part: Partition

    init() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        fixture = try JSONDecoder().decode(
            Fixture.self, from: Data(contentsOf: tests.appendingPathComponent("Fixtures/data/voices.json")))
        // Of four clips, the first and the third are of one speaker.
        part = Partition(.training, of: madeUpCorpus(["a": 4], speakers: 2))
    }

    private func measured(_ scope: Standardization.Scope = .speaker) throws -> Standardization {
        try Standardization(fitting: fixture.features, of: part, by: scope)
    }

    private func agree(_ found: [Double], _ expected: [Double], within tolerance: Double = 1e-10) -> Bool {
        found.count == expected.count
            && zip(found, expected).allSatisfy { abs($0 - $1) <= tolerance * (1 + abs($1)) }
    }

    private func noise(_ frames: Int, seed: UInt64, around mean: Float = 0) -> FeatureMatrix {
        var words = RandomKey(seed: seed).generator
        return FeatureMatrix(
            frames: frames, coefficients: 3,
            values: (0..<frames * 3).map { _ in mean + Float(words.next() >> 40) / Float(1 << 24) })
    }

    @Test func whatIsMeasuredOfATrainingPartIsNumPys() throws {
        let found = try measured()
        #expect(found.scope == .speaker && found.sufficient == fixture.sufficient)
        #expect(agree(found.mean, fixture.mean) && agree(found.standardDeviation, fixture.deviation, within: 1e-9))
    }

    @Test func aVoicesNumbersAreNumPysHoweverMuchWasHeard() throws {
        let general = try measured()
        for heard in fixture.heard {
            var voice = Voice()
            voice.hear(FeatureMatrix(frames: heard.rows, coefficients: 5, values: heard.values))
            let own = general.adapted(to: voice)
            #expect(voice.count == heard.rows && own.scope == .corpus)
            #expect(agree(own.mean, heard.mean), "\(heard.rows) rows")
            #expect(agree(own.standardDeviation, heard.deviation, within: 1e-7), "\(heard.rows) rows")
        }
        let unknown = general.adapted(to: Voice())
        #expect(unknown.mean == general.mean && unknown.standardDeviation == general.standardDeviation)
    }

    /// Pieces of any size, in any order, and voices that are joined: one and the same.
    @Test func theRunningFormIsTheBatchForm() {
        let whole = noise(900, seed: 1, around: 10_000)
        func piece(_ range: Range<Int>) -> FeatureMatrix {
            FeatureMatrix(
                frames: range.count, coefficients: 3,
                values: Array(whole.values[range.lowerBound * 3..<range.upperBound * 3]))
        }
        var batch = Voice()
        batch.hear(whole)
        for size in [1, 7, 250, 900] {
            let pieces = stride(from: 0, to: 900, by: size).map { piece($0..<min($0 + size, 900)) }
            var forward = Voice(), backward = Voice(), first = Voice(), second = Voice()
            for piece in pieces { forward.hear(piece) }
            for piece in pieces.reversed() { backward.hear(piece) }
            for (index, piece) in pieces.enumerated() {
                if index % 3 == 0 { first.hear(piece) } else { second.hear(piece) }
            }
            first.hear(second)
            for voice in [forward, backward, first] {
                #expect(voice.count == 900 && agree(voice.mean, batch.mean, within: 1e-13))
                // The variance of uniform noise is 1/12, a billionth of the mean's square.
                #expect(agree(voice.variance, batch.variance, within: 1e-9) && abs(voice.variance[0] - 1.0 / 12) < 0.01)
            }
        }
    }

    @Test func aVoiceIsKeptExactlyAndOddOnesAreRefused() throws {
        var voice = Voice()
        voice.hear(noise(50, seed: 2))
        var copy = try JSONDecoder().decode(Voice.self, from: JSONEncoder().encode(voice))
        #expect(copy == voice)
        copy.hear(noise(5, seed: 3))
        voice.hear(noise(5, seed: 3))
        #expect(copy == voice && copy.count == 55)
        #expect(try JSONDecoder().decode(Voice.self, from: JSONEncoder().encode(Voice())) == Voice())
        for text in [
            #"{"count":1,"mean":[1],"squares":[]}"#, #"{"count":1,"mean":[1],"squares":[-1]}"#,
            #"{"count":-1,"mean":[1],"squares":[1]}"#, #"{"count":0,"mean":[1],"squares":[1]}"#,
            #"{"count":1,"mean":[],"squares":[]}"#, #"{"count":9223372036854775807,"mean":[1],"squares":[1]}"#,
        ] {
            #expect(throws: DecodingError.self, "\(text)") {
                try JSONDecoder().decode(Voice.self, from: Data(text.utf8))
            }
        }
    }

    /// Whatever constant a recording adds to a coefficient or multiplies it by, the network reads the same.
    @Test func shiftsAndScalesOfAVoiceAreNotRead() throws {
        let clips = (0..<4).map { noise(30, seed: UInt64($0)) }
        for (scope, part) in [
            (Standardization.Scope.speaker, Partition(.training, of: madeUpCorpus(["a": 4], speakers: 1))),
            (.clip, Partition(.training, of: madeUpCorpus(["a": 4]))),
        ] {
            let general = try Standardization(fitting: clips, of: part, by: scope)
            func read(_ clips: [FeatureMatrix]) -> [Float] {
                var voice = Voice()
                for _ in 0..<5 { for clip in clips { voice.hear(clip) } }
                return clips.flatMap { general.adapted(to: voice).apply(to: $0).values }
            }
            let changed = clips.map { clip in
                var clip = clip
                for index in clip.values.indices {
                    clip.values[index] = clip.values[index] * [0.5, 3, 20][index % 3] + [-4, 0, 9][index % 3]
                }
                return clip
            }
            let (before, after) = (read(clips), read(changed))
            #expect(zip(before, after).allSatisfy { abs($0 - $1) < 1e-4 }, "\(scope)")
            #expect(abs(before.reduce(0, +)) < 1e-2 * Float(before.count) && before.contains { abs($0) > 1 })
        }
    }

    @Test func whatHardlyChangesIsNotStretched() throws {
        let part = Partition(.training, of: madeUpCorpus(["a": 4], speakers: 1))
        let general = try Standardization(fitting: (0..<4).map { noise(30, seed: UInt64($0)) }, of: part, by: .clip)
        let still = FeatureMatrix(frames: 2, coefficients: 3, values: [1, 1, 1, 1, 1, 1.000001])
        let values = general.apply(to: still).values
        #expect(values.allSatisfy { abs($0) < 1e-4 }, "\(values)")
    }

    @Test func filesSayTheScopeAndOlderOnesHaveNone() throws {
        let plain = try JSONEncoder().encode(measured(.corpus))
        #expect(String(decoding: plain, as: UTF8.self).contains("scope") == false)
        for scope in Standardization.Scope.allCases {
            let found = try measured(scope)
            #expect(try JSONDecoder().decode(Standardization.self, from: JSONEncoder().encode(found)) == found)
        }
        for text in [
            #"{"mean":[1],"standardDeviation":[1],"scope":"speaker"}"#,
            #"{"mean":[1],"standardDeviation":[1],"scope":"speaker","sufficient":0}"#,
            #"{"mean":[1],"standardDeviation":[1],"scope":"house"}"#,
        ] {
            #expect(throws: DecodingError.self, "\(text)") {
                try JSONDecoder().decode(Standardization.self, from: Data(text.utf8))
            }
        }
    }

    @Test func whoSpeaksMustBeKnown() {
        let nobody = Partition(.training, of: madeUpCorpus(["a": 4], speakers: nil))
        #expect(throws: StandardizationError.unknownSpeaker(clip: "/made-up/a-0.wav")) {
            try Standardization(fitting: fixture.features, of: nobody, by: .speaker)
        }
    }
}
