// SPDX-License-Identifier: Apache-2.0

import SERAudio

/// What in a clip speaks for an emotion, and what against it: the score of a class in parts, one for each frame and
/// coefficient of the features.
///
/// Positive parts raise the score against a clip whose features are everywhere the mean of the training part.
public struct Explanation: Codable, Sendable, Equatable {
    /// The same parts over mel bands instead of coefficients.
    public struct MelAttribution: Codable, Sendable, Equatable {
        /// The parts, [frames, bands].
        public let values: [[Float]]
        /// The centre of each band, in Hz.
        public let frequencies: [Double]
    }

    /// How the score was attributed.
    public let method: ExplanationMethod
    /// How many gradients integrated gradients took; nil for other methods.
    public let steps: Int?
    /// What the model makes of the clip.
    public let prediction: Prediction
    /// The emotion whose score is explained.
    public let label: String
    /// The emotion whose logit is subtracted from the score; nil where the score is the label's logit alone.
    public let contrast: String?
    /// The score of the clip: the label's logit, less that of ``contrast``.
    public let score: Double
    /// The score of a clip whose features are everywhere the training mean.
    public let baselineScore: Double
    /// The parts, [frames, coefficients].
    public let attribution: [[Float]]
    /// The middle of each frame, in seconds from the recording's start.
    public let times: [Double]
    /// What each coefficient is.
    public let columns: [FeatureColumn]
    /// What each coefficient is called: the descriptions of ``columns``.
    public let coefficientNames: [String]
    /// The parts added up over coefficients, [frames].
    public let frameTotals: [Double]
    /// The parts added up over frames, [coefficients].
    public let coefficientTotals: [Double]
    /// How far the parts are from adding up: |their sum - (score - baseline score)|.
    public let completenessGap: Double
    /// The parts over mel bands, where the features are a linear function of a mel spectrogram; nil for occlusion.
    public let mel: MelAttribution?
    /// How much sound the features come of, in seconds; frames after that are the silence that fills the clip.
    public let soundSeconds: Double
    /// How long the clip is, in seconds: more than ``soundSeconds`` where the model reads a part only.
    public let clipSeconds: Double

    /// Whether the model reads a part of the clip only; which, ``prediction`` tells.
    public var isCut: Bool { clipSeconds > soundSeconds + 1e-3 }

    /// The time from one frame to the next, in seconds.
    public var frameSeconds: Double { times.count > 1 ? times[1] - times[0] : soundSeconds }
}
