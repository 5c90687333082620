// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Why scores and true classes could not be compared.
public enum EvaluationError: Error, Equatable, LocalizedError, CustomStringConvertible {
    /// There is nothing to evaluate.
    case empty
    /// As many predictions are needed as there are true classes.
    case countsDiffer(targets: Int, predictions: Int)
    /// A row of scores does not hold one score a class.
    case scoresDiffer(row: Int, scores: Int, classes: Int)
    /// A score that is infinite or not a number, from which no class follows.
    case notFinite(row: Int)
    /// A class index lies outside the classes.
    case classOutOfRange(Int, position: Int, classes: Int)
    /// As many speakers are needed as there are clips.
    case speakersDiffer(speakers: Int, clips: Int)
    /// A bootstrap or a permutation over speakers, who are not known for all clips or fewer than two.
    case speakersUnknown
    /// A temperature that is not above 0.
    case temperature(Double)
    /// Two evaluations that are not of the same clips in the same order, or not with the same labels.
    case notPaired(reason: String)
    /// A class that does not occur among the labels.
    case unknownLabel(String, known: [String])
    /// A number of resamples or permutations, or a confidence level, that cannot work.
    case resampling(reason: String)

    public var description: String {
        switch self {
        case .empty:
            "there is no clip to evaluate: the part is empty"
        case .countsDiffer(let targets, let predictions):
            "\(targets) true classes but \(predictions) predictions: there must be one prediction for each clip"
        case .scoresDiffer(let row, let scores, let classes):
            "row \(row) holds \(scores) scores for \(classes) classes: the model's last layer must have as many "
                + "outputs as there are labels"
        case .notFinite(let row):
            "row \(row) holds a score that is infinite or not a number, and no class follows from it: train the model "
                + "again with a lower learning rate or clipped gradients, or leave the clip out"
        case .classOutOfRange(let index, let position, let classes):
            "clip \(position) has class \(index), but classes go from 0 to \(classes - 1)"
        case .speakersDiffer(let speakers, let clips):
            "\(counted(speakers, "speaker")) for \(counted(clips, "clip")): give one for each clip, or none at all"
        case .speakersUnknown:
            "resampling speakers needs a known speaker for each clip and at least two of them; resample clips instead"
        case .temperature(let temperature):
            "a temperature of \(temperature): it must be a number above 0"
        case .notPaired(let reason):
            "the two models cannot be compared: \(reason). Evaluate both on the same clips in the same order."
        case .unknownLabel(let label, let known):
            "there is no class '\(label)'; the classes are \(known.joined(separator: ", "))"
        case .resampling(let reason):
            reason
        }
    }

    public var errorDescription: String? { description }
}
