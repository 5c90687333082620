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
    /// How many clips of each speaker and emotion the corpus should hold, where its makers say.
    let expectation: CorpusExpectation?

    /// A corpus of clips that no reader knows; they keep their order.
    public init(name: String, clips: [Clip]) {
        self.init(name: name, clips: clips, problems: [], expectation: nil)
    }

    init(name: String, clips: [Clip], problems: [CorpusProblem], expectation: CorpusExpectation?) {
        self.name = name
        self.clips = clips
        self.problems = problems
        self.expectation = expectation
        labels = Set(clips.map(\.emotion)).sorted()
    }

    /// The speakers that are known, sorted.
    public var speakers: [String] { Set(clips.compactMap(\.speaker)).sorted() }

    /// Length of all clips together, in seconds.
    public var duration: Double { clips.reduce(0) { $0 + $1.duration } }

    /// Whether the recordings were made by the library's own synthesiser.
    public var isSynthetic: Bool { clips.contains { $0.corpus.hasPrefix(SyntheticCorpus.corpusName) } }

    /// The corpus with only those clips that satisfy a condition; its labels are those that are left.
    public func filtered(_ isIncluded: (Clip) -> Bool) -> Corpus {
        Corpus(name: name, clips: clips.filter(isIncluded), problems: problems, expectation: nil)
    }
}
