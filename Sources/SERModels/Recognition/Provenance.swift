// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// Where a model comes from: what its file tells of its training, each fact where it is known.
///
/// ```swift
/// recognizer.provenance.extra["licence"] = "CC BY 4.0"
/// print(recognizer.provenance.corpus ?? "unknown", recognizer.provenance.testAccuracy ?? .nan)
/// ```
/// Files hold it as ``texts``.
public struct Provenance: Sendable, Hashable {
    /// The version of the library that trained it.
    public var library: String?
    /// The name of the corpus it was trained on.
    public var corpus: String?
    /// How the corpus was cut, in words, such as `stratified 80/10/10, seed 1`.
    public var split: String?
    /// How many clips each part had.
    public var clips: ClipCounts?
    /// How many clips were left out because they have no features.
    public var skipped: Int?
    /// What the parts share, in sentences.
    public var audit: String?
    /// The seed of the training.
    public var seed: UInt64?
    /// How many epochs were asked for.
    public var epochs: Int?
    /// Where the standardisation of the features comes from.
    public var standardization: StandardizationOrigin?
    /// The epoch, from 1, whose weights were kept.
    public var bestEpoch: Int?
    /// Fraction of the validation part that the kept weights classify correctly.
    public var validationAccuracy: Double?
    /// Mean cross-entropy of the kept weights over the validation part, in nats.
    public var validationLoss: Double?
    /// The epoch, from 1, in which the loss was no longer a number; the weights are the best of those before.
    public var divergedInEpoch: Int?
    /// What confidences were calibrated on.
    public var calibration: CalibrationFit?
    /// The name of the network's architecture.
    public var network: String?
    /// Fraction of the test part that is classified correctly.
    public var testAccuracy: Double?
    /// Unweighted average recall on the test part.
    public var testUAR: Double?
    /// Mean cross-entropy over the test part, in nats.
    public var testLoss: Double?
    /// The model that was trained on from; nil where the first weights were fresh.
    public var start: Start?
    /// The name of the file that the weights were imported from.
    public var source: String?
    /// The recordings that the model was trained on, or that those before it were; nil where nobody kept which. Files hold
    /// them beside the texts.
    package var heard: HeardClips?
    /// What else there is to say, by name. A name that files use for one of the facts above does not belong here: it is
    /// read back as that fact, and where both are given the fact is written.
    public var extra: [String: String]

    /// Facts that are yet to be filled in.
    public init(extra: [String: String] = [:]) { self.extra = extra }

    /// How many clips each part of a split has.
    public struct ClipCounts: Sendable, Hashable {
        /// Clips of a part.
        public var training, validation, test: Int

        /// Counts of the three parts.
        public init(training: Int, validation: Int, test: Int) {
            self.training = training
            self.validation = validation
            self.test = test
        }
    }

    /// A model that another was trained on from.
    public struct Start: Sendable, Hashable, Codable {
        /// What it is called: its file without folders, or the name of a recognizer that comes with the library.
        public var name: String
        /// A fingerprint of its weights and its running state, in 32 hexadecimal digits.
        public var weights: String
        /// The corpora that it was trained on, as its file says, those of its own start included; nil where it says none.
        public var corpora: String?
        /// The recordings that it was trained on; not told again by what is trained on from it.
        package var heard: HeardClips?

        private enum CodingKeys: String, CodingKey { case name, weights, corpora }

        /// A model of a name, with a fingerprint of its weights.
        public init(name: String, weights: String, corpora: String? = nil) {
            self.name = name
            self.weights = weights
            self.corpora = corpora
        }
    }

    /// All corpora that the model was trained on, as its file says, those of the model that it was trained on from
    /// included; nil where it says none.
    package var corpora: String? {
        var said: [String] = []
        for text in [corpus, extra["data"], start?.corpora].compactMap({ $0 }) where !said.contains(text) {
            said.append(text)
        }
        return said.isEmpty ? nil : said.joined(separator: "; ")
    }

    /// Where the standardisation of a model's features comes from.
    public enum StandardizationOrigin: Sendable, Hashable, CaseIterable {
        /// It was measured on the training part.
        case measured
        /// It came with weights that were trained earlier.
        case kept
        /// It is that of one voice, which the recognizer was adapted to.
        case voice
    }

    /// What the fit of a ``TemperatureScaling`` gave.
    public struct CalibrationFit: Sendable, Hashable {
        /// The temperature in four digits, as files tell it; the exact one is that of ``Recognizer/calibration``. Nil
        /// where the clips determine none.
        public let temperature: Double?
        /// How many clips it was fitted on.
        public let clips: Int

        /// A fit of a temperature, which is rounded to four digits, or of none.
        public init(temperature: Double?, clips: Int) {
            self.temperature = temperature.flatMap { Double($0.significant(4)) }
            self.clips = clips
        }
    }
}
