// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// Cuts the clips of a corpus into folds.
struct FoldCutter {
    struct Fold {
        let part: TestedPart
        let test: [Int]
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
            return numbered(
                (0..<folds).map { fold in stride(from: fold, to: order.count, by: folds).map { order[$0] } })
        case .stratified(let folds): return numbered(try stratified(folds))
        case .grouped(let grouping, let folds):
            return numbered(try groups(grouping, folds).map { $0.flatMap(\.members) })
        case .eachGroup(let grouping):
            let corpora = corpus.corpora
            return try named(grouping, parts: 2).map {
                Fold(part: .group(grouping, $0.identity, among: corpora), test: $0.members)
            }
        case .crossed(let speakers, let sentences): return try crossed(speakers, sentences)
        case .lists(let lists): return numbered(try listed(lists))
        case .corpora(let train, let test): return [try between(train, test)]
        }
    }

    private func numbered(_ tests: [[Int]]) -> [Fold] {
        tests.enumerated().map { Fold(part: .numbered($0, of: tests.count), test: $1) }
    }

    private func stratified(_ folds: Int) throws(SplitError) -> [[Int]] {
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
        return parts
    }

    private typealias Group = (identity: GroupIdentity, members: [Int])

    /// The speakers or sentences, at least `parts` of them.
    private func named(_ grouping: Grouping, parts: Int) throws(SplitError) -> [Group] {
        let groups = try corpus.indices(by: grouping)
        if groups.count == 1, let only = groups.first {
            throw .oneGroup(
                grouping, name: only.identity.name(among: corpus.corpora),
                remaining: corpus.protocolsWithout(grouping))
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
                        part: .pair(speakers: row, ofSpeakers: speakers, sentences: column, ofSentences: sentences),
                        test: test.sorted(), leftOut: voice.symmetricDifference(word).sorted()))
            }
        }
        return folds
    }

    private func listed(_ lists: [[String]]) throws(SplitError) -> [[Int]] {
        guard !lists.isEmpty else { throw .folds(0) }
        let listed = ListedClips(corpus.clips, leftOut: corpus.leftOut)
        let found = try listed.clips(of: lists.flatMap(\.self))
        var place = 0
        var seen = Set<Int>()
        var tests: [[Int]] = []
        for files in lists {
            var test: [Int] = []
            for file in files {
                let clips = found[place]
                place += 1
                guard seen.isDisjoint(with: clips) else { throw .listedTwice(file) }
                seen.formUnion(clips)
                test += clips
            }
            guard !test.isEmpty else { throw .emptyPart(.test, clips: corpus.clips.count) }
            tests.append(test)
        }
        return tests
    }

    private func between(_ train: String, _ test: String) throws(SplitError) -> Fold {
        let names = corpus.corpora
        for name in [train, test] where !names.contains(name) { throw .noCorpus(name, known: names.sorted()) }
        guard train != test else { throw .sameCorpus(train) }
        let tested = corpus.clips.indices.filter { corpus.clips[$0].corpus == test }
        let others = corpus.clips.indices.filter { ![train, test].contains(corpus.clips[$0].corpus) }
        return Fold(part: .corpus(test, trainedOn: train), test: tested, leftOut: others)
    }
}

extension Corpus {
    /// The protocols that remain where all clips are of one speaker, or all of one sentence.
    fileprivate func protocolsWithout(_ grouping: Grouping) -> [String] {
        // Nothing can be learned of one class, however it is cut.
        guard labels.count > 1 else { return [] }
        let other: Grouping = grouping == .speaker ? .sentence : .speaker
        let groups = (try? indices(by: other).count) ?? 0
        let smallest = indicesByLabel.map(\.members.count).min() ?? 0
        return (groups > 1 ? ["by \(other.rawValue) (\(groups) of them)"] : [])
            + (smallest > 1 ? ["stratified (up to \(smallest) folds)"] : [])
            + (clips.count > 1 ? ["random (up to \(clips.count) folds)"] : [])
    }
}
