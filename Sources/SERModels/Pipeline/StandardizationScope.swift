// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERSupport

extension Standardization {
    /// Over which sound the mean and the deviation are taken that bring a clip's features to one scale.
    public enum Scope: String, Sendable, Hashable, CaseIterable, Codable {
        /// The training part: every clip is brought to one scale by the same numbers.
        case corpus
        /// The clips of one speaker, which need no labels: each voice is brought to a mean of 0 and a deviation of 1 of its
        /// own. When the recognizer is used, a ``Voice`` tells what has been heard of a speaker.
        case speaker
        /// The clip itself, frame by frame.
        case clip
    }

    /// How many clips of mean length a voice has to have been heard for, so that its own numbers stand alone. Chosen among
    /// other numbers and rules on CREMA-D with eGeMAPS: Docs/NewVoices.md.
    static let clipsThatSuffice = 20.0

    /// The numbers for one voice.
    ///
    /// Of a voice that was heard for fewer rows than ``sufficient``, a part is taken from the average voice of the training
    /// part: heard for a share s of them, its own mean counts for the square root of s, and its own variance, which takes
    /// longer to tell, for s. A voice of which nothing is known is taken for the average one.
    /// - Returns: Numbers that are the same for every clip; for another scope than `speaker`, the standardisation itself.
    package func adapted(to voice: Voice) -> Standardization {
        guard scope == .speaker else { return self }
        return fixed(to: voice.features, share: min(1, Double(voice.count) / sufficient))
    }

    /// The numbers for one clip, [frames, coefficients]: where the scope is `clip` its own, else the standardisation itself.
    package func adapted(toClip features: FeatureMatrix) -> Standardization {
        guard scope == .clip else { return self }
        var heard = Moments()
        heard.add(features)
        return fixed(to: heard, share: 1)
    }

    /// Numbers that are the same for every clip, as much a voice's own as it was heard for a share of what suffices.
    private func fixed(to heard: Moments, share: Double) -> Standardization {
        let own = heard.blended(share: share, mean: mean, deviation: standardDeviation)
        return Standardization(mean: own.mean, standardDeviation: own.deviation)
    }
}

extension FeaturePipeline {
    /// Whether a clip is one row of features, so that it has no mean and deviation of its own.
    package var givesOneRow: Bool {
        if case .vector = arrangement { return true }
        return extractor.frames(forSamples: Int(saturating: span.seconds * extractor.sampleRate)) <= 1
    }
}
