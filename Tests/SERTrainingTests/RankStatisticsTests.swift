// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import SERTraining
import Testing

private struct Case: Decodable {
    let values, other, ranks: [Double]
    let groups: [Int]
    let spearman, share: Double
    /// The probability over every order.
    let exact: Double?

    static var all: [Case] {
        get throws {
            let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("Fixtures/metrics/ranks.json")
            return try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
        }
    }
}

@Suite struct RankStatisticsTests {
    @Test func figuresAreThoseOfSciPy() throws {
        for one in try Case.all {
            #expect(RankStatistics.ranks(one.values) == one.ranks)
            let correlation = try #require(RankStatistics.correlation(one.values, one.other))
            #expect(abs(correlation - one.spearman) < 1e-12)
            let share = try #require(RankStatistics.shareBetween(one.values, groups: one.groups))
            #expect(abs(share - one.share) < 1e-12)
        }
    }

    @Test func permutationsGiveTheProbabilityOverEveryOrder() throws {
        for one in try Case.all {
            guard let exact = one.exact else { continue }
            let count = 20_000
            let found = try #require(
                RankStatistics.permutationPValue(
                    one.values, groups: one.groups, permutations: count, key: RandomKey(seed: 3)))
            // Five standard deviations of a share of so many draws.
            let bound = 5 * (exact * (1 - exact) / Double(count)).squareRoot() + 1 / Double(count)
            #expect(abs(found - exact) <= bound, "\(found), exactly \(exact)")
        }
    }

    @Test func whatDoesNotVaryTellsNothing() {
        #expect(RankStatistics.shareBetween([1, 1, 1], groups: [0, 1, 2]) == nil)
        #expect(RankStatistics.shareBetween([1, 2, 3], groups: [0, 0, 0]) == nil)
        #expect(RankStatistics.correlation([1, 1], [1, 2]) == nil)
        #expect(RankStatistics.ranks([.nan, 2, -.infinity]) == [1.5, 3, 1.5])
        #expect(RankStatistics.ranks([]).isEmpty)
    }
}
