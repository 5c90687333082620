// SPDX-License-Identifier: Apache-2.0

/// A corpus cut into a part to train on, a part to choose the best epoch by, and a part to test on.
public struct DataSplit: Sendable, Equatable {
    /// What is learned from.
    public let train: Partition
    /// What the best epoch is chosen by.
    public let validation: Partition
    /// What is looked at once, at the end.
    public let test: Partition
    /// How the cut was made, in words, such as `stratified 80/10/10, seed 1`.
    public let summary: String
    /// The same without the seed, which results of folds tell by itself.
    package let name: String

    /// The corpus that was cut.
    public var corpus: Corpus { train.corpus }

    /// The classes, sorted.
    public var labels: [String] { corpus.labels }

    /// The three parts.
    public var partitions: [Partition] { [train, validation, test] }

    /// A split by fixed lists of positions in the corpus's clips.
    /// - Throws: ``SplitError`` for a position outside of the corpus, or one that occurs twice, and for an empty
    ///   training part.
    public init(
        corpus: Corpus, train: [Int], validation: [Int], test: [Int], summary: String = "fixed lists"
    ) throws(SplitError) {
        try self.init(
            corpus: corpus, train: train, validation: validation, test: test, name: summary, summary: summary)
    }

    init(
        corpus: Corpus, train: [Int], validation: [Int], test: [Int], name: String, summary: String
    ) throws(SplitError) {
        guard !train.isEmpty else { throw .emptyPart(.training, clips: corpus.clips.count) }
        var owner: [Int: Partition.Role] = [:]
        for (role, indices) in [(Partition.Role.training, train), (.validation, validation), (.test, test)] {
            for index in indices {
                guard corpus.clips.indices.contains(index) else {
                    throw .outOfRange(index, clips: corpus.clips.count)
                }
                if let other = owner.updateValue(role, forKey: index) { throw .overlap(index, other, role) }
            }
        }
        self.train = Partition(role: .training, corpus: corpus, indices: train.sorted())
        self.validation = Partition(role: .validation, corpus: corpus, indices: validation.sorted())
        self.test = Partition(role: .test, corpus: corpus, indices: test.sorted())
        self.summary = summary
        self.name = name
    }
}
