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

private func trainer(epochs: Int = 12, batchSize: Int = 5, seed: UInt64 = 1) -> Trainer {
    Trainer(
        features: features, duration: 1, epochs: epochs, batchSize: batchSize, optimizer: .adam(learningRate: 0.01),
        seed: seed)
}

private func recurrent() throws -> Model {
    try Model(input: [.time, 13], seed: 1) {
        GRU(8)
        Dropout(0.1)
        Dense(2)
    }
}

@Suite struct TrainerTests {
    @Test func learnsToTellTonesApartAndKeepsTheBestEpoch() throws {
        let tones = try ToneCorpus()
        let split = try tones.split
        let trained = try trainer().fit(try recurrent(), on: split, observe: { _ in })
        #expect(trained.history.epochs.count == 12)
        #expect(try trained.evaluate(split.test).metrics.accuracy == 1)
        let best = try #require(trained.history.best)
        for record in trained.history.epochs {
            let isBetter =
                (record.validationAccuracy, -record.validationLoss) > (best.validationAccuracy, -best.validationLoss)
            #expect(!isBetter)
        }
        // The weights kept are the best epoch's, not the last's.
        let validation = try trained.evaluate(split.validation).metrics
        #expect(abs(validation.loss - best.validationLoss) < 1e-6)
        let prediction = try trained.recognizer.recognize(contentsOf: split.test.clips[0].path)
        #expect(prediction.label == split.test.clips[0].emotion)
        #expect(abs(prediction.entries.map(\.probability).reduce(0, +) - 1) < 1e-5)
    }

    @Test func sameSeedGivesTheSameBitsForAnyNumberOfThreads() throws {
        let tones = try ToneCorpus()
        let before = Parallelism.threads
        defer { Parallelism.threads = before }
        var weights: [[Float]] = []
        for threads in [1, 2, 4] {
            Parallelism.threads = threads
            let trained = try trainer(epochs: 3).fit(try recurrent(), on: try tones.split, observe: { _ in })
            weights.append(trained.recognizer.model.parameters.tensors.flatMap(\.scalars))
        }
        #expect(weights[0] == weights[1])
        #expect(weights[0] == weights[2])
        let other = try trainer(epochs: 3, seed: 2).fit(try recurrent(), on: try tones.split, observe: { _ in })
        #expect(other.recognizer.model.parameters.tensors.flatMap(\.scalars) != weights[0])
    }

    @Test func imagesAndVectorsAreTrainedToo() throws {
        let tones = try ToneCorpus()
        let frames = features.frames(forSamples: 8000)
        let image = try Model(input: Shape([1, 13, frames]), seed: 1) {
            Conv2D(4, kernel: 3, padding: .same)
            BatchNorm()
            ReLU()
            MaxPool2D(2)
            Flatten()
            Dense(2)
        }
        let vector = try Model(input: [26], seed: 1) {
            Dense(8); ReLU(); Dense(2)
        }
        for model in [image, vector] {
            let trained = try trainer().fit(model, on: try tones.split, observe: { _ in })
            #expect(try trained.evaluate(tones.split.test).metrics.accuracy >= 0.75)
        }
    }

    @Test func standardisationComesFromTheTrainingPartAlone() throws {
        let tones = try ToneCorpus()
        let split = try tones.split
        let trained = try trainer(epochs: 1).fit(try recurrent(), on: split, observe: { _ in })
        let store = FeatureStore()
        let (matrices, _) = try store.matrices(of: split.train.clips, pipeline: trained.recognizer.pipeline)
        let rows = matrices.compactMap { $0 }.flatMap { matrix in (0..<matrix.frames).map { matrix[$0, 0] } }
        let mean = rows.reduce(0) { $0 + Double($1) } / Double(rows.count)
        #expect(abs(Double(trained.recognizer.standardization.mean[0]) - mean) < 1e-3)
    }

    @Test func cancellingKeepsTheBestSoFar() throws {
        let tones = try ToneCorpus()
        let stop = StopSignal()
        let trained = try trainer(epochs: 1000).fit(
            try recurrent(), on: try tones.split,
            observe: { if case .epoch(let record, _) = $0, record.epoch == 3 { stop.set() } }, stop: stop)
        #expect(trained.wasCancelled)
        #expect(trained.history.epochs.count == 3)
        #expect(throws: TrainingError.self) {
            try trainer().fit(try recurrent(), on: try tones.split, stop: stop)
        }
    }

    @Test func patienceEndsATrainingThatNoLongerImproves() throws {
        let tones = try ToneCorpus()
        var patient = trainer(epochs: 200)
        patient.optimizer = .adam(learningRate: 1e-12)
        patient.stopping = .patience(3)
        let trained = try patient.fit(try recurrent(), on: try tones.split, observe: { _ in })
        #expect(trained.history.epochs.count < 200)
        #expect(trained.history.epochs.count >= trained.history.bestEpoch + 3)
    }

    @Test func theScheduleSetsTheRateOfEachStep() throws {
        let tones = try ToneCorpus()
        var scheduled = trainer(epochs: 4)
        scheduled.schedule = .step(every: .epochs(2), factor: 0.1)
        let rates = try scheduled.fit(try recurrent(), on: try tones.split, observe: { _ in })
            .history.epochs.map(\.learningRate)
        for (rate, expected) in zip(rates, [0.01, 0.01, 0.001, 0.001]) { #expect(abs(rate - expected) < 1e-9) }
        scheduled.schedule = .step(every: .epochs(0))
        #expect(throws: TrainingError.self) {
            try scheduled.fit(try recurrent(), on: try tones.split, observe: { _ in })
        }
    }

    @Test func whatCannotWorkIsSaidBeforeTraining() throws {
        let tones = try ToneCorpus()
        let split = try tones.split
        func message(_ trainer: Trainer, _ network: () throws -> Model) -> String {
            do {
                _ = try trainer.fit(try network(), on: split, observe: { _ in })
                return "no error"
            } catch { return "\(error)" }
        }
        #expect(message(trainer(batchSize: 1000), recurrent).contains("larger than the"))
        #expect(message(trainer(epochs: 0), recurrent).contains("0 epochs"))
        #expect(
            message(trainer()) {
                try Model(input: [.time, 13]) {
                    GRU(4); Dense(5)
                }
            }.contains("one logit for each"))
        #expect(
            message(trainer()) {
                try Model(input: [.time, 40]) {
                    GRU(4); Dense(2)
                }
            }.contains("13"))
        let softmaxed = message(trainer()) {
            try Model(input: [13]) {
                Dense(2); Softmax()
            }
        }
        #expect(softmaxed.contains("softmax1") && softmaxed.contains("1.165"))
        var wild = trainer()
        wild.optimizer = .sgd(learningRate: 1e30)
        #expect(
            message(wild) {
                try Model(input: [13]) {
                    Dense(8); ReLU(); Dense(2)
                }
            }.contains("no longer a number"))
    }

    @Test func clipsWithoutFeaturesAreListedOrRefused() throws {
        let tones = try ToneCorpus()
        let split = try tones.split
        let broken = split.train.clips[0].path
        try Data("no sound".utf8).write(to: broken)
        let trained = try trainer(epochs: 1).fit(try recurrent(), on: split, observe: { _ in })
        #expect(trained.skipped.map(\.path) == [broken])
        var strict = trainer(epochs: 1)
        strict.isStrict = true
        let error = #expect(throws: TrainingError.self) {
            try strict.fit(try recurrent(), on: split, observe: { _ in })
        }
        #expect(error?.description.contains(broken.lastPathComponent) == true)
    }

    @Test func aStepCopiesNoParameters() throws {
        let model = try recurrent()
        var step = try TrainingStep(model: model, optimizer: .adam())
        let batch = Batch(
            values: Tensor.normal([4, 6, 13], key: RandomKey(seed: 1)), lengths: [6, 2, 5, 1], targets: [0, 1, 1, 0])
        // The first step leaves `model` its weights; from then on nobody else holds them.
        _ = step(batch, key: RandomKey(seed: 2))
        let place = ObjectIdentifier(step.model.parameters.storage)
        for number in 0..<10 { _ = step(batch, key: RandomKey(seed: 3).derived(number)) }
        #expect(ObjectIdentifier(step.model.parameters.storage) == place)
    }

    /// Words or names of files in place of emotions are told at once: what is measured grows with their square.
    @Test(.timeLimit(.minutes(1))) func aHundredThousandLabelsAreToldAtOnce() throws {
        let counts = Dictionary(uniqueKeysWithValues: (0..<100_000).map { ("label \($0)", 3) })
        let corpus = madeUpCorpus(counts)
        let split = try corpus.split(.stratified(train: 0.8, validation: 0.1, test: 0.1), seed: 1)
        #expect(split.test.targets.count == 100_000 && split.audit.overlaps.count == 3)
        let trainer = Trainer(features: MFCC(.librosa, coefficients: 13, sampleRate: 8000), epochs: 1)
        let candidate = Candidate("ann", trainer: trainer) { labels, seed in
            try Model(input: [13], seed: seed) { Dense(labels.count) }
        }
        let error = #expect(throws: ExperimentError.self) {
            try Experiment([candidate], on: .split(split), seeds: [1]).check()
        }
        #expect(error?.description.contains("the data has 100000 labels") == true, "\(String(describing: error))")
    }
}
