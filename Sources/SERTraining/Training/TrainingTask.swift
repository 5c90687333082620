// SPDX-License-Identifier: Apache-2.0

import SERModels
import SERSupport

extension Trainer {
    /// Trains a network on a thread of its own, so that no thread of the concurrency pool is blocked. When the task is
    /// cancelled, the training ends with the best weights so far.
    ///
    /// ```swift
    /// let training = Task { try await trainer.fit(network, on: split) }
    /// training.cancel()
    /// let trained = try await training.value        // trained.wasCancelled
    /// ```
    /// - Parameters:
    ///   - network: The network with its first weights.
    ///   - split: Which clips train, validate and test.
    ///   - store: Keeps features, for several trainings on the same clips.
    ///   - checkpoint: Where to keep what it takes to go on later, after each epoch.
    ///   - observe: Told what happens, on the training's thread, and while features are read on several.
    /// - Throws: ``TrainingError``; ``TrainingError/cancelled`` where the task was cancelled before the first epoch
    ///   ended.
    public func fit(
        _ network: Model, on split: DataSplit, store: FeatureStore = FeatureStore(), checkpoint: Checkpoint? = nil,
        observe: @escaping @Sendable (Event) -> Void = { _ in }
    ) async throws(TrainingError) -> TrainedModel {
        try await onOwnThread { stop throws(TrainingError) in
            try self.fit(network, on: split, store: store, checkpoint: checkpoint, observe: observe, stop: stop)
        }
    }

    /// Begins to train a network, and returns at once: what happens comes as a sequence.
    ///
    /// ```swift
    /// let training = trainer.start(network, on: split)
    /// for await event in training.events {
    ///     if case .epoch(let record, _) = event { print(record.epoch, record.validationAccuracy) }
    /// }
    /// let trained = try await training.value
    /// ```
    /// - Parameters:
    ///   - network: The network with its first weights.
    ///   - split: Which clips train, validate and test.
    ///   - store: Keeps features, for several trainings on the same clips.
    ///   - checkpoint: Where to keep what it takes to go on later, after each epoch.
    public func start(
        _ network: Model, on split: DataSplit, store: FeatureStore = FeatureStore(), checkpoint: Checkpoint? = nil
    ) -> TrainingTask {
        let buffer = EventBuffer()
        let task = Task {
            defer { buffer.finish() }
            do throws(TrainingError) {
                return Result<TrainedModel, TrainingError>.success(
                    try await fit(network, on: split, store: store, checkpoint: checkpoint, observe: buffer.add))
            } catch { return .failure(error) }
        }
        return TrainingTask(task: task, buffer: buffer)
    }
}

/// A training under way, begun by ``Trainer/start(_:on:store:checkpoint:)``. It goes on when nobody looks at it.
public struct TrainingTask: Sendable {
    fileprivate let task: Task<Result<TrainedModel, TrainingError>, Never>
    fileprivate let buffer: EventBuffer

    /// What happens, until the training ends. Of events that nobody has taken yet the newest 32 are kept, and of steps
    /// in a row the last alone. For one reader; when its task is cancelled, the training ends with the best weights so
    /// far.
    public var events: AsyncStream<Trainer.Event> {
        AsyncStream {
            await buffer.next()
        } onCancel: {
            cancel()
        }
    }

    /// The trained network, when the training has ended. When the task that waits is cancelled, so is the training.
    public var value: TrainedModel {
        get async throws(TrainingError) {
            let result = await withTaskCancellationHandler {
                await task.value
            } onCancel: {
                cancel()
            }
            return try result.get()
        }
    }

    /// Ends the training with the best weights so far.
    public func cancel() {
        task.cancel()
        buffer.wake()
    }
}
