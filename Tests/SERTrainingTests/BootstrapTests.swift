// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERTraining
import Testing

/// What SciPy computed; see Tests/Fixtures/inference.py.
struct InferenceFixture: Decodable {
    struct BCa: Decodable {
        let name: String
        let level, estimate, lower, upper: Double
        let replicates, jackknife: [Double]
    }
    struct Interval: Decodable {
        let measure: Measure
        let unit: ResamplingUnit
        let value, lower, upper: Double
    }
    struct Share: Decodable {
        let right, count: Int
        let level, lower, upper: Double
    }
    struct McNemar: Decodable {
        let onlyFirst, onlySecond: Int
        let exact, mid: Double
    }
    struct Permutation: Decodable {
        let name: String
        let count: Int
        let unit: ResamplingUnit
        let difference, pValue: Double
    }
    struct Runs: Decodable {
        let values: [Double]
        let level, mean, deviation, lower, upper: Double
    }
    struct Fit: Decodable {
        let name: String
        let logits: [[Float]]
        let targets: [Int]
        let temperature, before, after: Double
    }
    struct Risk: Decodable {
        let name: String
        let confidences: [Double]
        let correct: [Bool]
        let area: Double
    }

    let normal: [[Double]]
    let bca: [BCa]
    let shares: [Share]
    let logits, other: [[Float]]
    let targets: [Int]
    let speakers: [String]
    let intervals: [Interval]
    let mcnemar: [McNemar]
    let permutations: [Permutation]
    let runs: [Runs]
    let temperatures: [Fit]
    let riskCoverage: [Risk]

    init() throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/metrics/inference.json")
        self = try JSONDecoder().decode(InferenceFixture.self, from: Data(contentsOf: url))
    }

    var labels: [String] { ["a", "b", "c", "d"] }

    func evaluation(_ logits: [[Float]], first count: Int? = nil) throws -> Evaluation {
        let count = count ?? targets.count
        return try Evaluation(
            logits: Array(logits.prefix(count)), targets: Array(targets.prefix(count)), labels: labels,
            speakers: Array(speakers.prefix(count)))
    }
}

/// Random logits that lean towards the true class, which is drawn too.
func randomEvaluation(clips: Int, classes: Int, speakers: Int? = nil, key: RandomKey) throws -> Evaluation {
    var generator = key.derived("targets").generator
    let targets = (0..<clips).map { _ in Int.random(in: 0..<classes, using: &generator) }
    let noise = Tensor.normal([clips, classes], key: key.derived("noise")).scalars
    let logits = (0..<clips).map { clip in
        (0..<classes).map { noise[clip * classes + $0] + ($0 == targets[clip] ? 1.5 : 0) }
    }
    return try Evaluation(
        logits: logits, targets: targets, labels: (0..<classes).map { "class \($0)" },
        speakers: speakers.map { count in (0..<clips).map { "speaker \($0 % count)" } })
}

@Suite struct BootstrapTests {
    @Test func normalQuantilesAreSciPys() throws {
        for pair in try InferenceFixture().normal {
            #expect(abs(NormalDistribution.quantile(pair[0]) - pair[1]) < 1e-10, "\(pair[0])")
        }
    }

    @Test func intervalsFromTheSameReplicatesAreSciPys() throws {
        let cases = try InferenceFixture().bca
        #expect(cases.count == 6)
        for expected in cases {
            let interval = try #require(
                bcaInterval(
                    of: expected.estimate, replicates: expected.replicates, jackknife: expected.jackknife,
                    level: expected.level))
            #expect(abs(interval.lower - expected.lower) < 1e-9, "\(expected.name): \(interval)")
            #expect(abs(interval.upper - expected.upper) < 1e-9, "\(expected.name): \(interval)")
        }
    }

    @Test(arguments: ResamplingUnit.allCases) func measuresAndIntervalsAgreeWithSciPy(unit: ResamplingUnit) throws {
        let fixture = try InferenceFixture()
        let evaluation = try fixture.evaluation(fixture.logits)
        let estimates = try evaluation.estimates(bootstrap: Bootstrap(resamples: 20_000, unit: unit))
        #expect(estimates.unit == unit && estimates.units == (unit == .clips ? 150 : 15))
        let expected = fixture.intervals.filter { $0.unit == unit }
        #expect(Set(expected.map(\.measure)) == Set(Measure.standard))
        for expected in expected {
            let estimate = try #require(estimates[expected.measure])
            let interval = try #require(estimate.interval)
            #expect(abs((estimate.value ?? .nan) - expected.value) < 1e-6, "\(expected.measure)")
            // Monte-Carlo error of a 2.5 % quantile of 4,000 draws: some 0.012 widths; what counts moves in steps.
            // Taking the bias out of the calibration error asks for quantiles so far out that few draws decide.
            let width = expected.upper - expected.lower
            let share = expected.measure == .expectedCalibrationError ? 0.15 : 0.06
            let bound = share * width + (expected.measure == .accuracy ? 1.0 / 150 : 0)
            #expect(abs(interval.lower - expected.lower) < bound, "\(expected.measure): \(interval), SciPy \(expected)")
            #expect(abs(interval.upper - expected.upper) < bound, "\(expected.measure): \(interval), SciPy \(expected)")
        }
    }

    @Test func theMeanOfRunsIsDrawnOverTheSameClips() throws {
        let runs = try (1...3).map { seed in
            let drawn = try randomEvaluation(clips: 200, classes: 4, speakers: 8, key: RandomKey(seed: UInt64(seed)))
            let first = try randomEvaluation(clips: 200, classes: 4, speakers: 8, key: RandomKey(seed: 1))
            return try Evaluation(
                logits: drawn.logits, targets: first.targets, labels: first.labels, speakers: first.speakers)
        }
        let bootstrap = Bootstrap(resamples: 500)
        let mean = try Estimates.mean(over: runs, bootstrap: bootstrap)
        for measure in Measure.standard {
            let value =
                try runs.compactMap { try $0.estimates(of: [measure], bootstrap: bootstrap)[measure]?.value }
                .reduce(0, +) / 3
            #expect(abs((mean[measure]?.value ?? .nan) - value) < 1e-12, "\(measure)")
        }
        // The same run three times is as uncertain as once, not less.
        let once = try runs[0].estimates(bootstrap: bootstrap)
        let thrice = try Estimates.mean(over: [runs[0], runs[0], runs[0]], bootstrap: bootstrap)
        for (one, three) in zip(once.estimates, thrice.estimates) {
            let ends = (try #require(one.interval), try #require(three.interval))
            #expect(
                abs(ends.0.lower - ends.1.lower) < 1e-9 && abs(ends.0.upper - ends.1.upper) < 1e-9, "\(one.measure)")
        }
        let others = try randomEvaluation(clips: 200, classes: 4, speakers: 8, key: RandomKey(seed: 9))
        #expect(throws: EvaluationError.self) { try Estimates.mean(over: [runs[0], others]) }
        #expect(throws: EvaluationError.empty) { try Estimates.mean(over: []) }
    }

    @Test func theWholeOfTheClipsMeasuresAsTheMetricsDo() throws {
        let evaluation = try randomEvaluation(clips: 300, classes: 6, key: RandomKey(seed: 2))
        let all = Measure.standard + [.macroPrecision, .macroRecall] + Measure.perClass(evaluation.labels)
        let estimates = try evaluation.estimates(of: all, bootstrap: Bootstrap(resamples: 100))
        #expect(estimates.estimates.count == all.count)
        for estimate in estimates.estimates {
            let metric = try #require(evaluation.metrics[estimate.measure])
            #expect(abs((estimate.value ?? .nan) - metric) < 1e-12, "\(estimate.measure)")
            let interval = try #require(estimate.interval)
            #expect(interval.lower <= metric + 1e-12 && metric <= interval.upper + 1e-12, "\(estimate.measure)")
            #expect(interval.lower < interval.upper, "\(estimate.measure)")
            #expect(Measure(name: estimate.measure.name) == estimate.measure)
        }
        let decoded = try JSONDecoder().decode(Estimates.self, from: JSONEncoder().encode(estimates))
        #expect(decoded == estimates)
    }

    @Test func anyNumberOfThreadsDrawsTheSame() throws {
        let evaluation = try randomEvaluation(clips: 120, classes: 4, speakers: 8, key: RandomKey(seed: 3))
        let before = Parallelism.threads
        defer { Parallelism.threads = before }
        let results = try [1, 2, 4].map { threads in
            Parallelism.threads = threads
            return try evaluation.estimates(bootstrap: Bootstrap(resamples: 333, seed: 5))
        }
        #expect(results[0] == results[1] && results[0] == results[2])
        #expect(results[0].unit == .speakers)
        #expect(try evaluation.estimates(bootstrap: Bootstrap(resamples: 333, seed: 6)) != results[0])
    }

    /// Intervals for accuracy and log-loss over 60 clips hold the truth about as often as they say.
    @Test func intervalsCoverTheTruth() throws {
        let truth = try randomEvaluation(clips: 40_000, classes: 3, key: RandomKey(seed: 40)).metrics
        var covered = [0, 0]
        let trials = 300
        for trial in 0..<trials {
            let evaluation = try randomEvaluation(clips: 60, classes: 3, key: RandomKey(seed: 41).derived(trial))
            let estimates = try evaluation.estimates(
                of: [.accuracy, .logLoss], bootstrap: Bootstrap(resamples: 400, seed: UInt64(trial)))
            for (index, value) in [truth.accuracy, truth.loss].enumerated() {
                let interval = try #require(estimates.estimates[index].interval)
                if interval.lower <= value, value <= interval.upper { covered[index] += 1 }
            }
        }
        // 0.95 with three standard errors of 300 trials, and two points for the small samples.
        for count in covered { #expect((0.89...0.99).contains(Double(count) / Double(trials)), "\(covered)") }
    }

    /// Speakers of unequal difficulty, 30 of 10 clips: drawing clips pretends to know more than it does.
    @Test func onlySpeakersCoverWhereClipsAreAlike() throws {
        var covered = [0, 0]
        let trials = 200, speakers = 30, each = 10
        for trial in 0..<trials {
            let key = RandomKey(seed: 50).derived(trial)
            let difficulty = Tensor.uniform([speakers], low: 0.2, high: 1, key: key.derived("difficulty")).scalars
            let chance = Tensor.uniform([speakers * each], low: 0, high: 1, key: key.derived("chance")).scalars
            let logits = chance.indices.map { chance[$0] < difficulty[$0 / each] ? [1 as Float, 0] : [0, 1] }
            let evaluation = try Evaluation(
                logits: logits, targets: chance.map { _ in 0 }, labels: ["a", "b"],
                speakers: chance.indices.map { "\($0 / each)" })
            for (index, unit) in [ResamplingUnit.speakers, .clips].enumerated() {
                let estimates = try evaluation.estimates(
                    of: [.accuracy], bootstrap: Bootstrap(resamples: 300, unit: unit, seed: UInt64(trial)))
                let interval = try #require(estimates[.accuracy]?.interval)
                if interval.lower <= 0.6, 0.6 <= interval.upper { covered[index] += 1 }
            }
        }
        let shares = covered.map { Double($0) / Double(trials) }
        #expect((0.88...0.99).contains(shares[0]), "\(shares)")
        #expect(shares[1] < shares[0] - 0.05, "\(shares)")
    }

    @Test func twoThousandResamplesOfTESSTakeLittleTime() throws {
        let evaluation = try randomEvaluation(clips: 2800, classes: 7, key: RandomKey(seed: 6))
        let start = Date()
        _ = try evaluation.estimates()
        let seconds = Date().timeIntervalSince(start)
        print("7 measures, 2,000 resamples of 2,800 clips: \(Int(seconds * 1000)) ms")
        #expect(seconds < 5)  // under a second on an idle machine; tests share it
    }

    @Test func degenerateClipsHaveIntervalsThatSaySo() throws {
        let perfect = try Evaluation(
            logits: [[9, 0], [0, 9], [9, 0]], targets: [0, 1, 0], labels: ["a", "b"])
        let estimates = try perfect.estimates(bootstrap: Bootstrap(resamples: 200))
        #expect(estimates[.accuracy]?.interval?.upper == 1 && estimates[.unweightedAverageRecall]?.value == 1)
        // What never varies has no spread to tell of.
        #expect(estimates[.unweightedAverageRecall]?.interval == nil && estimates[.auc]?.interval == nil)
        for share in try InferenceFixture().shares where share.right == share.count {
            let all = try Evaluation(
                logits: Array(repeating: [9, 0], count: share.count), targets: Array(repeating: 0, count: share.count),
                labels: ["a", "b"])
            let none = try Evaluation(
                logits: Array(repeating: [0, 9], count: share.count), targets: Array(repeating: 0, count: share.count),
                labels: ["a", "b"])
            let bootstrap = Bootstrap(resamples: 100, level: share.level)
            let measures: [Measure] = [.accuracy, .recall(of: "a"), .precision(of: "a"), .precision(of: "b")]
            let right = try all.estimates(of: measures, bootstrap: bootstrap)
            for measure in measures.prefix(3) {
                let interval = try #require(right[measure]?.interval)
                #expect(abs(interval.lower - share.lower) < 1e-12 && interval.upper == 1)
            }
            // No clip was taken for b: there is no share.
            #expect(right[.precision(of: "b")]?.interval == nil)
            let wrong = try none.estimates(of: measures, bootstrap: bootstrap)
            let interval = try #require(wrong[.accuracy]?.interval)
            #expect(interval.lower == 0 && abs(interval.upper - (1 - share.lower)) < 1e-12)
            #expect(try Estimates.mean(over: [all, all], bootstrap: bootstrap)[.accuracy] == right[.accuracy])
            #expect(try PairedComparison(all, all).differences(bootstrap: bootstrap)[.accuracy]?.interval == nil)
            let speakers = try Evaluation(
                logits: all.logits + all.logits, targets: all.targets + all.targets, labels: ["a", "b"],
                speakers: all.targets.map { _ in "s" } + all.targets.map { _ in "t" })
            #expect(try speakers.estimates(bootstrap: bootstrap)[.accuracy]?.interval == nil)
        }
        let single = try Evaluation(logits: [[9, 0]], targets: [0], labels: ["a", "b"])
            .estimates(bootstrap: Bootstrap(resamples: 200))
        #expect(single[.accuracy]?.value == 1 && abs((single[.accuracy]?.interval?.lower ?? 0) - 0.025) < 1e-12)
        #expect(single[.auc]?.value == nil && single[.auc]?.interval == nil)
    }

    @Test func whatCannotBeDrawnIsAnError() throws {
        let unknown = try randomEvaluation(clips: 20, classes: 2, key: RandomKey(seed: 7))
        let one = try randomEvaluation(clips: 20, classes: 2, speakers: 1, key: RandomKey(seed: 7))
        for evaluation in [unknown, one] {
            #expect(try evaluation.estimates(bootstrap: Bootstrap(resamples: 100)).unit == .clips)
            #expect(throws: EvaluationError.speakersUnknown) {
                try evaluation.estimates(bootstrap: Bootstrap(resamples: 100, unit: .speakers))
            }
        }
        for bootstrap in [Bootstrap(resamples: 0), Bootstrap(level: 1), Bootstrap(level: .nan)] {
            #expect(throws: EvaluationError.self) { try unknown.estimates(bootstrap: bootstrap) }
        }
        #expect(throws: EvaluationError.unknownLabel("x", known: unknown.labels)) {
            try unknown.estimates(of: [.recall(of: "x")])
        }
        #expect(throws: EvaluationError.speakersDiffer(speakers: 1, clips: 2)) {
            try Evaluation(logits: [[0, 1], [0, 1]], targets: [0, 1], labels: ["a", "b"], speakers: ["s"])
        }
    }

    @Test func foldsPoolToOneEvaluation() throws {
        let whole = try randomEvaluation(clips: 90, classes: 3, speakers: 9, key: RandomKey(seed: 8))
        let folds = try [0..<30, 30..<60, 60..<90].map { range in
            try Evaluation(
                logits: Array(whole.logits[range]), targets: Array(whole.targets[range]), labels: whole.labels,
                speakers: whole.speakers.map { Array($0[range]) })
        }
        #expect(try Evaluation(pooling: folds) == whole)
        #expect(throws: EvaluationError.empty) { try Evaluation(pooling: []) }
    }
}
