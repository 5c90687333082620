// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERTestSupport
import SERTraining
import Testing

/// What is measured after an epoch, which epoch is kept, and when a training ends.
@Suite struct EpochChoiceTests {
    private func trainer(epochs: Int = 8) -> Trainer {
        Trainer(
            features: MFCC(.librosa, coefficients: 13, sampleRate: 8000), duration: 1, epochs: epochs, batchSize: 5,
            optimizer: .adam(learningRate: 0.01), seed: 1)
    }

    private func network() throws -> Model {
        try Model(input: [.time, 13], seed: 1) {
            GRU(8); Dense(2)
        }
    }

    @Test func metricsAreOfBothParts() throws {
        let tones = try ToneCorpus(), split = try tones.split
        var trainer = trainer(epochs: 3)
        trainer.metrics = [
            .recall, .auc,
            EpochMetric("clips") { logits, emotions in
                logits.shape == [emotions.count, 2] ? Double(emotions.count) : nil
            },
            EpochMetric("never") { _, _ in nil },
        ]
        let trained = try trainer.fit(network(), on: split)
        let best = try #require(trained.history.best)
        let validation = try trained.evaluate(split.validation).metrics
        #expect(best.validationMetrics["recall"] == validation.macroRecall)
        #expect(best.validationMetrics["auc"] == validation.auc)
        #expect(best.validationMetrics["clips"] == Double(split.validation.count))
        #expect(best.trainMetrics["clips"] == Double(split.train.count))
        #expect(best.validationMetrics.keys.sorted() == ["auc", "clips", "recall"])
        trainer.metrics.append(.recall)
        #expect(throws: TrainingError.self) { try trainer.fit(network(), on: split) }
    }

    @Test func theEpochThatIsKeptIsTheBestByItsMeasure() throws {
        let tones = try ToneCorpus(), split = try tones.split
        var trainer = trainer()
        let sum = EpochMetric("sum") { logits, _ in Double(logits.sum().item) }
        trainer.metrics = [.recall, sum]
        func best(_ selection: EpochSelection) throws -> (kept: Int, epochs: [EpochRecord]) {
            trainer.selection = selection
            let history = try trainer.fit(network(), on: split).history
            return (history.bestEpoch, history.epochs)
        }
        func first(_ epochs: [EpochRecord], _ measure: (EpochRecord) -> Double?) throws -> Int {
            let values = try epochs.map { try #require(measure($0)) }
            let most = try #require(values.max())
            return try #require(values.firstIndex(of: most)) + 1
        }
        var run = try best(.loss)
        #expect(try run.kept == first(run.epochs) { -$0.validationLoss })
        run = try best(.metric("sum"))
        let highest = run.kept
        #expect(try highest == first(run.epochs) { $0.validationMetrics["sum"] })
        run = try best(.metric("sum", higherIsBetter: false))
        #expect(try run.kept == first(run.epochs) { $0.validationMetrics["sum"].map { -$0 } } && run.kept != highest)
        run = try best(EpochSelection("latest") { $0.epoch > $1.epoch })
        #expect(run.kept == 8)
        #expect(throws: TrainingError.self) { try best(.metric("f1")) }
    }

    @Test func aRuleOfOnesOwnEndsATrainingAndAResumedOneToo() throws {
        let tones = try ToneCorpus(), split = try tones.split
        var trainer = trainer(epochs: 100)
        trainer.stopping = .when("three epochs") { $0.epochs.count >= 3 }
        let checkpoint = Checkpoint(at: tones.folder.path("checkpoint"), resume: true)
        let trained = try trainer.fit(network(), on: split, checkpoint: checkpoint)
        #expect(trained.stopped == .rule("three epochs") && trained.history.epochs.count == 3)
        #expect("\(trained.stopped)".contains("'three epochs'"))
        let again = try trainer.fit(network(), on: split, checkpoint: checkpoint)
        #expect(again.stopped == trained.stopped && again.history == trained.history)
        trainer.stopping = .patience(5)
        let error = #expect(throws: TrainingError.self) {
            try trainer.fit(network(), on: split, checkpoint: checkpoint)
        }
        #expect(error?.description.contains("patience was not there and is 5") == true)
    }

    /// Files of results are read by what others wrote for them.
    @Test func recordsAreWrittenAsEver() throws {
        var record = EpochRecord(
            epoch: 2, trainLoss: 1, trainAccuracy: 0.5, validationLoss: 2, validationAccuracy: 0.25,
            learningRate: 0.125, seconds: 3)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let plain = #"{"epoch":2,"learningRate":0.125,"seconds":3,"trainAccuracy":0.5,"trainLoss":1,"#
        #expect(
            String(decoding: try encoder.encode(record), as: UTF8.self)
                == plain + #""validationAccuracy":0.25,"validationLoss":2}"#)
        record.trainMetrics = ["recall": 0.5, "precision": 0.75]
        let text = String(decoding: try encoder.encode(record), as: UTF8.self)
        #expect(text.contains(#""trainDetail":{"precision":0.75,"recall":0.5},"trainLoss":1,"validationAccuracy""#))
        #expect(try JSONDecoder().decode(EpochRecord.self, from: Data(text.utf8)) == record)
    }
}
