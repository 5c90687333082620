// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore
import SERModels
import SERSupport

/// Makes standardised examples of partitions; only a training partition can fit the standardisation.
package struct ExampleLoader {
    package let network: Model
    package let pipeline: FeaturePipeline
    package let store: FeatureStore
    package let isStrict: Bool
    package let stop: StopSignal
    package let progress: @Sendable (Int, Int) -> Void

    package typealias Loaded = (
        examples: Examples, clips: [Clip], failures: [FeatureStore.Failure], standardizations: [Standardization]
    )
    typealias LoadedTraining = (stream: TrainingStream, clips: [Clip], failures: [FeatureStore.Failure])

    /// The stream of the training part and its standardisation: the given one, or else one fitted on it by a scope.
    func trainingStream(
        _ part: Partition, _ given: Standardization?, by scope: Standardization.Scope, augmentation: [any Augmentation]
    ) throws(TrainingError) -> (LoadedTraining, Standardization) {
        guard part.role == .training else {
            throw .setting("the standardisation can be fitted on a training part only, not on the \(part.role) part")
        }
        let (matrices, clips, targets, failures) = try features(of: part)
        let standardization =
            if let given { given } else { try Standardization(fitting: matrices, clips: clips, by: scope) }
        let stream = TrainingStream(
            matrices, targets: targets, pipeline: pipeline,
            standardizations: try standardization.each(of: matrices, clips: clips), augmentation: augmentation)
        return ((stream, clips, failures), standardization)
    }

    /// The examples of any part, standardised as the training part was; by speaker, each by what is heard in that part.
    package func examples(_ part: Partition, _ standardization: Standardization) throws(TrainingError) -> Loaded {
        let (matrices, clips, targets, failures) = try features(of: part)
        let each = try standardization.each(of: matrices, clips: clips)
        let examples = Examples(
            matrices, targets: targets, arrangement: pipeline.arrangement, standardizations: each)
        return (examples, clips, failures, each)
    }

    private func features(
        of part: Partition
    ) throws(TrainingError) -> ([FeatureMatrix], [Clip], [Int], [FeatureStore.Failure]) {
        let clips = part.clips
        guard !clips.isEmpty else { throw .emptyPart("\(part.role)") }
        var (matrices, failures) = try store.matrices(
            of: clips, pipeline: pipeline, progress: progress, stop: stop)
        for index in clips.indices {
            guard let matrix = matrices[index] else { continue }
            do throws(FeatureError) { _ = try network.fitted(matrix, as: pipeline.arrangement) } catch {
                matrices[index] = nil
                failures.append(FeatureStore.Failure(clip: clips[index], reason: error.description))
            }
        }
        if isStrict || failures.count == clips.count, let first = failures.first {
            throw .features(path: first.clip.name, reason: first.reason, failed: failures.count)
        }
        let usable = matrices.indices.filter { matrices[$0] != nil }
        return (usable.compactMap { matrices[$0] }, usable.map { clips[$0] }, usable.map { part.targets[$0] }, failures)
    }
}
