// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERTraining
import Testing

@Suite struct PairedComparisonTests {
    @Test func mcNemarAgreesWithSciPy() throws {
        let cases = try InferenceFixture().mcnemar
        #expect(cases.count == 9)
        for expected in cases {
            let test = McNemarTest(onlyFirst: expected.onlyFirst, onlySecond: expected.onlySecond)
            let name = "\(expected.onlyFirst), \(expected.onlySecond)"
            #expect(abs(test.exactPValue - expected.exact) < 1e-9, "\(name): exact \(test.exactPValue)")
            #expect(abs(test.midPValue - expected.mid) < 1e-9, "\(name): mid-p \(test.midPValue)")
        }
    }

    /// What statsmodels computed; see Tests/Fixtures/holm.py.
    @Test func holmAgreesWithStatsmodels() throws {
        struct Case: Decodable { let p, adjusted: [Double] }
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/metrics/holm.json")
        let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
        #expect(cases.count == 7)
        for expected in cases {
            let adjusted = HolmCorrection.adjusted(expected.p).compactMap { $0 }
            #expect(adjusted.count == expected.adjusted.count)
            #expect(zip(adjusted, expected.adjusted).allSatisfy { abs($0 - $1) < 1e-12 }, "\(expected.p): \(adjusted)")
        }
        // Tests that could not be made do not count; those that were left out for what the data say do.
        #expect(HolmCorrection.adjusted([nil, 0.01, .nan, 0.03]) == [nil, 0.02, nil, 0.03])
        #expect(HolmCorrection.adjusted([0.01], family: 6) == [0.06])
        #expect(HolmCorrection.adjusted([]) == [])
    }

    @Test func mcNemarCountsTheClipsOnWhichModelsPart() throws {
        let labels = ["a", "b"], targets = [0, 0, 0, 1, 1]
        let first = try Evaluation(
            logits: [[1, 0], [1, 0], [1, 0], [1, 0], [0, 1]], targets: targets, labels: labels)
        let second = try Evaluation(
            logits: [[1, 0], [0, 1], [0, 1], [0, 1], [0, 1]], targets: targets, labels: labels)
        let test = try PairedComparison(first, second).mcNemar
        #expect(test.onlyFirst == 2 && test.onlySecond == 1)
    }

    @Test func permutationTestsAgreeWithSciPy() throws {
        let fixture = try InferenceFixture()
        #expect(fixture.permutations.count == 3)
        for expected in fixture.permutations {
            let comparison = try PairedComparison(
                fixture.evaluation(fixture.logits, first: expected.count),
                fixture.evaluation(fixture.other, first: expected.count))
            let test = try #require(
                try comparison.permutationTest(of: .accuracy, permutations: 40_000, unit: expected.unit))
            #expect(abs(test.difference - expected.difference) < 1e-9, "\(expected.name)")
            #expect(test.isExact == (test.units <= 15))
            // Exact tests agree to rounding; else four standard errors of 40,000 and 100,000 draws.
            let p = expected.pValue
            let bound = test.isExact ? 1e-9 : 4 * (p * (1 - p) * (1 / 40_000 + 1 / 100_000)).squareRoot()
            #expect(abs(test.pValue - p) < bound, "\(expected.name): \(test.pValue), SciPy \(p)")
        }
    }

    @Test func aModelDoesNotDifferFromItself() throws {
        let one = try randomEvaluation(clips: 60, classes: 3, speakers: 5, key: RandomKey(seed: 1))
        let comparison = try PairedComparison(one, one)
        for measure in Measure.standard {
            let test = try #require(try comparison.permutationTest(of: measure, permutations: 100))
            #expect(test.difference == 0 && test.pValue == 1)
        }
        let difference = try comparison.differences(bootstrap: Bootstrap(resamples: 100))
        #expect(difference.unit == .speakers)
        for estimate in difference.estimates {
            // No resample differs, so there is no spread to tell of.
            #expect(estimate.value == 0 && estimate.interval == nil)
        }
    }

    /// Where there is no difference, p is below 0.1 in a tenth of the cases.
    @Test func permutationTestsKeepTheirLevel() throws {
        var small = 0
        for trial in 0..<200 {
            let key = RandomKey(seed: 9).derived(trial)
            let noise = Tensor.normal([2, 80], key: key).scalars.map { [1 as Float, 0.8 + $0] }
            let targets = [Int](repeating: 0, count: 40)
            func model(_ number: Int) throws -> Evaluation {
                let logits = Array(noise[number * 40..<(number + 1) * 40])
                return try Evaluation(logits: logits, targets: targets, labels: ["a", "b"])
            }
            let test = try PairedComparison(model(0), model(1)).permutationTest(
                of: .logLoss, permutations: 300, seed: UInt64(trial))
            if let test, test.pValue < 0.1 { small += 1 }
        }
        #expect((6...36).contains(small), "\(small) of 200")  // 20, give or take four standard errors
    }

    @Test func differencesAreThoseOfTheMeasures() throws {
        let fixture = try InferenceFixture()
        let (a, b) = (try fixture.evaluation(fixture.logits), try fixture.evaluation(fixture.other))
        let differences = try PairedComparison(a, b).differences()
        for estimate in differences.estimates {
            let expected = (a.metrics[estimate.measure] ?? .nan) - (b.metrics[estimate.measure] ?? .nan)
            #expect(abs((estimate.value ?? .nan) - expected) < 1e-12, "\(estimate.measure)")
        }
        // The same clips in both: the difference is known better than either accuracy.
        let width = { (estimate: Estimate?) in (estimate?.interval).map { $0.upper - $0.lower } ?? .nan }
        #expect(width(differences[.accuracy]) < width(try a.estimates()[.accuracy]))
    }

    @Test func whatIsNotPairedIsRefused() throws {
        let labels = ["a", "b"], logits: [[Float]] = [[1, 0], [0, 1]]
        let one = try Evaluation(logits: logits, targets: [0, 1], labels: labels)
        let others = [
            try Evaluation(logits: logits, targets: [1, 1], labels: labels),
            try Evaluation(logits: [[1, 0]], targets: [0], labels: labels),
            try Evaluation(logits: logits, targets: [0, 1], labels: ["a", "c"]),
            try Evaluation(logits: logits, targets: [0, 1], labels: labels, speakers: ["s", "t"]),
        ]
        for other in others { #expect(throws: EvaluationError.self) { try PairedComparison(one, other) } }
        #expect(throws: EvaluationError.self) {
            try PairedComparison(one, one).permutationTest(of: .accuracy, permutations: 1)
        }
    }
}

@Suite struct RepeatedRunsTests {
    @Test func intervalsOfSeedsAreStudents() throws {
        let cases = try InferenceFixture().runs
        #expect(cases.count == 10)
        for expected in cases {
            let runs = try RepeatedRuns(expected.values, level: expected.level)
            let interval = try #require(runs.interval)
            #expect(abs(runs.mean - expected.mean) < 1e-12)
            #expect(abs((runs.standardDeviation ?? 0) - expected.deviation) < 1e-12)
            #expect(abs(interval.lower - expected.lower) < 1e-9, "\(expected.values.count): \(interval)")
            #expect(abs(interval.upper - expected.upper) < 1e-9, "\(expected.values.count): \(interval)")
        }
    }

    @Test func oneRunHasNoSpreadAndNoneIsAnError() throws {
        let one = try RepeatedRuns([0.5])
        #expect(one.mean == 0.5 && one.standardDeviation == nil && one.interval == nil)
        #expect(throws: EvaluationError.empty) { try RepeatedRuns([]) }
        #expect(throws: EvaluationError.self) { try RepeatedRuns([0.5, 0.6], level: 0) }
        let evaluations = try (0..<3).map { try randomEvaluation(clips: 50, classes: 3, key: RandomKey(seed: $0)) }
        let runs = try RepeatedRuns(.accuracy, of: evaluations)
        #expect(runs.values == evaluations.map(\.metrics.accuracy))
        #expect(runs.description.contains("over 3 runs"))
    }
}
