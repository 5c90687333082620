// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERSupport
import SERTestSupport
import SERTraining
import Testing

private let features = MFCC(.librosa, coefficients: 13, sampleRate: 8000)

/// Why a training ended, and what it gives when its loss is no longer a number.
@Suite struct TrainingStopTests {
    /// Learns for some epochs, then takes steps that no float can hold.
    private func diverging(after epochs: Int) -> Trainer {
        Trainer(
            features: features, duration: 1, epochs: 10, batchSize: 5, optimizer: .sgd(learningRate: 0.05),
            schedule: .step(every: .epochs(epochs), factor: 1e30), metrics: [.precision, .recall, .auc], seed: 1)
    }

    private func network() throws -> Model {
        try Model(input: [13], seed: 1) {
            Dense(8); ReLU(); Dense(2)
        }
    }

    @Test func divergingKeepsTheBestWeightsItHad() throws {
        let tones = try ToneCorpus()
        let split = try tones.split
        let trained = try diverging(after: 3).fit(try network(), on: split, observe: { _ in })
        #expect(trained.stopped == .diverged(epoch: 4) && !trained.wasCancelled)
        #expect(trained.history.epochs.map(\.epoch) == [1, 2, 3])
        var short = diverging(after: 3)
        short.epochs = 3
        let sound = try short.fit(try network(), on: split, observe: { _ in })
        #expect(sound.stopped == .allEpochs)
        #expect(weights(trained) == weights(sound))
        #expect(trained.recognizer.provenance.divergedInEpoch == 4)
        #expect(sound.recognizer.provenance.divergedInEpoch == nil)
        #expect(try trained.evaluate(split.test) == sound.evaluate(split.test))
    }

    @Test func experimentsTellOfIt() throws {
        let tones = try ToneCorpus()
        var trainer = Trainer(
            features: features, duration: 1, epochs: 10, batchSize: Architecture.ann.batchSize,
            optimizer: .sgd(learningRate: 0.05))
        trainer.schedule = .step(every: .epochs(3), factor: 1e30)
        let candidates = [Architecture.ann.candidate(trainer)]
        let split = try tones.corpus.split(.stratified(train: 0.8, validation: 0.1, test: 0.1), seed: 1)
        let results = try Experiment(candidates, on: .split(split)).run()
        #expect(results.runs.map(\.divergedInEpoch) == [4] && results.runs[0].history.count == 3)
        #expect(results.description.contains("diverged"))
    }

    @Test func theCheckpointHoldsTheEpochBeforeAndGivesTheSameAgain() throws {
        let tones = try ToneCorpus()
        let split = try tones.split
        let checkpoint = Checkpoint(at: tones.folder.url.appendingPathComponent("c"), resume: true)
        let first = try diverging(after: 3).fit(try network(), on: split, checkpoint: checkpoint, observe: { _ in })
        let kept = try Recognizer(contentsOf: checkpoint.file)
        #expect(kept.model.parameters.tensors.flatMap(\.scalars) == weights(first))
        let again = try diverging(after: 3).fit(try network(), on: split, checkpoint: checkpoint, observe: { _ in })
        #expect(again.stopped == first.stopped && again.history == first.history && weights(again) == weights(first))
    }

    @Test func divergingInTheFirstEpochIsAnError() throws {
        let tones = try ToneCorpus()
        var wild = diverging(after: 3)
        wild.optimizer = .sgd(learningRate: 1e30)
        let error = #expect(throws: TrainingError.self) {
            try wild.fit(try network(), on: try tones.split, observe: { _ in })
        }
        guard case .diverged(epoch: 1) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func theOtherReasonsAreTold() throws {
        let tones = try ToneCorpus()
        let split = try tones.split
        var patient = diverging(after: 1000)
        patient.optimizer = .sgd(learningRate: 1e-12)
        patient.stopping = .patience(2)
        #expect(try patient.fit(try network(), on: split, observe: { _ in }).stopped == .patience)
        let stop = StopSignal()
        let cancelled = try diverging(after: 1000).fit(
            try network(), on: split, observe: { if case .epoch = $0 { stop.set() } }, stop: stop)
        #expect(cancelled.stopped == .cancelled && cancelled.wasCancelled)
    }

    @Test func aTrailingClosureObserves() throws {
        let tones = try ToneCorpus()
        let flag = Flag()
        var short = diverging(after: 1000)
        short.epochs = 1
        let trained = try short.fit(try network(), on: try tones.split) { event in
            if case .finished = event { flag.set() }
        }
        #expect(flag.isSet && trained.stopped == .allEpochs)
    }

    @Test func whatIsNotANumberIsNeverBetter() {
        func record(_ loss: Double, _ accuracy: Double = 0.5) -> EpochRecord {
            EpochRecord(
                epoch: 1, trainLoss: 1, trainAccuracy: 1, validationLoss: loss, validationAccuracy: accuracy,
                learningRate: 1, seconds: 1)
        }
        #expect(!record(.nan).isBetter(than: record(1)) && !record(.nan, 0.9).isBetter(than: record(1)))
        #expect(record(1).isBetter(than: record(.nan)) && record(1, 0.1).isBetter(than: record(.nan, 0.9)))
        #expect(!record(.nan).isBetter(than: record(.nan)) && !record(1, .nan).isBetter(than: record(1)))
        #expect(record(0.9).isBetter(than: record(1)) && !record(1).isBetter(than: record(1)))
        #expect(record(2, 0.6).isBetter(than: record(1)) && !record(0.5, 0.4).isBetter(than: record(1)))
        #expect(record(1).isBetter(than: record(.infinity)) && !record(.infinity).isBetter(than: record(1)))
    }

    private func weights(_ trained: TrainedModel) -> [Float] {
        trained.recognizer.model.parameters.tensors.flatMap(\.scalars)
    }
}

private final class Flag: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false
    var isSet: Bool { lock.withLock { value } }
    func set() { lock.withLock { value = true } }
}
