// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels
import SERSupport

/// What a comparison of networks on one corpus measured: the contents of `results.json`.
public struct ComparisonResults: Codable, Sendable, Equatable {
    /// The version that is written, and the only one that is read.
    public static let currentVersion = 2

    /// What one network reached.
    public struct Entry: Codable, Sendable, Equatable {
        /// The network, such as "gru".
        public var name: String
        /// How many numbers it learns.
        public var parameters: Int
        /// Fraction of the test part that was classified correctly.
        public var testAccuracy: Double
        /// Mean cross-entropy over the test part, in nats.
        public var testLoss: Double
        /// Mean recall over the classes of the test part (UAR).
        public var unweightedAverageRecall: Double
        /// Mean precision over the classes.
        public var macroPrecision: Double
        /// Mean recall over the classes.
        public var macroRecall: Double
        /// Mean F1 over the classes.
        public var macroF1: Double
        /// Mean one-versus-rest area under the ROC curve; `nil` when no class can be ranked.
        public var auc: Double?
        /// Precision, recall, F1 and number of clips of each class.
        public var perClass: [ClassMetrics]
        /// Counts, true class by predicted class.
        public var confusion: ConfusionMatrix
        /// The epoch whose weights were tested, from 1.
        public var bestEpoch: Int
        /// The epoch in which the loss was no longer a number and the training ended, from 1; nil where it did not diverge.
        /// What was tested are the best weights of the epochs before.
        public var divergedInEpoch: Int?
        /// Duration of the training, in seconds.
        public var trainSeconds: Double
        /// Mean duration of an epoch, in seconds.
        public var secondsPerEpoch: Double
        /// One record an epoch.
        public var history: [EpochRecord]
        /// What logits are divided by; 1 where confidences were not calibrated.
        public var temperature: Double
        /// How the network was trained.
        public var settings: TrainingSettings?
        /// The outputs of the network for each of the results' ``ComparisonResults/clips``, before they are divided by
        /// the temperature; nil in what one network alone is told by.
        public var logits: [[Float]]?

        /// What a network reached on the test part after a training of `trainSeconds`.
        public init(
            name: String, parameters: Int, test: ClassificationMetrics, history: History, trainSeconds: Double,
            temperature: Double = 1, settings: TrainingSettings? = nil, divergedInEpoch: Int? = nil
        ) {
            self.name = name
            self.parameters = parameters
            testAccuracy = test.accuracy
            testLoss = test.loss
            unweightedAverageRecall = test.unweightedAverageRecall
            macroPrecision = test.macroPrecision
            macroRecall = test.macroRecall
            macroF1 = test.macroF1
            auc = test.auc
            perClass = test.perClass
            confusion = test.confusion
            bestEpoch = history.bestEpoch
            self.divergedInEpoch = divergedInEpoch
            self.trainSeconds = trainSeconds
            secondsPerEpoch = history.epochs.isEmpty ? 0 : trainSeconds / Double(history.epochs.count)
            self.history = history.epochs
            self.temperature = temperature
            self.settings = settings
        }

        /// Number of clips of the test part that were classified wrongly.
        public var errors: Int { confusion.total - confusion.correct }

        /// That the training diverged, in a sentence; nil where it did not.
        package var divergence: String? {
            divergedInEpoch.map { epoch in
                "The training of \(name.uppercased()) diverged: the loss was no longer a number in epoch \(epoch). Its "
                    + "figures are those of epoch \(bestEpoch), the best before it."
            }
        }
    }

    /// How the clips were divided.
    public struct Split: Codable, Sendable, Equatable {
        /// How clips were assigned, such as "stratified 80/10/10, seed 1".
        public var method: String
        /// Number of clips to train on.
        public var train: Int
        /// Number of clips to choose the best epoch on.
        public var validation: Int
        /// Number of clips looked at once, at the end.
        public var test: Int
        /// Speakers that are heard in both the training and the test part.
        public var sharedSpeakers: [String]
        /// What a reader of the results must know about the parts, in sentences.
        public var warnings: [String]

        /// Sizes of the parts, and what they have in common.
        public init(
            method: String, train: Int, validation: Int, test: Int, sharedSpeakers: [String], warnings: [String]
        ) {
            self.method = method
            self.train = train
            self.validation = validation
            self.test = test
            self.sharedSpeakers = sharedSpeakers
            self.warnings = warnings
        }
    }

    /// What these results are.
    public var kind: ResultsKind
    /// The version of this format.
    public var version: Int
    /// The library's version.
    public var library: String
    /// The command that made the results, as it was typed; nil where a program of its own did.
    public var command: [String]?
    /// The name of the corpus, such as "TESS"; a synthetic corpus is called so.
    public var corpus: String
    /// Whether the sounds were made by the library's own synthesiser.
    public var synthetic: Bool
    /// The names of the classes.
    public var labels: [String]
    /// The seed of the split, the weights and the order of the batches.
    public var seed: UInt64
    /// Sizes of the parts.
    public var split: Split
    /// What the parts have in common.
    public var audit: SplitAudit?
    /// The clips of the test part, in the order of each network's logits.
    public var clips: [TestedClip]
    /// Clips without features, which were left out.
    public var skipped: [String]
    /// Clips of any part that are longer than the networks hear, with the part that they heard; nil in results of earlier
    /// versions.
    public var partlyHeard: [EvaluationResults.HeardClip]?
    /// How many epochs each network was to be trained; where they differ, the most (``Entry/settings`` has each).
    public var epochs: Int
    /// The networks that were trained to the end, in the order they were asked for.
    public var models: [Entry]
    /// The networks that were asked for and not trained to the end, because somebody stopped the comparison.
    public var missing: [String]
    /// What the networks differ in, as a report tells it; nil before that was computed.
    public var differences: [NetworkDifference]?

    /// Results before the first network is trained.
    public init(
        corpus: String, synthetic: Bool, labels: [String], seed: UInt64, split: Split, epochs: Int, asked: [String],
        audit: SplitAudit? = nil, command: [String]? = nil
    ) {
        kind = .comparison
        version = Self.currentVersion
        library = LibraryVersion.current
        self.command = command
        self.audit = audit
        clips = []
        skipped = []
        self.corpus = corpus
        self.synthetic = synthetic
        self.labels = labels
        self.seed = seed
        self.split = split
        self.epochs = epochs
        models = []
        missing = asked
    }

    /// Adds a network that was trained to the end, with what it made of the clips of the test part.
    public mutating func append(_ entry: Entry, logits: [[Float]]? = nil) {
        var entry = entry
        entry.logits = logits
        models.append(entry)
        missing.removeAll { $0 == entry.name }
    }

    /// The results as JSON, keys sorted. A loss that is not a number is written as the string "nan".
    public func json() throws -> Data {
        try ResultsCoding.encoder(isPretty: true).encode(self) + Data("\n".utf8)
    }

    /// Results from what ``json()`` wrote.
    public init(json: Data) throws {
        self = try ResultsCoding.decoder.decode(ComparisonResults.self, from: json)
    }
}
