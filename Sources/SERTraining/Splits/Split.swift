// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// A way to cut a corpus into training, validation and test parts by fractions of its clips.
///
/// The fractions may sum to less than 1; then some clips are left out. A part with the fraction 0 is empty.
public struct Split: Sendable, Equatable {
    enum Method: Sendable, Equatable {
        case random, stratified
        case grouped(Grouping)
    }

    let method: Method
    let fractions: [Double]

    /// Clips dealt out by chance alone.
    public static func random(train: Double, validation: Double, test: Double) -> Split {
        Split(method: .random, fractions: [train, validation, test])
    }

    /// Clips dealt out by chance, each class in proportion: every part holds its share of each class to within one
    /// clip, and at least one clip of each even where its share is less.
    public static func stratified(train: Double, validation: Double, test: Double) -> Split {
        Split(method: .stratified, fractions: [train, validation, test])
    }

    /// Whole speakers or whole sentences dealt out by chance: no two parts share one. The parts' sizes are as near to
    /// the fractions as groups allow.
    public static func grouped(by grouping: Grouping, train: Double, validation: Double, test: Double) -> Split {
        Split(method: .grouped(grouping), fractions: [train, validation, test])
    }

    func summary(seed: UInt64) -> String {
        let shares = fractions.map { fraction in
            let percent = (fraction * 1000).rounded() / 10
            return percent == percent.rounded() ? String(Int(saturating: percent)) : String(percent)
        }.joined(separator: "/")
        switch method {
        case .random: return "random \(shares), seed \(seed)"
        case .stratified: return "stratified \(shares), seed \(seed)"
        case .grouped(let grouping): return "grouped by \(grouping.rawValue) \(shares), seed \(seed)"
        }
    }
}

extension Corpus {
    /// The corpus cut into three parts; the same corpus, method and seed give the same parts.
    /// - Throws: ``SplitError`` where the corpus cannot be cut so.
    public func split(_ split: Split, seed: UInt64) throws(SplitError) -> DataSplit {
        let parts = split.fractions
        guard parts.allSatisfy({ $0 >= 0 && $0.isFinite }), parts[0] > 0, parts.reduce(0, +) <= 1 + 1e-9 else {
            throw .fractions(train: parts[0], validation: parts[1], test: parts[2])
        }
        let key = RandomKey(seed: seed).derived("split")
        let dealt: [[Int]]
        switch split.method {
        case .random: dealt = try dealtAtRandom(parts, key: key)
        case .stratified: dealt = try dealtByClass(parts, key: key)
        case .grouped(let grouping):
            dealt = try Self.dealtInGroups(try indices(by: grouping).map(\.members), parts, by: grouping, key: key)
        }
        return try DataSplit(
            corpus: self, train: dealt[0], validation: dealt[1], test: dealt[2], summary: split.summary(seed: seed))
    }

    private func dealtAtRandom(_ fractions: [Double], key: RandomKey) throws(SplitError) -> [[Int]] {
        var dealer = Dealer(fractions)
        let dealt = dealer.deal(key.shuffled(clips.indices))
        for (place, role) in Partition.Role.allCases.enumerated() where fractions[place] > 0 && dealt[place].isEmpty {
            throw .emptyPart(role, clips: clips.count)
        }
        return dealt
    }

    private func dealtByClass(_ fractions: [Double], key: RandomKey) throws(SplitError) -> [[Int]] {
        var dealer = Dealer(fractions)
        var dealt = [[Int]](repeating: [], count: 3)
        let needed = fractions.count { $0 > 0 }
        for (label, members) in indicesByLabel {
            guard members.count >= needed else {
                throw .tooFewClips(label: label, clips: members.count, needed: needed)
            }
            let shares = dealer.deal(key.derived(label).shuffled(members), atLeastOne: true)
            for place in 0..<3 { dealt[place] += shares[place] }
        }
        return dealt
    }

    /// The positions of each class's clips, in the order of the labels.
    var indicesByLabel: [(label: String, members: [Int])] {
        let members = Dictionary(grouping: clips.indices) { clips[$0].emotion }
        return labels.map { ($0, members[$0] ?? []) }
    }

    /// The positions of each speaker's or sentence's clips, in the order of corpora and names.
    func indices(by grouping: Grouping) throws(SplitError) -> [(identity: GroupIdentity, members: [Int])] {
        var groups: [GroupIdentity: [Int]] = [:], unknown: [Clip] = []
        for (index, clip) in clips.enumerated() {
            if let identity = clip.identity(by: grouping) {
                groups[identity, default: []].append(index)
            } else {
                unknown.append(clip)
            }
        }
        if let first = unknown.first {
            throw .ungrouped(by: grouping, clips: unknown.count, first: first.fileName)
        }
        return groups.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Deals groups in random order, each to the part that lacks most clips; as many as there are empty parts are kept
    /// for them.
    static func dealtInGroups(
        _ groups: [[Int]], _ fractions: [Double], by grouping: Grouping, key: RandomKey
    ) throws(SplitError) -> [[Int]] {
        let wanted = fractions.count { $0 > 0 }
        guard groups.count >= wanted else { throw .tooFewGroups(grouping, groups: groups.count, parts: wanted) }
        let clips = Double(groups.reduce(0) { $0 + $1.count })
        let quotas = (fractions + [max(0, 1 - fractions.reduce(0, +))]).map { $0 * clips }
        var dealt = [[Int]](repeating: [], count: quotas.count)
        let order = key.shuffled(groups)
        for (place, group) in order.enumerated() {
            let empty = (0..<3).filter { fractions[$0] > 0 && dealt[$0].isEmpty }
            let open = order.count - place <= empty.count ? empty : quotas.indices.filter { quotas[$0] > 1e-6 }
            let lacking = open.map { (part: $0, clips: quotas[$0] - Double(dealt[$0].count)) }
            guard let most = lacking.map(\.clips).max(), let part = lacking.first(where: { $0.clips == most })?.part
            else { continue }
            dealt[part] += group
        }
        return Array(dealt.prefix(3))
    }
}
