// SPDX-License-Identifier: Apache-2.0

import SERSupport

extension Experiment {
    /// A corpus and how it is cut into parts to train on, to choose the best epoch by, and to test on: once, or fold by
    /// fold.
    public struct Cut: Sendable {
        /// The corpus.
        public let corpus: Corpus
        /// The parts of each fold; one for a single split.
        public let splits: [DataSplit]
        /// How the corpus is cut, in words.
        public let summary: String
        let rule: Rule?

        /// How folds are cut.
        struct Rule: Sendable {
            var folds: Folds
            var validation: Double
            var validatedBy: Grouping?
            var seed: UInt64
        }

        /// One split. Inner folds within it take a tenth of each class of their rest to choose the best epoch by, with the
        /// seed 1, which the results tell.
        public static func split(_ split: DataSplit) -> Cut {
            Cut(corpus: split.corpus, splits: [split], summary: split.summary, rule: nil)
        }

        /// Folds, each of which is the test part once.
        /// - Parameters:
        ///   - folds: How the corpus is cut.
        ///   - corpus: The clips.
        ///   - validation: The share of each class of a fold's rest that the best epoch is chosen by, 0..<1.
        ///   - grouping: What validation parts have to themselves: whole speakers or sentences; nil for a share of each
        ///     class whoever speaks. A temperature (``Trainer/calibrates``) that is to hold for voices never heard needs
        ///     voices of its own.
        ///   - seed: Decides what the cut leaves to chance.
        /// - Throws: ``SplitError`` where the corpus cannot be cut so.
        public static func folds(
            _ folds: Folds, of corpus: Corpus, validation: Double = 0.1, validatedBy grouping: Grouping? = nil,
            seed: UInt64 = 1
        ) throws(SplitError) -> Cut {
            Cut(
                corpus: corpus,
                splits: try corpus.folds(folds, validation: validation, validatedBy: grouping, seed: seed),
                summary: folds.summary,
                rule: Rule(folds: folds, validation: validation, validatedBy: grouping, seed: seed))
        }

        /// The splits within the training part of each fold, to choose among candidates by.
        func inner(_ folds: Folds) throws(SplitError) -> [[DataSplit]] {
            var inner: [[DataSplit]] = []
            for split in splits {
                inner.append(
                    try split.inner(
                        folds, validation: rule?.validation ?? Self.usual.validation, validatedBy: rule?.validatedBy,
                        seed: rule?.seed ?? Self.usual.seed))
            }
            return inner
        }

        /// How inner folds are cut where a split says nothing of it.
        private static let usual = (validation: 0.1, seed: UInt64(1))

        /// Inner folds in words, with what is not told of the cut itself.
        func told(inner folds: Folds) -> String {
            guard rule == nil else { return folds.summary }
            return "\(folds.summary), validation \((Self.usual.validation * 100).significant(3)) % of each class, seed "
                + "\(Self.usual.seed)"
        }

        /// The clips of all parts, each once, in the corpus's order.
        var clips: [Clip] {
            Set(splits.flatMap { $0.partitions.flatMap(\.indices) }).sorted().map { corpus.clips[$0] }
        }

        /// That some clips are never tested, in a sentence; nil where folds test all or are of two corpora.
        var untested: String? {
            guard case .lists = rule?.folds.method else { return nil }
            let tested = Set(splits.flatMap(\.test.indices)).count
            guard tested < corpus.clips.count else { return nil }
            return
                "\(corpus.clips.count - tested) of \(corpus.clips.count) clips "
                + (corpus.clips.count - tested == 1 ? "is in no list: it is" : "are in no list: they are")
                + " trained on in every fold and never tested."
        }

        /// The cut as results tell it.
        var told: ExperimentResults.Cut {
            ExperimentResults.Cut(
                summary: summary, hasFolds: rule != nil, seed: rule?.seed, validation: rule?.validation,
                validatedBy: rule?.validatedBy)
        }
    }
}
