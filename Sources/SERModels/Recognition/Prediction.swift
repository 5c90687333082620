// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERSupport

/// The probabilities of each emotion for one clip, and what of it was heard.
public struct Prediction: Sendable, Hashable, Codable, CustomStringConvertible {
    /// One emotion and how probable it is.
    public struct Entry: Sendable, Hashable, Codable {
        /// The emotion.
        public var label: String
        /// How probable the model takes it to be, 0...1.
        public var probability: Float
    }

    /// All emotions, the most probable first.
    public let entries: [Entry]
    /// Which part of the clip the model has listened to, and how much speech is in it. Without speech, the emotion is
    /// none that somebody has.
    public let heard: HeardPart
    /// What was wrong with the file and did not keep it from being read; empty for a file without fault.
    public internal(set) var remarks: [AudioRemark] = []

    /// The confidence below which the recognizer is not sure; nil where it always answers.
    public let unsureBelow: Float?

    /// The most probable emotion, or `nil`, "not sure": where it is less probable than ``unsureBelow``, or nobody speaks.
    /// A recognizer without such a threshold always answers.
    public var answer: String? {
        guard let unsureBelow else { return label }
        return heard.hasSpeech ? label(unsureBelow: unsureBelow) : nil
    }

    /// The most probable emotion.
    public var label: String { entries.first?.label ?? "" }

    /// How probable the model takes the most probable emotion to be.
    public var confidence: Float { entries.first?.probability ?? 0 }

    /// The probability of an emotion; nil for one the model does not know.
    public subscript(label: String) -> Float? { entries.first { $0.label == label }?.probability }

    /// The most probable emotion, or `nil`, "not sure", when it is less probable than `threshold`. What a threshold
    /// costs and saves, `Evaluation/riskCoverage` tells.
    public func label(unsureBelow threshold: Float) -> String? { confidence >= threshold ? label : nil }

    /// Sorted by the logits, which the probabilities come from: no rounding of these changes the order.
    init(
        labels: [String], logits: [Float], probabilities: [Float], heard: HeardPart, unsureBelow: Float? = nil
    ) {
        self.heard = heard
        self.unsureBelow = unsureBelow
        entries = zip(labels, zip(logits, probabilities)).enumerated()
            .sorted { ($1.element.1.0, $0.offset) < ($0.element.1.0, $1.offset) }
            .map { Entry(label: $0.element.0, probability: $0.element.1.1) }
    }

    /// Such as `angry 0.97 | disgust 0.02 | fear 0.01`, and in brackets what was heard where that is not all, and where
    /// nobody speaks.
    public var description: String { ranking + (heard.remark.map { " (\($0))" } ?? "") }

    /// The emotions and how probable they are, such as `angry 0.97 | disgust 0.02 | fear 0.01`.
    package var ranking: String {
        entries.map { entry in
            let hundredths = Int(saturating: entry.probability * 100)
            return "\(entry.label) \(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
        }.joined(separator: " | ")
    }
}
