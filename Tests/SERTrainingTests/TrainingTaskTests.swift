// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import SERAudio
import SERCore
import SERModels
import SERSupport
import SERTestSupport
import SERTraining
import Testing

/// Training from tasks.
@Suite struct TrainingTaskTests {
    private func trainer(epochs: Int) -> Trainer {
        Trainer(
            features: MFCC(.librosa, coefficients: 13, sampleRate: 8000), duration: 1, epochs: epochs, batchSize: 5,
            optimizer: .adam(learningRate: 0.01), seed: 1)
    }

    private func network() throws -> Model {
        try Model(input: [.time, 13], seed: 1) {
            GRU(8); Dense(2)
        }
    }

    private func weights(_ trained: TrainedModel) -> [[Float]] {
        trained.recognizer.model.parameters.tensors.map(\.scalars)
    }

    /// Without waiting, as the synchronous core does it.
    private func blocking(_ trainer: Trainer, on split: DataSplit) throws -> TrainedModel {
        try trainer.fit(network(), on: split)
    }

    @Test func aTaskGetsTheSameBits() async throws {
        let tones = try ToneCorpus(), split = try tones.split
        let trained = try await trainer(epochs: 4).fit(network(), on: split)
        #expect(weights(trained) == weights(try blocking(trainer(epochs: 4), on: split)))
        let evaluation = try await trained.evaluate(split.test)
        let file = split.test.clips[0].path
        let prediction = try await trained.recognizer.recognize(contentsOf: file)
        #expect(evaluation.targets.count == split.test.count && prediction.entries.count == 2)
        await #expect(throws: TrainingError.self) { try await trainer(epochs: 0).fit(network(), on: split) }
    }

    @Test func aCancelledTaskKeepsTheBestSoFar() async throws {
        let tones = try ToneCorpus(), split = try tones.split
        let model = try network(), trainer = trainer(epochs: 100_000)
        let third = AsyncStream<Void>.makeStream()
        let task = Task {
            try await trainer.fit(model, on: split) { event in
                if case .epoch(let record, _) = event, record.epoch == 3 { third.continuation.finish() }
            }
        }
        for await _ in third.stream {}
        task.cancel()
        let trained = try await task.value
        #expect(trained.wasCancelled && trained.history.epochs.count >= 3 && trained.history.best != nil)
        let early = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await trainer.fit(model, on: split)
        }
        let error = await #expect(throws: TrainingError.self) { try await early.value }
        guard case .cancelled? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// More trainings than the pool has threads wait for what a task does.
    @Test(.timeLimit(.minutes(2))) func noThreadOfThePoolIsHeld() async throws {
        let tones = try ToneCorpus(), split = try tones.split
        let model = try network(), trainer = trainer(epochs: 1)
        let count = ProcessInfo.processInfo.activeProcessorCount + 2
        let gate = DispatchSemaphore(value: 0)
        let waiting = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                group.addTask {
                    _ = try await trainer.fit(model, on: split) { event in
                        guard case .epoch = event else { return }
                        _ = waiting.increment()
                        gate.wait()
                    }
                }
            }
            group.addTask {
                while waiting.value < count { try await Task.sleep(for: .milliseconds(5)) }
                for _ in 0..<count { gate.signal() }
            }
            try await group.waitForAll()
        }
    }

    @Test func eventsComeAsASequence() async throws {
        let tones = try ToneCorpus(), split = try tones.split
        let training = try trainer(epochs: 5).start(network(), on: split)
        var epochs: [Int] = [], hasFinished = false
        for await event in training.events {
            #expect(!hasFinished)
            if case .epoch(let record, _) = event { epochs.append(record.epoch) }
            if case .finished = event { hasFinished = true }
        }
        #expect(epochs == [1, 2, 3, 4, 5] && hasFinished)
        #expect(weights(try await training.value) == weights(try blocking(trainer(epochs: 5), on: split)))
    }

    @Test func whoReadsLateGetsTheNewest() async throws {
        let tones = try ToneCorpus(), split = try tones.split
        let training = try trainer(epochs: 40).start(network(), on: split)
        _ = try await training.value
        var steps = 0, epochs: [Int] = [], last: Trainer.Event?
        for await event in training.events {
            if case .step = event { steps += 1 }
            if case .epoch(let record, _) = event { epochs.append(record.epoch) }
            last = event
        }
        #expect(steps + epochs.count + 1 == 32)
        #expect(epochs == Array(25...40) && steps == 15)
        guard case .finished? = last else {
            Issue.record("\(String(describing: last))")
            return
        }
    }

    @Test func aReaderThatIsCancelledEndsTheTraining() async throws {
        let tones = try ToneCorpus(), split = try tones.split
        let training = try trainer(epochs: 100_000).start(network(), on: split)
        let reader = Task {
            var count = 0
            for await event in training.events {
                if case .epoch = event { count += 1 }
                if count == 2 { withUnsafeCurrentTask { $0?.cancel() } }
            }
            return count
        }
        #expect(await reader.value == 2)
        let trained = try await training.value
        #expect(trained.wasCancelled && trained.history.epochs.count >= 2)
    }

    @Test func anErrorEndsTheSequence() async throws {
        let tones = try ToneCorpus(), split = try tones.split
        let training = try trainer(epochs: 0).start(network(), on: split)
        for await event in training.events { Issue.record("\(event)") }
        await #expect(throws: TrainingError.self) { try await training.value }
    }
}
