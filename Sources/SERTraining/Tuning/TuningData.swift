// SPDX-License-Identifier: Apache-2.0

/// What a ``Tuning`` may look at: the training and the validation part of a split. It holds no clip of the test part, so
/// that no trial can be trained on it, scored by it or read it.
public struct TuningData: Sendable {
    /// The clips of both parts.
    public let corpus: Corpus
    /// What trials are trained on and scored by: one split without a test part, or inner folds.
    public let splits: [DataSplit]
    /// How the clips are cut, in words.
    public let summary: String
    /// Whether trials are scored by the test parts of inner folds.
    public let hasFolds: Bool

    /// Trials are scored by the validation part, which their best epoch is chosen by as well.
    /// - Throws: ``SplitError`` for a split without a validation part, or with a class that stands in the test part alone.
    public init(_ split: DataSplit) throws(SplitError) {
        guard !split.validation.isEmpty else { throw .emptyPart(.validation, clips: split.corpus.clips.count) }
        let pool = try Self.pool(of: split)
        let place = Dictionary(uniqueKeysWithValues: zip(pool.indices, pool.indices.indices))
        corpus = pool.corpus
        splits = [
            try DataSplit(
                corpus: pool.corpus, train: split.train.indices.compactMap { place[$0] },
                validation: split.validation.indices.compactMap { place[$0] }, test: [], name: split.name,
                summary: split.summary)
        ]
        summary = split.summary
        hasFolds = false
    }

    /// Trials are scored by the mean over inner folds of both parts together, each of which is tested once.
    /// - Parameters:
    ///   - split: Whose training and validation part are cut anew.
    ///   - folds: How they are cut.
    ///   - validation: The share of each class of a fold's rest that the best epoch is chosen by, 0..<1.
    ///   - grouping: What the folds' validation parts have to themselves; nil for a share of each class.
    ///   - seed: Decides what the cut leaves to chance.
    /// - Throws: ``SplitError`` where the clips cannot be cut so.
    public init(
        _ split: DataSplit, folds: Folds, validation: Double = 0.1, validatedBy grouping: Grouping? = nil,
        seed: UInt64 = 1
    ) throws(SplitError) {
        corpus = try Self.pool(of: split).corpus
        splits = try corpus.folds(folds, validation: validation, validatedBy: grouping, seed: seed)
        for split in splits where split.validation.isEmpty {
            throw .emptyPart(.validation, clips: corpus.clips.count)
        }
        summary = "\(folds.summary), within the training part of \(split.summary)"
        hasFolds = true
    }

    /// The clips of both parts, and where they stand in the split's corpus.
    private static func pool(of split: DataSplit) throws(SplitError) -> (corpus: Corpus, indices: [Int]) {
        let indices = (split.train.indices + split.validation.indices).sorted()
        let corpus = Corpus(name: split.corpus.name, clips: indices.map { split.corpus.clips[$0] })
        for label in split.labels where !corpus.labels.contains(label) {
            throw .missingClass(label: label, fold: split.name)
        }
        return (corpus, indices)
    }

    /// The part of a split that scores a trial.
    func scored(_ split: DataSplit) -> Partition { hasFolds ? split.test : split.validation }
}
