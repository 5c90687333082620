// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport

/// Why a prediction cannot be explained.
public enum ExplanationError: Error, Sendable, Equatable {
    /// The model does not know the label.
    case unknownLabel(String, known: [String])
    /// The part of the clip that the model reads holds nothing but silence.
    case silent
    /// The clip is too short to have evidence over time; its length in seconds.
    case tooShort(seconds: Double)
    /// Features that give one row a clip, which has no time to explain over; their kind.
    case oneRow(kind: String)
    /// The network's outputs are not numbers.
    case notFinite
    /// A setting of a method that cannot work.
    case setting(String)
    /// The clip has no features; what is wrong with a file comes as `FeatureError.audio`.
    case features(FeatureError)
}

extension ExplanationError: LocalizedError, CustomStringConvertible {
    public var errorDescription: String? { description }

    public var description: String {
        switch self {
        case .unknownLabel(let label, let known):
            "the model has no label '\(label)'; it knows \(known.joined(separator: ", "))"
        case .silent:
            "the clip is silent, so there is nothing to explain; check the recording"
        case .tooShort(let seconds):
            "the clip is too short: \((seconds * 1000).rounded().significant(4)) ms give fewer than two frames, and an "
                + "explanation over time needs at least those; use a longer clip"
        case .oneRow(let kind):
            "an explanation is of moments, and the model's features ('\(kind)') are one row of numbers for a whole clip: "
                + "train a model on features over time, such as MFCCs or log-mel bands, to see what speaks when"
        case .notFinite:
            "the network's outputs for this clip are not numbers; train the model again with a lower learning rate"
        case .setting(let text): text
        case .features(let error): error.description
        }
    }
}
