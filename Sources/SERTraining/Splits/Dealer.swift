// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// Deals out shares that are whole numbers, and remembers what rounding owes each part, so that the parts keep their
/// proportions over many classes too.
struct Dealer {
    private let fractions: [Double]
    private var owed: [Double]

    /// What the fractions leave over goes to one more part, which ``deal(_:atLeastOne:)`` does not return.
    init(_ fractions: [Double]) {
        self.fractions = fractions + [max(0, 1 - fractions.reduce(0, +))]
        owed = [Double](repeating: 0, count: fractions.count + 1)
    }

    /// The members cut into as many parts as there are fractions.
    mutating func deal(_ members: [Int], atLeastOne: Bool = false) -> [[Int]] {
        var counts = counts(of: members.count)
        if atLeastOne {
            for part in fractions.indices.dropLast() where fractions[part] > 0 && counts[part] == 0 {
                guard let largest = counts.indices.max(by: { counts[$0] < counts[$1] }) else { continue }
                counts[largest] -= 1
                counts[part] += 1
            }
        }
        for part in fractions.indices { owed[part] += fractions[part] * Double(members.count) - Double(counts[part]) }
        var start = 0
        return counts.dropLast().map { count in
            defer { start += count }
            return Array(members[start..<start + count])
        }
    }

    /// Each part's share rounded down, and what is left over to the parts that are owed most, one each.
    private func counts(of total: Int) -> [Int] {
        let shares = fractions.map { $0 * Double(total) }
        var counts = shares.map { Int(saturating: $0 + 1e-9, rounding: .down) }
        let claims = shares.indices.map { owed[$0] + shares[$0] - Double(counts[$0]) }
        let order = claims.indices.filter { fractions[$0] > 1e-9 }.sorted { (claims[$0], $1) > (claims[$1], $0) }
        for part in order.prefix(max(0, total - counts.reduce(0, +))) { counts[part] += 1 }
        return counts
    }
}
