// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// What the order of values tells, and their sizes do not.
package enum RankStatistics {
    /// The place of each value in the order from the least, from 1; equal values share the mean of their places. What is
    /// not a number counts as less than all.
    package static func ranks(_ values: [Double]) -> [Double] {
        let known = values.map { $0.isNaN ? -Double.infinity : $0 }
        let order = known.indices.sorted { (known[$0], $0) < (known[$1], $1) }
        var ranks = [Double](repeating: 0, count: values.count)
        var first = 0
        while first < order.count {
            var end = first + 1
            while end < order.count, known[order[end]] == known[order[first]] { end += 1 }
            for place in first..<end { ranks[order[place]] = Double(first + end + 1) / 2 }
            first = end
        }
        return ranks
    }

    /// Spearman's rank correlation: Pearson's of the ranks (American Journal of Psychology 15, 1904); nil where one of
    /// them does not vary.
    package static func correlation(_ a: [Double], _ b: [Double]) -> Double? {
        let (a, b) = (ranks(a), ranks(b)), middle = Double(a.count + 1) / 2
        var product = 0.0, squares = (a: 0.0, b: 0.0)
        for (one, other) in zip(a, b) {
            product += (one - middle) * (other - middle)
            squares.a += (one - middle) * (one - middle)
            squares.b += (other - middle) * (other - middle)
        }
        guard squares.a > 0, squares.b > 0 else { return nil }
        return product / (squares.a.squareRoot() * squares.b.squareRoot())
    }

    /// How much of the variance of ranks lies between groups, from 0 to 1: H / (n - 1) with Kruskal and Wallis's H
    /// corrected for equal values (Journal of the American Statistical Association 47, 1952), also called epsilon squared
    /// (Kelley, Proceedings of the National Academy of Sciences 21, 1935, for values in place of ranks).
    /// - Parameters:
    ///   - values: The values.
    ///   - groups: The group of each, from 0.
    /// - Returns: nil where all values are equal or there are fewer than two groups.
    package static func shareBetween(_ values: [Double], groups: [Int]) -> Double? {
        let ranks = ranks(values), middle = Double(ranks.count + 1) / 2
        let total = ranks.reduce(0) { $0 + ($1 - middle) * ($1 - middle) }
        guard total > 0, Set(groups).count > 1 else { return nil }
        return between(ranks.map { $0 - middle }, groups) / total
    }

    /// The probability of a share between groups at least as large where groups say nothing: of so many random
    /// permutations, counting the order that was found.
    package static func permutationPValue(
        _ values: [Double], groups: [Int], permutations: Int, key: RandomKey
    ) -> Double? {
        guard shareBetween(values, groups: groups) != nil else { return nil }
        let middle = Double(values.count + 1) / 2
        let ranks = ranks(values).map { $0 - middle }
        // Sums of the same ranks in another order differ by rounding alone.
        let found = between(ranks, groups) - 1e-12 * ranks.reduce(0) { $0 + $1 * $1 }
        let reached = parallelMap(permutations) { index in between(key.derived(index).shuffled(ranks), groups) >= found
        }
        return Double(reached.count { $0 } + 1) / Double(permutations + 1)
    }

    /// The squares of the groups' means around 0, each as often as it has members.
    private static func between(_ centred: [Double], _ groups: [Int]) -> Double {
        var sums = [Double](repeating: 0, count: (groups.max() ?? 0) + 1), counts = sums
        for (value, group) in zip(centred, groups) {
            sums[group] += value
            counts[group] += 1
        }
        return zip(sums, counts).reduce(0) { $1.1 > 0 ? $0 + $1.0 * $1.0 / $1.1 : $0 }
    }
}
