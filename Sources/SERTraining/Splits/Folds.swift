// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// How a corpus is cut into folds, each of which is tested once by a network that was trained on the rest: the protocol
/// of a cross-validation. Which question a protocol answers stands in Docs/Protocols.md.
public struct Folds: Sendable, Equatable {
    enum Method: Sendable, Equatable {
        case random(Int)
        case stratified(Int)
        case grouped(Grouping, Int)
        case eachGroup(Grouping)
        case crossed(speakers: Int, sentences: Int)
        case lists([[String]])
        case corpora(train: String, test: String)
    }

    let method: Method

    /// So many folds by chance alone: known voices, known sentences.
    public static func random(_ folds: Int) -> Folds { Folds(method: .random(folds)) }

    /// So many folds by chance, each class in proportion: known voices, known sentences.
    public static func stratified(_ folds: Int) -> Folds { Folds(method: .stratified(folds)) }

    /// So many folds of whole speakers or whole sentences: those tested were never heard in training. Folds are as equal
    /// in size as groups allow.
    public static func grouped(by grouping: Grouping, _ folds: Int) -> Folds {
        Folds(method: .grouped(grouping, folds))
    }

    /// One fold a speaker: each is tested by a network that never heard the voice.
    public static let leaveOneSpeakerOut = Folds(method: .eachGroup(.speaker))

    /// One fold a sentence: each is tested by a network that never heard the words.
    public static let leaveOneSentenceOut = Folds(method: .eachGroup(.sentence))

    /// Neither the speakers nor the sentences tested were heard in training: speakers and sentences are cut into groups,
    /// and each pair of groups is a fold. Clips that share only the one or the other with the fold are left out of its
    /// training.
    public static func crossed(speakers: Int, sentences: Int) -> Folds {
        Folds(method: .crossed(speakers: speakers, sentences: sentences))
    }

    /// Folds that somebody published: each list names the files that are tested together, by file name or by the end of
    /// their paths. A file stands for all its segments; one of them is named as in `talk.wav#t=3,4.5`. Clips in no list
    /// are always trained on.
    public static func lists(_ files: [[String]]) -> Folds { Folds(method: .lists(files)) }

    /// One fold: trained on the clips of one corpus, tested on those of another, both joined by
    /// ``Corpus/joined(_:)``.
    public static func corpora(trainedOn train: String, testedOn test: String) -> Folds {
        Folds(method: .corpora(train: train, test: test))
    }

    /// The protocol in words, such as `grouped by speaker, 5 folds`.
    public var summary: String {
        switch method {
        case .random(let folds): "random, \(folds) folds"
        case .stratified(let folds): "stratified, \(folds) folds"
        case .grouped(let grouping, let folds): "grouped by \(grouping.rawValue), \(folds) folds"
        case .eachGroup(let grouping): "each \(grouping.rawValue) left out once"
        case .crossed(let speakers, let sentences):
            "grouped by speaker and sentence, \(speakers) x \(sentences) folds"
        case .lists(let lists): "fixed lists, \(lists.count) \(lists.count == 1 ? "fold" : "folds")"
        case .corpora(let train, let test): "trained on \(train), tested on \(test)"
        }
    }
}

extension Corpus {
    /// The splits of a cross-validation: each fold is the test part once, and of the rest a share of each class
    /// validates.
    ///
    /// - Parameters:
    ///   - folds: How the corpus is cut.
    ///   - validation: The share of each class of the rest that the best epoch is chosen by, 0..<1.
    ///   - grouping: What the validation part is to have to itself: whole speakers or sentences, about `validation` of
    ///     the rest's clips and at least one group. `nil` takes of each class its share, whoever speaks.
    ///   - seed: Decides all that is left to chance.
    /// - Throws: ``SplitError`` where the corpus cannot be cut so, or a training part would lack a class.
    public func folds(
        _ folds: Folds, validation: Double = 0.1, validatedBy grouping: Grouping? = nil, seed: UInt64
    ) throws(SplitError) -> [DataSplit] {
        guard validation >= 0, validation < 1 else {
            throw .fractions(train: 1 - validation, validation: validation, test: 0)
        }
        let key = RandomKey(seed: seed).derived("folds")
        let tests = try FoldCutter(corpus: self, key: key).cut(folds.method)
        var splits: [DataSplit] = []
        for test in tests {
            let key = key.derived(test.name)
            if let grouping, validation > 0 {
                splits.append(try testing(test, validation: validation, by: grouping, key: key, seed: seed))
            } else {
                splits.append(try testing(test, validation: validation, key: key, seed: seed))
            }
        }
        return splits
    }

    /// The split that tests a fold, and of each class of the rest takes a share to validate.
    private func testing(
        _ fold: FoldCutter.Fold, validation: Double, key: RandomKey, seed: UInt64
    ) throws(SplitError) -> DataSplit {
        let away = Set(fold.test).union(fold.leftOut), needed = validation > 0 ? 2 : 1
        var dealer = Dealer([1 - validation, validation])
        var dealt: [[Int]] = [[], []]
        for (label, members) in indicesByLabel {
            let rest = members.filter { !away.contains($0) }
            guard !rest.isEmpty else { throw .missingClass(label: label, fold: fold.name) }
            guard rest.count >= needed else { throw .tooFewClips(label: label, clips: rest.count, needed: needed) }
            let shares = dealer.deal(key.derived(label).shuffled(rest), atLeastOne: true)
            dealt[0] += shares[0]
            dealt[1] += shares[1]
        }
        return try DataSplit(
            corpus: self, train: dealt[0], validation: dealt[1], test: fold.test,
            summary: "\(fold.name), seed \(seed)")
    }
}

extension Corpus {
    /// The split that tests a fold, and of the rest takes whole groups by chance to validate.
    private func testing(
        _ fold: FoldCutter.Fold, validation: Double, by grouping: Grouping, key: RandomKey, seed: UInt64
    ) throws(SplitError) -> DataSplit {
        let away = Set(fold.test).union(fold.leftOut)
        let groups = try indices(by: grouping).map { $0.members.filter { !away.contains($0) } }.filter { !$0.isEmpty }
        guard groups.count >= 2 else { throw .noGroupToValidate(grouping, fold: fold.name, groups: groups.count) }
        let wanted = validation * Double(groups.reduce(0) { $0 + $1.count })
        var train: [Int] = [], validating: [Int] = []
        for (place, group) in key.derived(grouping.rawValue).shuffled(groups).enumerated() {
            // A group more is taken as long as that comes nearer to the share; the last one stays for training.
            let isNearer = Double(validating.count) + Double(group.count) / 2 < wanted
            if place == 0 || (isNearer && place + 1 < groups.count) { validating += group } else { train += group }
        }
        let trained = Set(train.map { clips[$0].emotion })
        for label in labels where !trained.contains(label) { throw .missingClass(label: label, fold: fold.name) }
        return try DataSplit(
            corpus: self, train: train.sorted(), validation: validating.sorted(), test: fold.test,
            summary: "\(fold.name), seed \(seed)")
    }
}

extension DataSplit {
    /// The splits of a cross-validation within the training and the validation part, to choose settings by without ever
    /// looking at the test part.
    /// - Throws: ``SplitError`` where those clips cannot be cut so.
    public func inner(
        _ folds: Folds, validation: Double = 0.1, validatedBy grouping: Grouping? = nil, seed: UInt64
    ) throws(SplitError) -> [DataSplit] {
        let pool = (train.indices + self.validation.indices).sorted()
        let part = Corpus(name: corpus.name, clips: pool.map { corpus.clips[$0] })
        var splits: [DataSplit] = []
        for split in try part.folds(folds, validation: validation, validatedBy: grouping, seed: seed) {
            let parts = split.partitions.map { $0.indices.map { pool[$0] } }
            splits.append(
                try DataSplit(
                    corpus: corpus, train: parts[0], validation: parts[1], test: parts[2],
                    summary: "\(split.summary), within the training part of \(summary)"))
        }
        return splits
    }
}

/// Cuts the clips of a corpus into folds.
private struct FoldCutter {
    struct Fold {
        let name: String
        var test: [Int]
        /// Clips that this fold's training must not hear.
        var leftOut: [Int] = []
    }

    let corpus: Corpus
    let key: RandomKey

    func cut(_ method: Folds.Method) throws(SplitError) -> [Fold] {
        switch method {
        case .random(let folds):
            guard folds >= 2 else { throw .folds(folds) }
            guard folds <= corpus.clips.count else { throw .tooManyFolds(folds, clips: corpus.clips.count) }
            let order = key.shuffled(corpus.clips.indices)
            return (0..<folds).map { fold in
                Fold(
                    name: "fold \(fold + 1) of \(folds), random",
                    test: stride(from: fold, to: order.count, by: folds).map { order[$0] })
            }
        case .stratified(let folds): return try stratified(folds)
        case .grouped(let grouping, let folds):
            return try groups(grouping, folds).enumerated().map { fold, groups in
                Fold(
                    name: "fold \(fold + 1) of \(folds), grouped by \(grouping.rawValue)",
                    test: groups.flatMap(\.members))
            }
        case .eachGroup(let grouping):
            return try named(grouping, parts: 2).map {
                Fold(name: "tested on \(grouping.rawValue) \($0.name), trained on the others", test: $0.members)
            }
        case .crossed(let speakers, let sentences): return try crossed(speakers, sentences)
        case .lists(let lists): return try listed(lists)
        case .corpora(let train, let test): return [try between(train, test)]
        }
    }

    private func stratified(_ folds: Int) throws(SplitError) -> [Fold] {
        guard folds >= 2 else { throw .folds(folds) }
        var parts = [[Int]](repeating: [], count: folds)
        var next = 0
        for (label, members) in corpus.indicesByLabel {
            guard members.count >= folds else { throw .tooFewClips(label: label, clips: members.count, needed: folds) }
            for member in key.derived(label).shuffled(members) {
                parts[next % folds].append(member)
                next += 1  // goes on over the classes, so that the folds' totals differ by one clip at most
            }
        }
        return parts.enumerated().map { Fold(name: "fold \($0 + 1) of \(folds), stratified", test: $1) }
    }

    private typealias Group = (name: String, members: [Int])

    /// The speakers or sentences, at least `parts` of them.
    private func named(_ grouping: Grouping, parts: Int) throws(SplitError) -> [Group] {
        let groups = try corpus.indices(by: grouping)
        if groups.count == 1, let only = groups.first {
            throw .oneGroup(grouping, name: only.name, remaining: corpus.protocolsWithout(grouping))
        }
        guard groups.count >= parts else { throw .tooFewGroups(grouping, groups: groups.count, parts: parts) }
        return groups
    }

    /// Groups, the largest first and equals by chance, each to the fold that has the fewest clips.
    private func groups(_ grouping: Grouping, _ folds: Int) throws(SplitError) -> [[Group]] {
        guard folds >= 2 else { throw .folds(folds) }
        let shuffled = key.derived(grouping.rawValue).shuffled(try named(grouping, parts: folds))
        let order = shuffled.indices.sorted { (shuffled[$0].members.count, $1) > (shuffled[$1].members.count, $0) }
        var parts = [[Group]](repeating: [], count: folds), counts = [Int](repeating: 0, count: folds)
        for group in order.map({ shuffled[$0] }) {
            guard let part = counts.indices.min(by: { counts[$0] < counts[$1] }) else { continue }
            parts[part].append(group)
            counts[part] += group.members.count
        }
        return parts
    }

    private func crossed(_ speakers: Int, _ sentences: Int) throws(SplitError) -> [Fold] {
        let voices = try groups(.speaker, speakers).map { Set($0.flatMap(\.members)) }
        let words = try groups(.sentence, sentences).map { Set($0.flatMap(\.members)) }
        var folds: [Fold] = []
        for (row, voice) in voices.enumerated() {
            for (column, word) in words.enumerated() {
                let test = voice.intersection(word)
                guard !test.isEmpty else { continue }  // those speakers never say those sentences
                folds.append(
                    Fold(
                        name: "speaker group \(row + 1) of \(speakers), sentence group \(column + 1) of \(sentences)",
                        test: test.sorted(), leftOut: voice.symmetricDifference(word).sorted()))
            }
        }
        return folds
    }

    private func listed(_ lists: [[String]]) throws(SplitError) -> [Fold] {
        let listed = ListedClips(corpus.clips)
        var seen = Set<Int>()
        var folds: [Fold] = []
        for (fold, files) in lists.enumerated() {
            var test: [Int] = []
            for file in files {
                let found = try listed.clips(file)
                guard seen.isDisjoint(with: found) else { throw .listedTwice(file) }
                seen.formUnion(found)
                test += found
            }
            guard !test.isEmpty else { throw .emptyPart(.test, clips: corpus.clips.count) }
            folds.append(Fold(name: "fold \(fold + 1) of \(lists.count), fixed lists", test: test))
        }
        guard !folds.isEmpty else { throw .folds(0) }
        return folds
    }

    private func between(_ train: String, _ test: String) throws(SplitError) -> Fold {
        let names = Set(corpus.clips.map(\.corpus))
        for name in [train, test] where !names.contains(name) { throw .noCorpus(name, known: names.sorted()) }
        guard train != test else { throw .sameCorpus(train) }
        let tested = corpus.clips.indices.filter { corpus.clips[$0].corpus == test }
        let others = corpus.clips.indices.filter { ![train, test].contains(corpus.clips[$0].corpus) }
        return Fold(name: "trained on \(train), tested on \(test)", test: tested, leftOut: others)
    }
}

extension Corpus {
    /// The protocols that remain where all clips are of one speaker, or all of one sentence.
    fileprivate func protocolsWithout(_ grouping: Grouping) -> [String] {
        let other: Grouping = grouping == .speaker ? .sentence : .speaker
        let groups = (try? indices(by: other).count) ?? 0
        let smallest = indicesByLabel.map(\.members.count).min() ?? 0
        return (groups > 1 ? ["by \(other.rawValue) (\(groups) of them)"] : [])
            + (smallest > 1 ? ["stratified (up to \(smallest) folds)"] : [])
            + (clips.count > 1 ? ["random (up to \(clips.count) folds)"] : [])
    }
}
