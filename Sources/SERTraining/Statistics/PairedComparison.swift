// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// McNemar's test: whether two models differ in how often they are right on the same clips (McNemar, Psychometrika 12,
/// 1947). It counts the clips that one of them gets right and the other wrong; if the models were equally good, each of
/// those would fall to either side as a fair coin does.
///
/// It takes clips for independent of each other. Where clips share speakers it finds differences too easily; then
/// ``PairedComparison/permutationTest(of:permutations:unit:seed:)`` over speakers is the one to go by.
public struct McNemarTest: Codable, Sendable, Equatable {
    /// Clips that the first model alone gets right, and clips that the second alone does.
    public let onlyFirst, onlySecond: Int
    /// The exact two-sided p-value: that of a binomial test of the two counts.
    public let exactPValue: Double
    /// The mid-p-value, exact less the probability of the counts seen: it keeps its level and is less cautious than the
    /// exact test (Fagerland, Lydersen and Laake, BMC Medical Research Methodology 13:91, 2013).
    public let midPValue: Double

    /// The test of two counts, not below 0.
    public init(onlyFirst: Int, onlySecond: Int) {
        self.onlyFirst = onlyFirst
        self.onlySecond = onlySecond
        let coin = FairCoinDistribution(count: onlyFirst + onlySecond)
        let (exactly, atMost) = coin.probabilities(upTo: min(onlyFirst, onlySecond))
        exactPValue = min(1, 2 * atMost)
        midPValue = min(1, 2 * atMost - exactly)
    }
}

/// A paired permutation test: were the two models the same, exchanging their outputs for a clip (or for all clips of a
/// speaker) would not matter (Good, Permutation, parametric and bootstrap tests of hypotheses, 2005).
public struct PermutationTest: Codable, Sendable, Equatable {
    /// What was compared.
    public let measure: Measure
    /// The first model's value less the second's.
    public let difference: Double
    /// The fraction of exchanges that make a difference as large as that or larger, to either side. With drawn
    /// exchanges (k + 1) / (n + 1) (Phipson and Smyth, Statistical Applications in Genetics and Molecular Biology 9:39, 2010).
    public let pValue: Double
    /// What was exchanged as one.
    public let unit: ResamplingUnit
    /// How many of them there are.
    public let units: Int
    /// How many exchanges were looked at.
    public let permutations: Int
    /// Whether those are all there are, rather than drawn.
    public let isExact: Bool
}

/// Two models measured on the same clips.
///
/// ```swift
/// let comparison = try PairedComparison(gru.evaluate(split.test), cnn.evaluate(split.test))
/// print(comparison.mcNemar.midPValue, try comparison.permutationTest(of: .macroF1).pValue)
/// print(try comparison.differences()[.accuracy]?.interval)
/// ```
public struct PairedComparison: Sendable {
    /// The evaluations that are compared.
    public let first, second: Evaluation

    /// Pairs two evaluations.
    /// - Throws: ``EvaluationError/notPaired(reason:)`` when they are not of the same clips in the same order.
    public init(_ first: Evaluation, _ second: Evaluation) throws(EvaluationError) {
        guard first.labels == second.labels else { throw .notPaired(reason: "their labels differ") }
        guard first.targets.count == second.targets.count else {
            throw .notPaired(
                reason:
                    "one was measured on \(counted(first.targets.count, "clip")) and the other on \(second.targets.count)"
            )
        }
        if let clip = first.targets.indices.first(where: { first.targets[$0] != second.targets[$0] }) {
            throw .notPaired(reason: "clip \(clip) has another true class in one than in the other")
        }
        guard first.speakers == second.speakers else { throw .notPaired(reason: "the clips' speakers differ") }
        self.first = first
        self.second = second
    }

    /// McNemar's test of which clips each gets right.
    public var mcNemar: McNemarTest {
        let pairs = zip(first.correct, second.correct)
        return McNemarTest(onlyFirst: pairs.count { $0 && !$1 }, onlySecond: pairs.count { !$0 && $1 })
    }

    /// The first model's measures less the second's, with intervals over the same resamples for both.
    /// - Throws: ``EvaluationError`` as ``Evaluation/estimates(of:bootstrap:)``.
    public func differences(
        of measures: [Measure] = Measure.standard, bootstrap: Bootstrap = Bootstrap()
    ) throws(EvaluationError) -> Estimates {
        try bootstrap.check()
        let units = try ResamplingUnits(first, unit: bootstrap.unit)
        let clips = (try WeightedClips([first], measures: measures), try WeightedClips([second], measures: measures))
        let results = bootstrap.results(over: units) { weights in
            zip(clips.0.values(weights), clips.1.values(weights)).map { $0 - $1 }
        }
        return bootstrap.estimates(measures, results, over: units)
    }

    /// Whether the models differ in a measure.
    ///
    /// - Parameters:
    ///   - measure: what is compared.
    ///   - permutations: how many exchanges are drawn; where there are no more than that, all are looked at.
    ///   - unit: what is exchanged as one; `nil` takes speakers where there are several, else clips.
    ///   - seed: decides which exchanges are drawn.
    /// - Returns: `nil` when the measure is undefined for one of the models.
    /// - Throws: ``EvaluationError`` when the speakers that are to be exchanged are not known, the number of
    ///   permutations cannot work, or the measure is of a class that does not exist.
    public func permutationTest(
        of measure: Measure, permutations: Int = 10_000, unit: ResamplingUnit? = nil, seed: UInt64 = 1
    ) throws(EvaluationError) -> PermutationTest? {
        guard (100...1_000_000).contains(permutations) else {
            throw .resampling(reason: "\(permutations) permutations: from 100 to 1000000 can be made")
        }
        let units = try ResamplingUnits(first, unit: unit)
        let both = try WeightedClips([first, second], measures: [measure])
        let count = units.ofClip.count
        // One model is the clips of weight 1, the other those of weight 0: exchanging is turning weights over.
        @Sendable func difference(_ isExchanged: (Int) -> Bool) -> Double {
            var weights = [Double](repeating: 0, count: 2 * count)
            for clip in 0..<count { weights[isExchanged(units.ofClip[clip]) ? count + clip : clip] = 1 }
            let one = weights.withUnsafeBufferPointer { both.values($0)[0] }
            for place in weights.indices { weights[place] = 1 - weights[place] }
            return one - weights.withUnsafeBufferPointer { both.values($0)[0] }
        }
        let seen = difference { _ in false }
        guard !seen.isNaN else { return nil }
        let isExact = units.count < 20 && 1 << units.count <= permutations
        let looked = isExact ? 1 << units.count : permutations
        let key = RandomKey(seed: seed).derived("permutation")
        let others = Bootstrap.inPieces(looked) { number in
            if isExact { return [difference { number >> $0 & 1 == 1 }] }
            var generator = key.derived(number).generator
            let words = (0..<(units.count + 63) / 64).map { _ in generator.next() }
            return [difference { words[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }]
        }
        // Differences that are equal but for rounding are equal.
        let asLarge = others.count { abs($0[0]) >= abs(seen) - 1e-12 }
        let p = isExact ? Double(asLarge) / Double(looked) : Double(asLarge + 1) / Double(looked + 1)
        return PermutationTest(
            measure: measure, difference: seen, pValue: p, unit: units.unit, units: units.count, permutations: looked,
            isExact: isExact)
    }
}
