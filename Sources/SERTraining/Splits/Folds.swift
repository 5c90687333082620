// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// How a corpus is cut into folds, each of which is tested once by a network that was trained on the rest: the protocol
/// of a cross-validation. Which question a protocol answers stands in Docs/Protocols.md.
public struct Folds: Sendable, Equatable {
    enum Method: Sendable, Equatable, Codable {
        case random(folds: Int)
        case stratified(folds: Int)
        case grouped(by: Grouping, folds: Int)
        case eachGroup(by: Grouping)
        case crossed(speakers: Int, sentences: Int)
        case lists(files: [[String]])
        case corpora(train: String, test: String)
    }

    let method: Method

    /// So many folds by chance alone: known voices, known sentences.
    public static func random(_ folds: Int) -> Folds { Folds(method: .random(folds: folds)) }

    /// So many folds by chance, each class in proportion: known voices, known sentences.
    public static func stratified(_ folds: Int) -> Folds { Folds(method: .stratified(folds: folds)) }

    /// So many folds of whole speakers or whole sentences: those tested were never heard in training. Folds are as equal
    /// in size as groups allow.
    public static func grouped(by grouping: Grouping, _ folds: Int) -> Folds {
        Folds(method: .grouped(by: grouping, folds: folds))
    }

    /// One fold a speaker: each is tested by a network that never heard the voice.
    public static let leaveOneSpeakerOut = Folds(method: .eachGroup(by: .speaker))

    /// One fold a sentence: each is tested by a network that never heard the words.
    public static let leaveOneSentenceOut = Folds(method: .eachGroup(by: .sentence))

    /// Neither the speakers nor the sentences tested were heard in training: speakers and sentences are cut into groups,
    /// and each pair of groups is a fold. Clips that share only the one or the other with the fold are left out of its
    /// training.
    public static func crossed(speakers: Int, sentences: Int) -> Folds {
        Folds(method: .crossed(speakers: speakers, sentences: sentences))
    }

    /// Folds that somebody published: each list names the files that are tested together, by file name or by the end of
    /// their paths. A file stands for all its segments; one of them is named as in `talk.wav#t=3,4.5`. Clips in no list
    /// are always trained on.
    public static func lists(_ files: [[String]]) -> Folds { Folds(method: .lists(files: files)) }

    /// One fold: trained on the clips of one corpus, tested on those of another, both joined by
    /// ``Corpus/joined(_:labels:)``.
    public static func corpora(trainedOn train: String, testedOn test: String) -> Folds {
        Folds(method: .corpora(train: train, test: test))
    }

    /// The protocol in words, such as `grouped by speaker, 5 folds`.
    public var summary: String {
        switch method {
        case .random(let folds), .stratified(let folds), .grouped(_, let folds): "\(method.manner), \(folds) folds"
        case .crossed(let speakers, let sentences): "\(method.manner), \(speakers) x \(sentences) folds"
        case .lists(let lists): "\(method.manner), \(counted(lists.count, "fold"))"
        case .eachGroup, .corpora: method.manner
        }
    }
}

extension Folds.Method {
    /// How clips come into folds, in words.
    var manner: String {
        switch self {
        case .random: "random"
        case .stratified: "stratified"
        case .grouped(let grouping, _): "grouped by \(grouping.rawValue)"
        case .eachGroup(let grouping): "each \(grouping.rawValue) left out once"
        case .crossed: "grouped by speaker and sentence"
        case .lists: "fixed lists"
        case .corpora(let train, let test): "trained on \(train), tested on \(test)"
        }
    }
}

extension Folds: Codable {
    /// The protocol from its JSON, such as `{"grouped":{"by":"speaker","folds":5}}`.
    public init(from decoder: any Decoder) throws { method = try Method(from: decoder) }

    public func encode(to encoder: any Encoder) throws { try method.encode(to: encoder) }
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
        var splits: [DataSplit] = []
        for fold in try FoldCutter(corpus: self, key: key).cut(folds.method) {
            let rest = RestOfFold(corpus: self, fold, name: fold.part.sentence(folds.method), validation: validation)
            let key = fold.part.key(of: key)
            let dealt = try rest.dealt(by: grouping, key: key)
            splits.append(
                try DataSplit(
                    corpus: self, train: dealt.train, validation: dealt.validation, test: fold.test, name: rest.name,
                    summary: "\(rest.name), seed \(seed)"))
        }
        return splits
    }
}

/// What a fold leaves to train on and to validate by.
private struct RestOfFold {
    let corpus: Corpus
    /// The fold in words, for errors.
    let name: String
    private let validation: Double
    private let away: Set<Int>

    init(corpus: Corpus, _ fold: FoldCutter.Fold, name: String, validation: Double) {
        self.corpus = corpus
        self.name = name
        self.validation = validation
        away = Set(fold.test).union(fold.leftOut)
    }

    /// The rest dealt out by chance.
    /// - Parameter grouping: What the validation part has to itself; nil for nothing.
    func dealt(by grouping: Grouping?, key: RandomKey) throws(SplitError) -> (train: [Int], validation: [Int]) {
        guard let grouping, validation > 0 else { return try dealtByClass(key: key) }
        return try dealtInGroups(by: grouping, key: key)
    }

    /// Of each class a share to validate.
    private func dealtByClass(key: RandomKey) throws(SplitError) -> (train: [Int], validation: [Int]) {
        let needed = validation > 0 ? 2 : 1
        var dealer = Dealer([1 - validation, validation])
        var train: [Int] = [], validating: [Int] = []
        for (label, members) in corpus.indicesByLabel {
            let rest = members.filter { !away.contains($0) }
            guard !rest.isEmpty else { throw .missingClass(label: label, fold: name) }
            guard rest.count >= needed else { throw .tooFewClips(label: label, clips: rest.count, needed: needed) }
            let shares = dealer.deal(key.derived(label).shuffled(rest), atLeastOne: true)
            train += shares[0]
            validating += shares[1]
        }
        return (train, validating)
    }

    /// Whole groups to validate.
    private func dealtInGroups(
        by grouping: Grouping, key: RandomKey
    ) throws(SplitError) -> (train: [Int], validation: [Int]) {
        let groups = try corpus.indices(by: grouping).map { $0.members.filter { !away.contains($0) } }
            .filter { !$0.isEmpty }
        guard groups.count >= 2 else { throw .noGroupToValidate(grouping, fold: name, groups: groups.count) }
        let wanted = validation * Double(groups.reduce(0) { $0 + $1.count })
        var train: [Int] = [], validating: [Int] = []
        for (place, group) in key.derived(grouping.rawValue).shuffled(groups).enumerated() {
            // A group more is taken as long as that comes nearer to the share; the last one stays for training.
            let isNearer = Double(validating.count) + Double(group.count) / 2 < wanted
            if place == 0 || (isNearer && place + 1 < groups.count) { validating += group } else { train += group }
        }
        let trained = Set(train.map { corpus.clips[$0].emotion })
        for label in corpus.labels where !trained.contains(label) { throw .missingClass(label: label, fold: name) }
        return (train, validating)
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
                    name: "\(split.name), within the training part of \(name)",
                    summary: "\(split.summary), within the training part of \(summary)"))
        }
        return splits
    }
}
