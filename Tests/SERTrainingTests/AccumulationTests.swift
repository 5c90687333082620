// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore
import SERModels
import SERTestSupport
import SERTraining
import Synchronization
import Testing

/// Several small batches to an update are one large batch.
@Suite struct AccumulationTests {
    private func network() throws -> Model {
        try Model(input: [.time, 13], seed: 1) {
            Conv1D(6, kernel: 3, padding: .same)
            GRU(8)
            Dense(2)
        }
    }

    private func trainer(batchSize: Int, accumulation: Int, loss: TrainingLoss = TrainingLoss()) -> Trainer {
        Trainer(
            features: MFCC(.librosa, coefficients: 13, sampleRate: 8000), duration: 1, epochs: 4, batchSize: batchSize,
            accumulation: accumulation, optimizer: .sgd(learningRate: 0.05, momentum: 0.9),
            schedule: .warmUp(over: .steps(3)), clipping: .norm(0.5), loss: loss, seed: 3)
    }

    /// The distance of two networks' weights, in units of the first's norm.
    private func distance(_ a: Model, _ b: Model) -> Double {
        var difference = 0.0, norm = 0.0
        for (x, y) in zip(a.parameters.tensors.flatMap(\.scalars), b.parameters.tensors.flatMap(\.scalars)) {
            difference += (Double(x) - Double(y)) * (Double(x) - Double(y))
            norm += Double(x) * Double(x)
        }
        return (difference / norm).squareRoot()
    }

    @Test(arguments: [nil, [0.5, 2]] as [[Float]?])
    func aTrainingIsThatOfTheLargeBatch(classWeights: [Float]?) throws {
        let tones = try ToneCorpus(), split = try tones.split
        let loss = TrainingLoss(classWeights: classWeights, labelSmoothing: 0.1)
        // 14 clips: an update of 9 and one of 5, whose last batch of one clip joins the one before.
        let large = try trainer(batchSize: 9, accumulation: 1, loss: loss).fit(network(), on: split)
        let small = try trainer(batchSize: 3, accumulation: 3, loss: loss).fit(network(), on: split)
        #expect(distance(large.recognizer.model, small.recognizer.model) < 1e-6)
        for (a, b) in zip(large.history.epochs, small.history.epochs) {
            #expect(abs(a.validationLoss - b.validationLoss) < 1e-5 && a.learningRate == b.learningRate)
            #expect(a.validationAccuracy == b.validationAccuracy && a.trainAccuracy == b.trainAccuracy)
        }
        // A batch of its own to each update is another training.
        let other = try trainer(batchSize: 3, accumulation: 1, loss: loss).fit(network(), on: split)
        #expect(distance(large.recognizer.model, other.recognizer.model) > 1e-3)
    }

    @Test func updatesAreCountedAndCheckpointsToldApart() throws {
        let tones = try ToneCorpus(), split = try tones.split
        let checkpoint = Checkpoint(at: tones.folder.path("checkpoint"), resume: true)
        let totals = Totals()
        var trainer = trainer(batchSize: 4, accumulation: 2)
        trainer.epochs = 1
        let trained = try trainer.fit(network(), on: split, checkpoint: checkpoint) { event in
            if case .step(_, _, let done, let total) = event { totals.add(done, total) }
        }
        #expect(totals.seen == [[1, 2], [2, 2]] && trained.history.epochs.count == 1)
        trainer.accumulation = 1
        let error = #expect(throws: TrainingError.self) {
            try trainer.fit(network(), on: split, checkpoint: checkpoint)
        }
        #expect(error?.description.contains("accumulation was 2") == true)
        trainer.accumulation = 0
        #expect(throws: TrainingError.self) { try trainer.fit(network(), on: split) }
    }
}

/// What was told of steps.
private final class Totals: Sendable {
    private let list = Mutex<[[Int]]>([])
    var seen: [[Int]] { list.withLock { $0 } }
    func add(_ done: Int, _ total: Int) { list.withLock { $0.append([done, total]) } }
}
