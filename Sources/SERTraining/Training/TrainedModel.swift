// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore
import SERModels

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

    /// The same without blocking a thread of the concurrency pool; a task that is cancelled ends it.
    /// - Throws: ``TrainingError``; ``TrainingError/cancelled`` where the task was cancelled.
    public func evaluate(_ part: Partition) async throws(TrainingError) -> Evaluation {
        try await recognizer.evaluate(part, store: store)
    }
}
