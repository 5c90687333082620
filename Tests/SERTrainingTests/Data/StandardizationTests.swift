// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERModels
import SERTestSupport
import SERTraining
import Testing

@Suite struct StandardizationTests {
    private struct Fixture: Decodable {
        let matrices: [[Float]]
        let frames: [Int]
        let coefficients: Int
        let mean, deviation: [Double]
        let other: [Float]
        let scaled: [Double]

        var features: [FeatureMatrix] {
            zip(frames, matrices).map { FeatureMatrix(frames: $0, coefficients: coefficients, values: $1) }
        }

        init(from url: URL) throws {
            self = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
        }
    }

    private let fixture: Fixture
    private let split: DataSplit

    init() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        fixture = try Fixture(from: tests.appendingPathComponent("Fixtures/data/standardization.json"))
        split = try DataSplit(
            corpus: madeUpCorpus(["a": 4, "b": 4]), train: [0, 1, 2, 4, 5], validation: [6], test: [7])
    }

    @Test func meanDeviationAndScalingAreNumPys() throws {
        let scaling = try Standardization(fitting: fixture.features, of: split.train)
        for c in 0..<fixture.coefficients {
            #expect(abs(scaling.mean[c] - fixture.mean[c]) <= 1e-12 * (1 + abs(fixture.mean[c])))
            #expect(abs(scaling.standardDeviation[c] - fixture.deviation[c]) <= 1e-11 * (1 + fixture.deviation[c]))
        }
        let other = FeatureMatrix(frames: 4, coefficients: 5, values: fixture.other)
        let scaled = scaling.apply(to: other)
        #expect(scaled.frames == 4 && scaled.coefficients == 5)
        for (found, expected) in zip(scaled.values, fixture.scaled) {
            #expect(abs(Double(found) - expected) <= 1e-6 * (1 + abs(expected)))
        }
    }

    @Test func theTrainingPartComesOutWithMean0AndDeviation1() throws {
        let scaling = try Standardization(fitting: fixture.features, of: split.train)
        let scaled = fixture.features.map { scaling.apply(to: $0) }
        let again = try Standardization(fitting: scaled, of: split.train)
        for c in 0..<5 {
            #expect(abs(again.mean[c]) < 1e-5)
            #expect(abs(again.standardDeviation[c] - (c == 3 ? 0 : 1)) < 1e-4)  // the fourth never changes
        }
    }

    @Test func onlyATrainingPartIsLearnedFrom() {
        let one = [fixture.features[0]]
        #expect(throws: StandardizationError.notTraining(.validation)) {
            try Standardization(fitting: one, of: split.validation)
        }
        #expect(throws: StandardizationError.notTraining(.test)) {
            try Standardization(fitting: one, of: split.test)
        }
        #expect(throws: StandardizationError.count(features: 1, clips: 5)) {
            try Standardization(fitting: one, of: split.train)
        }
    }

    @Test func featuresThatDoNotFitAreNamed() throws {
        var features = fixture.features
        features[2] = FeatureMatrix(frames: 1, coefficients: 4, values: [0, 0, 0, 0])
        #expect(throws: StandardizationError.coefficients(clip: "/made-up/a-2.wav", found: 4, expected: 5)) {
            try Standardization(fitting: features, of: split.train)
        }
        features = fixture.features
        features[3].values[2] = .nan
        #expect(throws: StandardizationError.notFinite(clip: "/made-up/b-0.wav")) {
            try Standardization(fitting: features, of: split.train)
        }
        let empty = [FeatureMatrix](repeating: FeatureMatrix(frames: 0, coefficients: 5, values: []), count: 5)
        #expect(throws: StandardizationError.noFrames) { try Standardization(fitting: empty, of: split.train) }
    }

    @Test func itIsKeptExactlyInAFile() throws {
        let scaling = try Standardization(fitting: fixture.features, of: split.train)
        let data = try JSONEncoder().encode(scaling)
        #expect(try JSONDecoder().decode(Standardization.self, from: data) == scaling)
        for text in ["{\"mean\":[1],\"standardDeviation\":[]}", "{\"mean\":[1],\"standardDeviation\":[-1]}"] {
            #expect(throws: (any Error).self) { try JSONDecoder().decode(Standardization.self, from: Data(text.utf8)) }
        }
    }
}
