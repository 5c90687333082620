// SPDX-License-Identifier: Apache-2.0

import SERSupport

extension Corpus {
    /// The corpus cut by name: the speakers or sentences that are named test, others validate, all the rest train.
    ///
    /// ```swift
    /// let split = try corpus.split(by: .speaker, testing: ["1013", "1038"], seed: 1)
    /// ```
    /// - Parameters:
    ///   - grouping: What the names are of.
    ///   - testing: Who or what is tested; where several corpora use a name, as `corpus/name`.
    ///   - validating: Who or what chooses the best epoch; nil for some that are dealt out by chance.
    ///   - share: How much of what is not tested validates where nothing is named, above 0 and below 1.
    ///   - seed: Decides what is dealt out by chance.
    /// - Throws: ``SplitError`` for a name that the corpus does not know or that is given twice, and where nothing is
    ///   left to train on.
    public func split(
        by grouping: Grouping, testing: [String], validating: [String]? = nil, share: Double = 0.1, seed: UInt64
    ) throws(SplitError) -> DataSplit {
        let all = try indices(by: grouping)
        var named = NamedGroups(all, by: grouping, corpora: corpora)
        let test = try named.take(testing)
        let summary = "\(grouping.rawValue) \(testing.joined(separator: ", ")) tested"
        if let validating {
            let validation = try named.take(validating)
            guard !named.left.isEmpty else { throw .noGroupLeft(grouping, groups: all.count) }
            return try DataSplit(
                corpus: self, train: named.left, validation: validation, test: test,
                summary: summary + ", \(validating.joined(separator: ", ")) validating")
        }
        guard share > 0, share < 1 else { throw .fractions(train: 1 - share, validation: share, test: 0) }
        guard named.groups.count > 1 else { throw .noGroupLeft(grouping, groups: all.count) }
        let dealt = try Self.dealtInGroups(
            named.groups.map(\.members), [1 - share, share, 0], by: grouping,
            key: RandomKey(seed: seed).derived("split"))
        return try DataSplit(
            corpus: self, train: dealt[0], validation: dealt[1], test: test, summary: summary + ", seed \(seed)")
    }

    /// The speakers or sentences of some clips, by the names that ``split(by:testing:validating:share:seed:)`` takes;
    /// those of clips whose group is not known are left out.
    public func groupNames(_ grouping: Grouping, of part: Partition) -> [String] {
        let corpora = corpora
        return Set(part.clips.compactMap { $0.identity(by: grouping) }).sorted().map { $0.name(among: corpora) }
    }
}

/// Groups of clips that are taken by name.
private struct NamedGroups {
    /// Those that nobody has taken.
    private(set) var groups: [(identity: GroupIdentity, members: [Int])]
    private let known: [String]
    private let grouping: Grouping
    private let corpora: Set<String>

    init(
        _ groups: [(identity: GroupIdentity, members: [Int])], by grouping: Grouping, corpora: Set<String>
    ) {
        self.groups = groups
        known = groups.map { $0.identity.name(among: corpora) }
        self.grouping = grouping
        self.corpora = corpora
    }

    /// The clips of the groups that nobody has taken.
    var left: [Int] { groups.flatMap(\.members) }

    /// Takes groups by their names, each once.
    mutating func take(_ names: [String]) throws(SplitError) -> [Int] {
        var taken: [Int] = []
        for name in names {
            guard let place = groups.firstIndex(where: { $0.identity.name(among: corpora) == name }) else {
                guard !known.contains(name) else { throw .groupNamedTwice(grouping, name: name) }
                throw .unknownGroup(grouping, name: name, known: known)
            }
            taken += groups.remove(at: place).members
        }
        return taken
    }
}
