// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels

/// Why a network could not be trained or evaluated.
public enum TrainingError: Error, Sendable, CustomStringConvertible, LocalizedError {
    /// The network does not fit the features or the labels.
    case shape(ShapeError)
    /// The program that builds a candidate's network failed.
    case network(name: String, reason: String)
    /// A layer turns logits into probabilities in front of a loss that does so itself.
    case softmaxBeforeLoss(path: String)
    /// A part of the split holds no clips.
    case emptyPart(String)
    /// A setting that cannot work.
    case setting(String)
    /// Clips whose features could not be computed, where none may be skipped; the first of them is told.
    case features(path: String, reason: String, failed: Int)
    /// The loss of the training or the validation part became infinite or not a number in the first epoch of a
    /// training; one that diverges later gives the best weights it had (``TrainedModel/stopped``).
    case diverged(epoch: Int)
    /// Training was cancelled before the first epoch ended.
    case cancelled
    /// The training cannot keep a checkpoint, or go on from one.
    case checkpoint(CheckpointError)
    /// The predictions could not be compared with the labels.
    case evaluation(EvaluationError)
    /// The parts of a recognizer do not fit each other.
    case recognizer(RecognizerError)
    /// The network's outputs are infinite or not numbers for so many of the clips; the first of them is told.
    case outputNotFinite(path: String, failed: Int, clips: Int)
    /// Some labels of the data are none of the model's.
    case labels(model: [String], data: [String])

    public var description: String {
        switch self {
        case .shape(let error): return error.description
        case .network(let name, let reason): return "the network \(name) cannot be built: \(reason)"
        case .softmaxBeforeLoss(let path):
            return "\(path) applies softmax, and the cross-entropy loss applies it again, which keeps the loss of 7 "
                + "classes above 1.165. Remove the layer: networks end in logits, and predictions are softmaxed anyway."
        case .emptyPart(let name):
            return "the \(name) part holds no clips. Give it a larger fraction, or bring more clips."
        case .setting(let message): return message
        case .features(let path, let reason, let failed):
            let rest = failed > 1 ? " (and \(failed - 1) more)" : ""
            return "no features from \(path)\(rest): \(reason)"
        case .diverged(let epoch):
            return "the loss is no longer a number in epoch \(epoch). Try a smaller learning rate or clip gradients."
        case .cancelled: return "training was cancelled before its first epoch ended; nothing was kept"
        case .checkpoint(let error): return error.description
        case .evaluation(let error): return error.description
        case .recognizer(let error): return error.description
        case .outputNotFinite(let path, let failed, let clips):
            return
                "the network's outputs are infinite or not numbers for \(failed) of \(clips) clips, the first of them "
                + "\(path). Where it is all of them, train again with a lower learning rate or clipped gradients; else "
                + "listen to those clips, and leave out what is broken."
        case .labels(let model, let data):
            let unknown = data.filter { !model.contains($0) }
            guard !unknown.isEmpty, !model.isEmpty else { return "the model's labels are not those of the data" }
            return "the model knows \(model.joined(separator: ", ")), and the data also has "
                + "\(unknown.joined(separator: ", ")). Leave those clips out (--map \(unknown[0])=), or name their emotions "
                + "as the model does (--map \(unknown[0])=\(model[0]))."
        }
    }

    public var errorDescription: String? { description }
}
