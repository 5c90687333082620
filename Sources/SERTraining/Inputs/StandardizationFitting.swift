// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERModels

extension Standardization {
    /// Measures a training part's features, every frame of every clip counting once.
    /// - Parameters:
    ///   - features: One matrix a clip, [frames, coefficients], valid frames only.
    ///   - partition: Where the features come from: the training part alone may be learned from.
    /// - Throws: ``StandardizationError`` for another part, another number of clips, no frames at all, matrices that
    ///   differ in their coefficients, and values that are not finite.
    public init(fitting features: [FeatureMatrix], of partition: Partition) throws(StandardizationError) {
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
        self.init(fitting: features)
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
        }
    }
}
