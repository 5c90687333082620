// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio

/// Why the emotion of a clip could not be recognised.
public enum RecognitionError: Error, Sendable, Equatable {
    /// The clip has no features; what is wrong with a file comes as `FeatureError.audio`.
    case features(FeatureError)
    /// The network's outputs for the clip are infinite or not numbers, so that no emotion follows from them.
    case outputNotFinite
    /// The voice was heard as features of another number of columns than the recognizer's.
    case otherVoice(columns: Int, features: Int)
    /// The voice was heard by another network than the recognizer's, which normalises by speaker.
    case voiceOfAnotherNetwork
}

extension RecognitionError: LocalizedError, CustomStringConvertible {
    public var errorDescription: String? { description }

    public var description: String {
        switch self {
        case .features(let error): error.description
        case .outputNotFinite:
            "the network's outputs for this clip are infinite or not numbers, so it recognises nothing. Where they are "
                + "for every clip, the weights are broken: train the model again with a lower learning rate or clipped "
                + "gradients. Where for this clip alone, it is far from all that the model was trained on: leave it out."
        case .otherVoice(let columns, let features):
            "the voice was heard as \(columns) columns of features, and the model reads \(features): let the voice hear its "
                + "clips by this model"
        case .voiceOfAnotherNetwork:
            "the voice was heard by another network, and this one normalises by speaker what it makes of each clip itself: "
                + "let the voice hear its clips by this model"
        }
    }
}
