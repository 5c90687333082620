// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore
import SERModels

/// Why a training ended.
public enum TrainingStop: Sendable, Hashable, CustomStringConvertible {
    /// All its epochs were run.
    case allEpochs
    /// The validation part had not improved for as many epochs as ``Trainer/patience`` allows.
    case patience
    /// The caller stopped it.
    case cancelled
    /// The loss of the training or the validation part became infinite or not a number in this epoch, from 1, which is
    /// not in the history. The weights kept are the best of the epochs before.
    case diverged(epoch: Int)

    /// The epoch in which the training diverged, from 1; nil where it did not.
    public var divergedInEpoch: Int? {
        if case .diverged(let epoch) = self { epoch } else { nil }
    }

    /// Such as `the loss was no longer a number in epoch 7`.
    public var description: String {
        switch self {
        case .allEpochs: "all epochs were run"
        case .patience: "the validation part no longer improved"
        case .cancelled: "it was cancelled"
        case .diverged(let epoch): "the loss was no longer a number in epoch \(epoch)"
        }
    }
}

/// A trained network, ready to recognise, with the story of its training.
public struct TrainedModel: Sendable {
    /// Network, features, standardisation and labels: what is saved and shipped.
    public let recognizer: Recognizer
    /// What each epoch measured.
    public let history: History
    /// Why the training ended.
    public let stopped: TrainingStop
    /// Clips that were left out because no features could be computed.
    public let skipped: [FeatureStore.Failure]
    let store: FeatureStore

    /// Whether the training was stopped before its last epoch by the caller.
    public var wasCancelled: Bool { stopped == .cancelled }

    /// Measures the model on a part of the split: the test part, once.
    /// - Throws: ``TrainingError``.
    public func evaluate(_ part: Partition) throws(TrainingError) -> Evaluation {
        try recognizer.evaluate(part, store: store)
    }
}
