// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERModels

extension Standardization {
    /// Measures a training part's features, every frame of every clip counting once.
    /// - Parameters:
    ///   - features: One matrix a clip, [frames, coefficients], valid frames only.
    ///   - partition: Where the features come from: the training part alone may be learned from.
    ///   - scope: Over which sound the numbers are taken that bring a clip to one scale.
    /// - Throws: ``StandardizationError`` for another part, another number of clips, no frames at all, matrices that
    ///   differ in their coefficients, values that are not finite, and by speaker for a clip whose speaker is not known.
    public init(
        fitting features: [FeatureMatrix], of partition: Partition, by scope: Scope = .corpus
    ) throws(StandardizationError) {
        guard partition.role == .training else { throw .notTraining(partition.role) }
        guard features.count == partition.count else {
            throw .count(features: features.count, clips: partition.count)
        }
        guard let coefficients = features.first?.coefficients, features.contains(where: { !$0.values.isEmpty }) else {
            throw .noFrames
        }
        for (matrix, clip) in zip(features, partition.clips) {
            guard matrix.coefficients == coefficients else {
                throw .coefficients(clip: clip.path.path, found: matrix.coefficients, expected: coefficients)
            }
            guard matrix.values.allSatisfy(\.isFinite) else { throw .notFinite(clip: clip.path.path) }
        }
        do throws(TrainingError) { try self.init(fitting: features, clips: partition.clips, by: scope) } catch {
            throw .unknownSpeaker(clip: partition.clips.first { $0.speaker == nil }?.path.path ?? "")
        }
    }
}

/// Why a standardisation cannot be measured.
public enum StandardizationError: Error, Sendable, Equatable {
    /// A part that is not the training part.
    case notTraining(Partition.Role)
    /// Another number of matrices than of clips.
    case count(features: Int, clips: Int)
    /// No frames at all.
    case noFrames
    /// A matrix with another number of coefficients than the first.
    case coefficients(clip: String, found: Int, expected: Int)
    /// A value that is infinite or not a number.
    case notFinite(clip: String)
    /// A clip whose speaker is not known, where features are standardised by speaker.
    case unknownSpeaker(clip: String)
}

extension StandardizationError: LocalizedError, CustomStringConvertible {
    public var errorDescription: String? { description }

    public var description: String {
        switch self {
        case .notTraining(let role):
            "A standardisation is measured on the training part alone, not on the \(role.rawValue) part: what is "
                + "tested must not shape what is learned."
        case .count(let features, let clips):
            "\(features) feature matrices do not go with \(clips) clips; give one for each, in their order."
        case .noFrames:
            "There are no frames to measure; check that features were extracted."
        case .coefficients(let clip, let found, let expected):
            "\(clip) has \(found) coefficients where \(expected) are expected; extract all features with one setting."
        case .notFinite(let clip):
            "\(clip) has features that are infinite or not numbers; leave it out or record it again."
        case .unknownSpeaker(let clip):
            "Nobody says who speaks in \(clip), and features are standardised by speaker; name the speaker of every clip in "
                + "a manifest."
        }
    }
}
