// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A set of labelled recordings, audited as it was read.
///
/// ```swift
/// let corpus = try Corpus.tess(at: folder)
/// print(corpus.clips.count, corpus.labels, corpus.problems)
/// ```
public struct Corpus: Sendable, Equatable {
    /// The corpus's name, such as `TESS`.
    public let name: String
    /// The recordings, in the order of their paths.
    public let clips: [Clip]
    /// The emotions that occur, sorted.
    public let labels: [String]
    /// What the audit found, in a fixed order.
    public let problems: [CorpusProblem]
    /// Clips that somebody left out: lists of files may name them all the same.
    let leftOut: [Clip]
    /// How many clips of each speaker and emotion a corpus should hold, by its name, where its makers say.
    let expectations: [String: CorpusExpectation]

    /// A corpus of clips that no reader knows; they keep their order.
    public init(name: String, clips: [Clip]) {
        self.init(name: name, clips: clips, problems: [])
    }

    init(
        name: String, clips: [Clip], problems: [CorpusProblem], leftOut: [Clip] = [],
        expectations: [String: CorpusExpectation] = [:]
    ) {
        self.name = name
        self.clips = clips
        self.problems = problems
        self.leftOut = leftOut
        self.expectations = expectations
        labels = Set(clips.map(\.emotion)).sorted()
    }

    /// The speakers that are known, by corpus and name; those of several corpora as `corpus/name`.
    public var speakers: [String] {
        let corpora = corpora
        return Set(clips.compactMap { $0.identity(by: .speaker) }).sorted().map { $0.name(among: corpora) }
    }

    /// Length of all clips together, in seconds.
    public var duration: Double { clips.reduce(0) { $0 + $1.duration } }

    /// Whether the recordings were made by the library's own synthesiser.
    public var isSynthetic: Bool { clips.contains { $0.corpus.hasPrefix(SyntheticMarker.corpusName) } }

    /// The corpus with only those clips that satisfy a condition; its labels are those that are left.
    public func filtered(_ isIncluded: (Clip) -> Bool) -> Corpus {
        keeping(clips.filter(isIncluded))
    }

    /// The same without some clips, which lists of files may go on naming.
    func leavingOut(where isLeftOut: (Int) -> Bool) -> Corpus {
        let away = clips.indices.filter(isLeftOut)
        return keeping(
            clips.indices.filter { !isLeftOut($0) }.map { clips[$0] }, leftOut: leftOut + away.map { clips[$0] })
    }

    /// The same with other clips, which are some of its own under perhaps other labels.
    func keeping(_ clips: [Clip], leftOut: [Clip]? = nil) -> Corpus {
        Corpus(
            name: name, clips: clips, problems: CorpusProblem.left(of: problems, for: clips),
            leftOut: leftOut ?? self.leftOut)
    }
}

extension Corpus {
    /// The names of all corpora that the clips come from.
    var corpora: Set<String> { Set(clips.map(\.corpus)) }
}
