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

private func trainer(_ fit: LinearFit = .supportVectors()) -> Trainer {
    Trainer(linear: fit, features: features, duration: 1)
}

private func network(_ columns: Int = 13, seed: UInt64 = 0) throws -> Model {
    try Model(input: [.fixed(columns)], seed: seed) { Dense(2) }
}

private func weights(_ recognizer: Recognizer) -> [[Float]] { recognizer.model.parameters.tensors.map(\.scalars) }

@Suite struct LinearTrainingTests {
    @Test(arguments: [LinearFit.supportVectors(), .logisticRegression()])
    func aLinearNetworkIsSolvedForSavedAndReadBack(_ fit: LinearFit) throws {
        let tones = try ToneCorpus()
        let split = try tones.split
        let trained = try trainer(fit).fit(network(), on: split, observe: { _ in })
        #expect(trained.history.epochs.count == 1 && trained.history.bestEpoch == 1 && trained.stopped == .allEpochs)
        let epoch = try #require(trained.history.best)
        #expect(epoch.learningRate == 0 && epoch.trainAccuracy == 1 && epoch.validationAccuracy == 1)
        #expect(try trained.evaluate(split.test).metrics.accuracy == 1)
        // The loss told is the cross-entropy of the clips as they are read afterwards.
        let logits = try split.train.clips.map { clip in
            try trained.recognizer.outputs(of: AudioFile.read(at: clip.path)).values(at: 0).scalars
        }
        let loss = crossEntropy(
            logits: Tensor(logits.flatMap { $0 }, shape: [logits.count, 2]), labels: split.train.targets
        ).item
        #expect(abs(Double(loss) - epoch.trainLoss) < 1e-5, "\(loss), \(epoch.trainLoss)")
        let file = tones.folder.path("linear.safetensors")
        try trained.recognizer.save(to: file)
        let copy = try Recognizer(contentsOf: file)
        let clip = try AudioFile.read(at: split.test.clips[0].path)
        #expect(try copy.recognize(clip) == trained.recognizer.recognize(clip))
        #expect(weights(copy) == weights(trained.recognizer))
    }

    /// The optimum is one, and it stands in the network as the solver gives it for the standardised clips.
    @Test func theWeightsAreTheSolversWhateverTheSeed() throws {
        let tones = try ToneCorpus()
        let split = try tones.split
        var (first, second) = (trainer(), trainer())
        (first.seed, second.seed) = (1, 2)
        second.calibrates = true
        let one = try first.fit(network(seed: 1), on: split, observe: { _ in }).recognizer
        let other = try second.fit(network(seed: 2), on: split, observe: { _ in }).recognizer
        #expect(weights(one) == weights(other))
        #expect(one.provenance.calibration == nil && other.provenance.calibration != nil)
        let rows = try split.train.clips.flatMap { clip in
            one.standardization.apply(to: try one.pipeline.matrix(of: AudioFile.read(at: clip.path))).values
        }
        let solved = try LinearFit.supportVectors().weights(
            for: LinearRows(rows, columns: 13), targets: split.train.targets, classes: 2)
        let parameters = one.model.parameters
        let weight = parameters["dense1.weight"].scalars, bias = parameters["dense1.bias"].scalars
        var found: [Float] = []
        for own in 0..<2 { found += weight[own * 13..<(own + 1) * 13] + [bias[own]] }
        #expect(found.count == solved.count && zip(found, solved).allSatisfy { abs(Double($0) - $1) < 1e-6 })
    }

    @Test func itStandsInAnExperimentBesideANetwork() throws {
        let tones = try ToneCorpus()
        let ann = Candidate("ann", trainer: Trainer(features: features, duration: 1, epochs: 3, batchSize: 4)) {
            labels, seed in
            try Model(input: [13], seed: seed) {
                Dense(8); ReLU(); Dense(labels.count)
            }
        }
        let linear = Architecture.linearSVM.candidate(trainer())
        let cut = try Experiment.Cut.folds(.stratified(3), of: tones.corpus)
        let output = tones.folder.path("results")
        var experiment = Experiment([linear, ann], on: cut, seeds: [1])
        let results = try experiment.run(in: output)
        #expect(results.networks == ["linear-svm", "ann"] && results.runs.count == 6)
        #expect(results.candidates.map { $0.linear != nil } == [true, false])
        #expect(results.candidates[0].linear?.contains("squared hinge") == true)
        #expect(results.candidates[0].optimizer == "none" && results.candidates[1].optimizer != "none")
        for run in results.runs where run.network == "linear-svm" {
            #expect(run.history.count == 1 && run.parameters == 28)
        }
        #expect(results.summaries[0].unweightedAverageRecall.mean == 1)
        // A kept run of another fit is not taken for this one.
        experiment = Experiment(
            [Architecture.linearSVM.candidate(trainer(.supportVectors(strength: 1))), ann], on: cut, seeds: [1])
        let error = #expect(throws: ExperimentError.self) { try experiment.run(in: output) }
        #expect(
            error?.description.contains("linear.strength was 0.01 and is 1") == true, "\(String(describing: error))")
    }

    @Test func whatALinearFitCannotDoIsSaid() throws {
        let tones = try ToneCorpus()
        let split = try tones.split
        func message(_ trainer: Trainer, _ network: @autoclosure () throws -> Model) -> String {
            do {
                _ = try trainer.fit(try network(), on: split, observe: { _ in })
                return "no error"
            } catch { return "\(error)" }
        }
        let changes: [(name: String, change: (inout Trainer) -> Void)] = [
            ("7 epochs", { $0.epochs = 7 }), ("batches of 2 clips", { $0.batchSize = 2 }),
            ("accumulation", { $0.accumulation = 2 }), ("clipping", { $0.clipping = .norm(1) }),
            ("a loss", { $0.loss = TrainingLoss(labelSmoothing: 0.1) }),
            ("schedule", { $0.schedule = .cosine(over: .epochs(1)) }), ("stopping", { $0.stopping = .patience(3) }),
            ("strength 0.0", { $0.linear?.strength = 0 }), ("0 steps", { $0.linear?.mostSteps = 0 }),
        ]
        for (name, change) in changes {
            var changed = trainer()
            change(&changed)
            #expect(message(changed, try network()).contains(name), "\(name): \(message(changed, try network()))")
        }
        let error = #expect(throws: TrainingError.self) {
            _ = try trainer().fit(network(), on: split, checkpoint: Checkpoint(at: tones.folder.path("c")))
        }
        #expect(error?.description.contains("leave out the checkpoint") == true)
        let deep = try Model(input: [13]) {
            Dense(4); ReLU(); Dense(2)
        }
        #expect(message(trainer(), deep).contains("one Dense layer"))
        #expect(message(trainer(), try Model(input: [13]) { Dense(2, bias: false) }).contains("with a bias"))
        var frozen = try network()
        try frozen.freeze("dense1")
        #expect(message(trainer(), frozen).contains("frozen"))
    }

    /// Logistic regression would never end for a label that no clip to train on has; a margin is found all the same.
    @Test func aLabelWithoutClipsToTrainOnIsToldOrNeverNamed() throws {
        let tones = try ToneCorpus()
        var clips = tones.corpus.clips
        clips[0].emotion = "middle"
        let corpus = Corpus(name: "tones", clips: clips)
        let split = try DataSplit(
            corpus: corpus, train: Array(4..<16), validation: Array(16..<24), test: Array(0..<4))
        let three = try Model(input: [13]) { Dense(3) }
        let error = #expect(throws: TrainingError.self) {
            try trainer(.logisticRegression()).fit(three, on: split, observe: { _ in })
        }
        #expect(error?.description.contains("'middle'") == true, "\(String(describing: error))")
        let trained = try trainer().fit(three, on: split, observe: { _ in })
        #expect(trained.history.best?.validationAccuracy == 1)
    }
}
