// SPDX-License-Identifier: Apache-2.0

import SERTraining

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
