import SERAudio
import SERCore

/// A trained network, ready to recognise, with the story of its training.
public struct TrainedModel: Sendable {
    /// Network, features, standardisation and labels: what is saved and shipped.
    public let recognizer: Recognizer
    /// What each epoch measured.
    public let history: History
    /// Whether the training was stopped before its last epoch by the caller.
    public let wasCancelled: Bool
    /// Clips that were left out because no features could be computed.
    public let skipped: [FeatureStore.Failure]
    let store: FeatureStore

    /// Measures the model on a part of the split: the test part, once.
    /// - Throws: ``TrainingError``.
    public func evaluate(_ part: Partition) throws(TrainingError) -> Evaluation {
        try recognizer.evaluate(part, store: store)
    }
}
