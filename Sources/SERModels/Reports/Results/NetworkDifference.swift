/// What two networks that were tested on the same clips differ in, with p-values corrected for the number of pairs.
public struct NetworkDifference: Codable, Sendable, Equatable {
    /// A measure of the first network less that of the second.
    public struct Compared: Codable, Sendable, Equatable {
        /// The difference with its interval; its value is nil where the measure is undefined for one of the two.
        public let difference: Estimate
        /// The permutation test of the pair; nil where the measure is undefined for one of the two.
        public let test: PermutationTest?
        /// The test's p-value after ``HolmCorrection`` over all pairs.
        public let adjustedPValue: Double?
    }

    /// The networks' names.
    public let first, second: String
    /// Accuracy of the first less that of the second.
    public let accuracy: Compared
    /// Mean recall (UAR) of the first less that of the second.
    public let unweightedAverageRecall: Compared
    /// McNemar's test, of networks with one run each.
    public let mcNemar: McNemarTest?
    /// Its mid-p-value after ``HolmCorrection`` over all pairs.
    public let adjustedMidPValue: Double?

    /// The p-value below which a difference is told as one.
    static let level = 0.05

    /// Whether a difference in accuracy remains after the correction.
    var differsInAccuracy: Bool {
        guard let p = accuracy.adjustedPValue, let value = accuracy.difference.value else { return false }
        return p < Self.level && value != 0
    }

    /// The more accurate network and the other.
    var ordered: (better: String, worse: String) {
        (accuracy.difference.value ?? 0) > 0 ? (first, second) : (second, first)
    }
}

/// Two networks of a report with the tests of what they differ in, each by itself.
struct PairOfNetworks {
    fileprivate let first, second: String
    fileprivate let estimates: [Estimate]
    fileprivate let tests: [PermutationTest?]
    fileprivate let mcNemar: McNemarTest?

    private static let measures: [Measure] = [.accuracy, .unweightedAverageRecall]

    init(_ first: Int, _ second: Int, of subject: ReportSubject) throws(EvaluationError) {
        self.first = subject.networks[first].name
        self.second = subject.networks[second].name
        // As many runs of each.
        let runs = [first, second].map { subject.networks[$0].runs.map(\.evaluation) }
        let count = min(runs[0].count, runs[1].count)
        let pair = try PairedComparison(
            subject.pooled(Array(runs[0].prefix(count))), subject.pooled(Array(runs[1].prefix(count))))
        let bootstrap = subject.bootstrap.over(pair.first)
        estimates = try pair.differences(of: Self.measures, bootstrap: bootstrap).estimates
        var tests: [PermutationTest?] = []
        for measure in Self.measures { tests.append(try pair.permutationTest(of: measure, unit: bootstrap.unit)) }
        self.tests = tests
        // Of several runs, clips are not independent.
        mcNemar = runs[0].count == 1 && runs[1].count == 1 ? pair.mcNemar : nil
    }
}

extension NetworkDifference {
    /// The differences of pairs; each kind of test is a family of its own.
    /// - Parameter family: How many pairs there are to choose among.
    static func corrected(_ pairs: [PairOfNetworks], family: Int) -> [NetworkDifference] {
        let adjusted = [0, 1].map { measure in
            HolmCorrection.adjusted(pairs.map { $0.tests[measure]?.pValue }, family: family)
        }
        let mcNemar = HolmCorrection.adjusted(pairs.map { $0.mcNemar?.midPValue }, family: family)
        return pairs.enumerated().map { index, pair in
            let compared = [0, 1].map { measure in
                Compared(
                    difference: pair.estimates[measure], test: pair.tests[measure],
                    adjustedPValue: adjusted[measure][index])
            }
            return NetworkDifference(
                first: pair.first, second: pair.second, accuracy: compared[0], unweightedAverageRecall: compared[1],
                mcNemar: pair.mcNemar, adjustedMidPValue: mcNemar[index])
        }
    }
}
