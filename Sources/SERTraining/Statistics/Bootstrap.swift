// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// What is drawn anew in a bootstrap, or exchanged in a permutation: what is independent of the rest.
public enum ResamplingUnit: String, Codable, Sendable, CaseIterable {
    /// Each clip by itself.
    case clips
    /// All clips of a speaker together (cluster bootstrap): clips of one voice are alike, and a result for new voices
    /// varies with the voices.
    case speakers
}

/// An interval that covers the true value in `level` of all repetitions.
public struct ConfidenceInterval: Codable, Sendable, Equatable {
    /// The ends of the interval.
    public let lower, upper: Double
    /// How often it covers the true value, such as 0.95.
    public let level: Double

    /// An interval with its ends.
    public init(lower: Double, upper: Double, level: Double) {
        self.lower = lower
        self.upper = upper
        self.level = level
    }

    /// The exact interval of a share of independent clips that are all right, or all wrong (Clopper and Pearson,
    /// Biometrika 26, 1934); nil for other shares.
    package init?(ofShare share: Double, clips: Int, level: Double) {
        guard clips > 0, share == 0 || share == 1 else { return nil }
        let bound = pow((1 - level) / 2, 1 / Double(clips))
        self.init(lower: share == 1 ? bound : 0, upper: share == 1 ? 1 : 1 - bound, level: level)
    }
}

/// A measure's value with its interval.
public struct Estimate: Codable, Sendable, Equatable {
    /// What was measured.
    public let measure: Measure
    /// Its value over all clips; `nil` where it is undefined.
    public let value: Double?
    /// Its interval; `nil` where it is undefined, as with a single unit, or where no resample differs.
    public let interval: ConfidenceInterval?
}

/// Measures with their intervals, and what those are over.
public struct Estimates: Codable, Sendable, Equatable {
    /// What was drawn anew.
    public let unit: ResamplingUnit
    /// How many of them there are.
    public let units: Int
    /// How often they were drawn.
    public let resamples: Int
    /// What decides the draws.
    public let seed: UInt64
    /// The measures, in the order asked for.
    public let estimates: [Estimate]

    /// The estimate of a measure; `nil` for one that was not asked for.
    public subscript(measure: Measure) -> Estimate? { estimates.first { $0.measure == measure } }
}

extension Estimates: CustomStringConvertible {
    /// A table of the measures, and what their intervals are over.
    public var description: String {
        let level = estimates.lazy.compactMap(\.interval).first.map { "\(($0.level * 100).significant(4)) % " } ?? ""
        var table = TextTable(["measure", "value", "\(level)interval"])
        for estimate in estimates {
            table.append([
                estimate.measure.description, estimate.value?.fixed(4) ?? "undefined",
                estimate.interval.map { "\($0.lower.fixed(4)) to \($0.upper.fixed(4))" } ?? "none",
            ])
        }
        let few = unit == .speakers && units < 10 ? "; with so few they are too narrow" : ""
        return
            (table.lines + [
                "intervals over \(units) \(unit.rawValue) (BCa bootstrap, \(resamples) resamples, seed \(seed))\(few)"
            ]).joined(separator: "\n")
    }
}

/// Confidence intervals by the bootstrap: units are drawn with replacement, as many as there are, and the measure's
/// spread over many draws is its uncertainty.
///
/// Intervals are bias-corrected and accelerated (BCa; Efron, Journal of the American Statistical Association 82, 1987),
/// which SciPy's `bootstrap` takes by default: unlike plain percentiles they suit measures that resampling shifts, as
/// it does the calibration error, and skewed ones near their ends. An interval never leaves out its own estimate. They
/// cannot make up for few units: with a handful of speakers they are too narrow, with two they are the two speakers'
/// values. Where no resample differs from the rest, as when every clip is right, accuracy, recall and precision over
/// clips have the exact interval of a share (Clopper and Pearson), and other measures none. The same seed gives the same
/// interval, whatever the number of threads.
public struct Bootstrap: Sendable, Hashable, Codable {
    /// How often units are drawn.
    public var resamples: Int
    /// How often the interval is to cover the true value.
    public var level: Double
    /// What is drawn; `nil` draws speakers where the speaker of each clip is known and there are several, else clips.
    public var unit: ResamplingUnit?
    /// Decides the draws.
    public var seed: UInt64

    /// A bootstrap of 2,000 resamples for 95 % intervals, unless told otherwise.
    public init(resamples: Int = 2000, level: Double = 0.95, unit: ResamplingUnit? = nil, seed: UInt64 = 1) {
        self.resamples = resamples
        self.level = level
        self.unit = unit
        self.seed = seed
    }

    func check() throws(EvaluationError) {
        guard (100...1_000_000).contains(resamples) else {
            throw .resampling(reason: "\(resamples) resamples: from 100 to 1000000 can be drawn")
        }
        guard level > 0, level < 1 else {
            throw .resampling(reason: "a confidence level of \(level): it must be above 0 and below 1")
        }
    }
}

extension Evaluation {
    /// Measures with their confidence intervals.
    ///
    /// A resample in which a measure is undefined (AUC without a clip of any class) does not count.
    /// - Throws: ``EvaluationError`` when the bootstrap cannot be, or a measure is of a class that does not exist.
    public func estimates(
        of measures: [Measure] = Measure.standard, bootstrap: Bootstrap = Bootstrap()
    ) throws(EvaluationError) -> Estimates {
        try bootstrap.check()
        let units = try ResamplingUnits(self, unit: bootstrap.unit)
        let clips = try WeightedClips([self], measures: measures)
        let results = bootstrap.results(over: units) { clips.values($0) }
        return bootstrap.estimates(measures, results, over: units) { clips.trials(of: $0) }
    }
}

extension Estimates {
    /// The means of measures over several runs on the same clips, such as trainings with other seeds, with intervals:
    /// a resample draws the same clips or speakers of every run.
    /// - Throws: ``EvaluationError`` as ``Evaluation/estimates(of:bootstrap:)``, and when the runs are not of the same
    ///   clips in the same order, or there is none.
    public static func mean(
        over runs: [Evaluation], of measures: [Measure] = Measure.standard, bootstrap: Bootstrap = Bootstrap()
    ) throws(EvaluationError) -> Estimates {
        guard let first = runs.first else { throw .empty }
        for other in runs.dropFirst() { _ = try PairedComparison(first, other) }
        try bootstrap.check()
        let units = try ResamplingUnits(first, unit: bootstrap.unit)
        var clips: [WeightedClips] = []
        for run in runs { clips.append(try WeightedClips([run], measures: measures)) }
        let prepared = clips
        let results = bootstrap.results(over: units) { weights in
            let values = prepared.map { $0.values(weights) }
            return measures.indices.map { index in values.map { $0[index] }.mean }
        }
        return bootstrap.estimates(measures, results, over: units) { measure in
            prepared.compactMap { $0.trials(of: measure) }.min()
        }
    }
}

/// Which unit each clip belongs to.
package struct ResamplingUnits: Sendable {
    package let unit: ResamplingUnit
    let count: Int
    /// The unit of each clip.
    let ofClip: [Int]

    package init(_ evaluation: Evaluation, unit: ResamplingUnit?) throws(EvaluationError) {
        let names = evaluation.speakers.map { Set($0).sorted() } ?? []
        let hasSeveral = names.count > 1
        if unit == .speakers, !hasSeveral { throw .speakersUnknown }
        if unit != .clips, hasSeveral, let speakers = evaluation.speakers {
            let position = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
            self.unit = .speakers
            count = names.count
            ofClip = speakers.map { position[$0] ?? 0 }
        } else {
            self.unit = .clips
            count = evaluation.targets.count
            ofClip = Array(evaluation.targets.indices)
        }
    }
}

/// What a bootstrap measured: for each statistic its value, its values in the resamples and in the jackknife.
package struct BootstrapResults {
    var values: [Double]
    /// [resamples][statistics]
    var replicates: [[Double]]
    /// [units left out][statistics]
    var jackknife: [[Double]]
}

extension Bootstrap {
    /// The most jackknife passes: beyond, several units are left out at once, which changes the acceleration little.
    private static let mostLeftOut = 4000
    /// So many resamples are one piece of work.
    private static let piece = 50

    /// Computes statistics of clips that are weighted by how often their unit was drawn.
    func results(
        over units: ResamplingUnits, _ statistics: @Sendable (UnsafeBufferPointer<Double>) -> [Double]
    ) -> BootstrapResults {
        let key = RandomKey(seed: seed).derived("bootstrap")
        let replicates = Self.inPieces(resamples) { resample in
            Self.withWeights(units, key.derived(resample).drawn(units.count), statistics)
        }
        let groups = min(units.count, Self.mostLeftOut)
        let jackknife =
            units.count < 2
            ? []
            : Self.inPieces(groups) { group in
                var multiplicities = [Double](repeating: 1, count: units.count)
                for unit in stride(from: group, to: units.count, by: groups) { multiplicities[unit] = 0 }
                return Self.withWeights(units, multiplicities, statistics)
            }
        let values = Self.withWeights(units, [Double](repeating: 1, count: units.count), statistics)
        return BootstrapResults(values: values, replicates: replicates, jackknife: jackknife)
    }

    /// The interval of one of the statistics.
    package func interval(_ results: BootstrapResults, statistic index: Int, units: Int) -> ConfidenceInterval? {
        guard units > 1 else { return nil }
        return bcaInterval(
            of: results.values[index], replicates: results.replicates.map { $0[index] },
            jackknife: results.jackknife.map { $0[index] }, level: level)
    }

    /// - Parameter trials: How many clips a measure is a share of; nil where it is none. Clips that are all right, or all
    ///   wrong, vary in no resample: over clips, the exact interval of a share then stands in.
    package func estimates(
        _ measures: [Measure], _ results: BootstrapResults, over units: ResamplingUnits,
        trials: (Measure) -> Int? = { _ in nil }
    ) -> Estimates {
        func exact(_ measure: Measure, _ value: Double) -> ConfidenceInterval? {
            guard units.unit == .clips, let count = trials(measure) else { return nil }
            return ConfidenceInterval(ofShare: value, clips: count, level: level)
        }
        return Estimates(
            unit: units.unit, units: units.count, resamples: resamples, seed: seed,
            estimates: measures.enumerated().map { index, measure in
                Estimate(
                    measure: measure, value: results.values[index].isNaN ? nil : results.values[index],
                    interval: interval(results, statistic: index, units: units.count)
                        ?? exact(measure, results.values[index]))
            })
    }

    /// Calls a function with the weight of each clip, given that of each unit.
    static func withWeights<Result>(
        _ units: ResamplingUnits, _ multiplicities: [Double], _ body: (UnsafeBufferPointer<Double>) -> Result
    ) -> Result {
        units.ofClip.map { multiplicities[$0] }.withUnsafeBufferPointer(body)
    }

    /// The results of a function of 0, 1, 2, ..., in order, so many to a piece that threads pay.
    static func inPieces(_ count: Int, _ body: @Sendable (Int) -> [Double]) -> [[Double]] {
        parallelMap((count + piece - 1) / piece) { number in
            (number * piece..<min((number + 1) * piece, count)).map(body)
        }.flatMap { $0 }
    }
}

extension RandomKey {
    /// How often each of `count` things is drawn when `count` are drawn with replacement.
    func drawn(_ count: Int) -> [Double] {
        var multiplicities = [Double](repeating: 0, count: count)
        var generator = self.generator
        var left = count
        while left > 0 {
            // Two draws from a word: half of it times the count, the upper 32 bits (uneven by count / 2^32).
            let word = generator.next()
            multiplicities[Int(((word & 0xffff_ffff) * UInt64(count)) >> 32)] += 1
            if left > 1 { multiplicities[Int(((word >> 32) * UInt64(count)) >> 32)] += 1 }
            left -= 2
        }
        return multiplicities
    }
}

/// The bias-corrected and accelerated interval of a statistic (Efron and Tibshirani, An introduction to the bootstrap,
/// 1993, equations 14.9 to 14.15), with quantiles between replicates by linear interpolation.
///
/// - Parameters:
///   - estimate: its value over all units.
///   - replicates: its values over resamples; those that are no numbers do not count.
///   - jackknife: its values with one unit left out.
///   - level: how often the interval is to cover the true value.
/// - Returns: `nil` when the estimate is no number, half of the replicates are none, or all are equal: what never varied
///   among the units cannot tell how it would (SciPy gives NaN).
package func bcaInterval(
    of estimate: Double, replicates: [Double], jackknife: [Double], level: Double
) -> ConfidenceInterval? {
    let sorted = replicates.filter { !$0.isNaN }.sorted()
    guard estimate.isFinite, sorted.count * 2 > replicates.count, sorted.first != sorted.last else { return nil }
    let below = sorted.count { $0 < estimate }, upTo = sorted.count { $0 <= estimate }
    let count = Double(sorted.count)
    // Where no replicate lies on one side, half a replicate is taken to.
    let share = min(max(Double(below + upTo) / (2 * count), 0.5 / count), 1 - 0.5 / count)
    let bias = NormalDistribution.quantile(share)
    let acceleration = acceleration(jackknife)
    func end(_ tail: Double) -> Double {
        let shifted = bias + NormalDistribution.quantile(tail)
        let p = NormalDistribution.cumulative(bias + shifted / (1 - acceleration * shifted))
        return sorted.quantile(p)
    }
    let ends = [end((1 - level) / 2), end((1 + level) / 2), estimate]
    return ConfidenceInterval(lower: ends.min() ?? estimate, upper: ends.max() ?? estimate, level: level)
}

/// A sixth of the skewness of the jackknife's influences.
private func acceleration(_ jackknife: [Double]) -> Double {
    let values = jackknife.filter(\.isFinite)
    let mean = values.mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let cubes = values.reduce(0) { $0 + (mean - $1) * (mean - $1) * (mean - $1) }
    let acceleration = cubes / (6 * squares * squares.squareRoot())
    return acceleration.isFinite ? acceleration : 0
}

extension [Double] {
    /// The quantile of sorted values, between neighbours by linear interpolation (as NumPy's `quantile`).
    func quantile(_ p: Double) -> Double {
        guard let last, p.isFinite else { return .nan }
        let place = Swift.min(Swift.max(p, 0), 1) * Double(count - 1)
        let index = Int(saturating: place, rounding: .down)
        guard index + 1 < count else { return last }
        return self[index] + (place - Double(index)) * (self[index + 1] - self[index])
    }
}
