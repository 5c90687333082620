// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERModels
import SERSupport

extension Recognizer {
    /// Measures the recognizer on clips with known emotions. The clips need not have all of the recognizer's labels. One that
    /// is standardised by speaker hears all clips of each speaker in the part first, without their labels.
    /// - Parameters:
    ///   - part: The clips.
    ///   - store: Keeps features, for several evaluations of the same clips.
    ///   - observe: Told how far the reading of the files has come.
    /// - Throws: ``TrainingError`` when a clip has a label that the recognizer does not know, or no clip can be used, or
    ///   nobody says who speaks in one where features are standardised by speaker.
    public func evaluate(
        _ part: Partition, store: FeatureStore = FeatureStore(),
        observe: @escaping @Sendable (Trainer.Event) -> Void = { _ in }
    ) throws(TrainingError) -> Evaluation {
        try measured(part, store: store, observe: observe).evaluation
    }

    /// The same without blocking a thread of the concurrency pool; a task that is cancelled ends it.
    /// - Throws: ``TrainingError``; ``TrainingError/cancelled`` where the task was cancelled.
    public func evaluate(
        _ part: Partition, store: FeatureStore = FeatureStore(),
        observe: @escaping @Sendable (Trainer.Event) -> Void = { _ in }
    ) async throws(TrainingError) -> Evaluation {
        try await onOwnThread { stop throws(TrainingError) in
            try measured(part, store: store, observe: observe, stop: stop).evaluation
        }
    }

    /// The clips of a part that could be measured, and those that could not.
    struct Measured {
        let evaluation: Evaluation
        /// In the order of the evaluation.
        let clips: [Clip]
        let failures: [FeatureStore.Failure]
        /// What brought each clip's features to one scale.
        let standardizations: [Standardization]
        /// What the network knew of who speaks in each; nil where it does not normalise by speaker.
        let speakers: SpeakerStates?
    }

    /// The same, with what it rests on.
    func measured(
        _ part: Partition, store: FeatureStore, isStrict: Bool = false,
        observe: @escaping @Sendable (Trainer.Event) -> Void = { _ in }, stop: StopSignal = .never
    ) throws(TrainingError) -> Measured {
        let position = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
        let places = part.labels.compactMap { position[$0] }
        guard places.count == part.labels.count else { throw .labels(model: labels, data: part.labels) }
        try part.checkSpeakers(for: model, standardization.scope)
        let loader = ExampleLoader(
            network: model, pipeline: pipeline, store: store, isStrict: isStrict, stop: stop,
            progress: { observe(.extracting(done: $0, total: $1)) })
        let loaded = try loader.examples(part, standardization)
        var states: SpeakerStates?
        if model.normalizesSpeakers {
            states = SpeakerStates(of: model, hearing: loaded.examples, by: try ClipSpeakers(of: loaded.clips))
        }
        let rows = try logits(of: loaded.examples, from: loaded.clips, by: states)
        do throws(EvaluationError) {
            let evaluation = try Evaluation(
                logits: rows, targets: loaded.examples.targets.map { places[$0] }, labels: labels,
                temperature: calibration?.temperature ?? 1,
                speakers: GroupIdentity.names(of: loaded.clips.map { $0.identity(by: .speaker) }))
            return Measured(
                evaluation: evaluation, clips: loaded.clips, failures: loaded.failures,
                standardizations: loaded.standardizations, speakers: states)
        } catch { throw .evaluation(error) }
    }

    /// The network's outputs, a row for each clip, found to be finite.
    func logits(
        of examples: Examples, from clips: [Clip], by speakers: SpeakerStates? = nil
    ) throws(TrainingError) -> [[Float]] {
        let rows = model.logits(of: examples, output: outputPlace, speakers: speakers).rows
        let broken = rows.indices.filter { !rows[$0].allSatisfy(\.isFinite) }
        if let first = broken.first {
            throw .outputNotFinite(path: clips[first].name, failed: broken.count, clips: rows.count)
        }
        return rows
    }
}
