// SPDX-License-Identifier: Apache-2.0

/// Some of a corpus's clips, and what they are for.
public struct Partition: Sendable, Equatable {
    /// What a partition is for: only a training partition may be learned from.
    public enum Role: String, Sendable, Codable, CaseIterable {
        /// Weights, standardisation and augmentation are fitted on it.
        case training
        /// The best epoch is chosen on it.
        case validation
        /// Measured once, at the end.
        case test
    }

    /// What the clips are for.
    public let role: Role
    /// The corpus that the clips are part of.
    public let corpus: Corpus
    /// Which clips of the corpus, in ascending order.
    public let indices: [Int]

    /// A whole corpus as one partition, for testing on a corpus that was not trained on.
    public init(_ role: Role, of corpus: Corpus) {
        self.init(role: role, corpus: corpus, indices: Array(corpus.clips.indices))
    }

    package init(role: Role, corpus: Corpus, indices: [Int]) {
        self.role = role
        self.corpus = corpus
        self.indices = indices
    }

    /// Number of clips.
    public var count: Int { indices.count }

    /// Whether the partition has no clips.
    public var isEmpty: Bool { indices.isEmpty }

    /// The clips.
    public var clips: [Clip] { indices.map { corpus.clips[$0] } }

    /// The labels of the whole corpus, sorted: the classes.
    public var labels: [String] { corpus.labels }

    /// Each clip's class, as a position in ``labels``.
    public var targets: [Int] {
        let position = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
        return indices.compactMap { position[corpus.clips[$0].emotion] }
    }

    /// Number of clips of each class, in the order of ``labels``.
    public var classCounts: [Int] {
        var counts = [Int](repeating: 0, count: labels.count)
        for target in targets { counts[target] += 1 }
        return counts
    }
}
