// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore

extension Recognizer {
    /// Tells what in a clip speaks for an emotion and what against it.
    ///
    /// ```swift
    /// let explanation = try recognizer.explain(clip)
    /// print(explanation)                                        // most evidence for 'angry' between 0.42 and 0.81 s
    /// ```
    /// - Parameters:
    ///   - clip: The sound; of a long clip a part, as in `recognize(_:)`.
    ///   - method: How the score is attributed.
    ///   - label: The emotion whose logit is explained; nil for the predicted one.
    ///   - contrasting: Whether to explain the difference between that logit and the largest of the others, which tells
    ///     what decides between the two, instead of the logit alone.
    /// - Throws: ``ExplanationError``.
    public func explain(
        _ clip: AudioClip, by method: ExplanationMethod = .integratedGradients(), label: String? = nil,
        contrasting: Bool = false
    ) throws(ExplanationError) -> Explanation {
        let heard: HeardSound
        do throws(FeatureError) { heard = try pipeline.hear(clip) } catch { throw .features(error) }
        return try explain(heard, by: method, label: label, contrasting: contrasting)
    }

    /// Tells what in a sound file speaks for an emotion and what against it; see
    /// ``explain(_:by:label:contrasting:)``.
    /// - Parameters:
    ///   - file: The file; of a long one a part, as in `recognize(contentsOf:truncated:)`.
    ///   - method: How the score is attributed.
    ///   - label: The emotion whose logit is explained; nil for the predicted one.
    ///   - contrasting: Whether to explain the difference between that logit and the largest of the others.
    ///   - truncated: What is done with a file whose end is missing.
    /// - Throws: ``ExplanationError``.
    public func explain(
        contentsOf file: URL, by method: ExplanationMethod = .integratedGradients(), label: String? = nil,
        contrasting: Bool = false, truncated: TruncatedFiles = .refuse
    ) throws(ExplanationError) -> Explanation {
        let heard: HeardSound
        do throws(AudioError) { heard = try pipeline.hear(file, truncated: truncated) } catch {
            throw .features(.audio(error))
        }
        return try explain(heard, by: method, label: label, contrasting: contrasting)
    }

    /// The same for sound that was heard.
    package func explain(
        _ heard: HeardSound, by method: ExplanationMethod, label: String?, contrasting: Bool
    ) throws(ExplanationError) -> Explanation {
        try method.validate()
        if let label, !labels.contains(label) { throw .unknownLabel(label, known: labels) }
        let subject = try ExplainedClip(heard, for: self)
        let target = label ?? subject.prediction.label
        let other = contrasting ? subject.prediction.entries.first { $0.label != target }?.label : nil
        return try subject.explanation(by: method, of: target, against: other)
    }
}
