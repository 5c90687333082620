import SERSupport

extension Corpus {
    /// The splits of a cross-validation, in which every clip is tested once: each class is cut into `folds` parts that
    /// differ by one clip at most, each fold is the test part once, and of the rest a share of each class validates.
    /// - Throws: ``SplitError`` for fewer than 2 folds, or more than a class has clips.
    public func folds(_ folds: Int, validation: Double = 0.1, seed: UInt64) throws(SplitError) -> [DataSplit] {
        guard folds >= 2 else { throw .folds(folds) }
        let key = RandomKey(seed: seed).derived("folds")
        var parts = [[Int]](repeating: [], count: folds)
        var next = 0
        for (label, members) in indicesByLabel {
            guard members.count >= folds else { throw .tooFewClips(label: label, clips: members.count, needed: folds) }
            var generator = key.derived(label).generator
            for member in members.shuffled(using: &generator) {
                parts[next % folds].append(member)
                next += 1  // goes on over the classes, so that the folds' totals differ by one clip at most
            }
        }
        var splits: [DataSplit] = []
        for fold in 0..<folds {
            splits.append(try testing(
                on: parts[fold], validation: validation, key: key.derived(fold),
                summary: "fold \(fold + 1) of \(folds), stratified, seed \(seed)"))
        }
        return splits
    }

    /// One split a speaker: that speaker is the test part, and of all others a share of each class validates.
    /// - Throws: ``SplitError`` where a clip's speaker is unknown, or only one speaks.
    public func leaveOneSpeakerOut(validation: Double = 0.1, seed: UInt64) throws(SplitError) -> [DataSplit] {
        let groups = try indices(by: .speaker)
        guard groups.count >= 2 else { throw .tooFewGroups(.speaker, groups: groups.count, parts: 2) }
        let key = RandomKey(seed: seed).derived("leave one speaker out")
        var splits: [DataSplit] = []
        for (name, members) in groups {
            splits.append(try testing(
                on: members, validation: validation, key: key.derived(name),
                summary: "tested on speaker \(name), trained on the others, seed \(seed)"))
        }
        return splits
    }

    /// The split that tests on the given clips, and of each class of the rest takes a share to validate.
    private func testing(
        on test: [Int], validation: Double, key: RandomKey, summary: String
    ) throws(SplitError) -> DataSplit {
        guard validation >= 0, validation < 1 else {
            throw .fractions(train: 1 - validation, validation: validation, test: 0)
        }
        let tested = Set(test), needed = validation > 0 ? 2 : 1
        var dealer = Dealer([1 - validation, validation])
        var dealt: [[Int]] = [[], []]
        for (label, members) in indicesByLabel {
            let rest = members.filter { !tested.contains($0) }
            guard !rest.isEmpty else { continue }
            guard rest.count >= needed else { throw .tooFewClips(label: label, clips: rest.count, needed: needed) }
            var generator = key.derived(label).generator
            let shares = dealer.deal(rest.shuffled(using: &generator), atLeastOne: true)
            dealt[0] += shares[0]
            dealt[1] += shares[1]
        }
        return try DataSplit(corpus: self, train: dealt[0], validation: dealt[1], test: test, summary: summary)
    }
}
