// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Why sound could not be degraded.
public enum DegradationError: Error, Equatable, Sendable {
    /// A setting that cannot work; the text names it, its value and what it may be.
    case invalidSetting(String)
    /// Babble without other voices to make it of.
    case noVoices
    /// The installed libsndfile has no such codec.
    case codecMissing(SpeechCodec)
    /// The codec gave up; `reason` is libsndfile's.
    case coding(SpeechCodec, reason: String)
    /// The clip cannot be resampled, or a sample is NaN or infinite.
    case audio(AudioError)
}

extension DegradationError: LocalizedError, CustomStringConvertible {
    public var errorDescription: String? { description }

    public var description: String {
        switch self {
        case .invalidSetting(let text):
            text
        case .noVoices:
            "babble is made of other voices, and there are none; name speakers, or leave babble out"
        case .codecMissing(let codec):
            "the installed libsndfile has no \(codec); install one that is built with it, or leave it out"
        case .coding(let codec, let reason):
            "coding by \(codec) failed: \(reason)"
        case .audio(let error):
            error.description
        }
    }
}
