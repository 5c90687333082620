// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERTestSupport
import SERTraining
import Testing

private let features = MFCC(.librosa, coefficients: 13, sampleRate: 8000)

/// Networks of several outputs, and losses of one's own.
@Suite struct HeadTests {
    /// Of the tones the first half are short; of one clip in three it is not known.
    @Sendable private static func length(_ clip: Clip) -> String? {
        guard Int(clip.duration * 8000) % 3 != 0 else { return nil }
        return clip.duration < 0.5 ? "short" : "long"
    }

    private static let heads: [TrainingHead] = [
        .classes("length", ["short", "long"], weight: 0.5, of: length),
        .values("duration", weight: 2) { [Float($0.duration)] },
    ]

    private func network(seed: UInt64 = 1) throws -> Model {
        try Model(input: [.time, 13], outputs: ["length", "emotion", "duration"], seed: seed) {
            GRU(8).named("encoder")
            Dense(2).named("length")
            Dense(2).named("emotion").reading("encoder")
            Dense(1).named("duration").reading("encoder")
        }
    }

    private func trainer(epochs: Int = 15) -> Trainer {
        Trainer(
            features: features, duration: 1, epochs: epochs, batchSize: 5, optimizer: .adam(learningRate: 0.02),
            output: "emotion", heads: Self.heads,
            metrics: [
                .accuracy(of: "length"),
                .joint("error of duration") { outputs, targets in
                    let found = outputs["duration"].values.scalars
                    let wanted = targets.values(of: "duration").compactMap { $0?.first }
                    return zip(found, wanted).reduce(0) { $0 + Double(abs($1.0 - $1.1)) } / Double(wanted.count)
                },
            ], seed: 1)
    }

    @Test func allHeadsAreTrainedSavedAndRead() throws {
        let tones = try ToneCorpus(), split = try tones.split
        let trained = try trainer().fit(network(), on: split)
        let last = try #require(trained.history.epochs.last), first = try #require(trained.history.epochs.first)
        #expect(last.trainAccuracy == 1)
        #expect(last.trainMetrics["length accuracy"] ?? 0 > 0.85)
        let errors = [first, last].compactMap { $0.trainMetrics["error of duration"] }
        #expect(errors.count == 2 && errors[1] < 0.5 * errors[0])
        #expect(try trained.evaluate(split.test).metrics.accuracy >= 0.75)

        let file = tones.folder.path("model.safetensors")
        try trained.recognizer.save(to: file)
        let read = try Recognizer(contentsOf: file)
        #expect(read.output == "emotion" && read.model.graph.outputs.map(\.name) == ["length", "emotion", "duration"])
        var bytes = try Data(contentsOf: file)
        let key = try #require(bytes.range(of: Data(#""ser.output":"\"emotion"#.utf8)))
        bytes.replaceSubrange(key.upperBound - 1..<key.upperBound, with: Data("m".utf8))
        let broken = tones.folder.path("broken.safetensors")
        try bytes.write(to: broken)
        let error = #expect(throws: ModelFileError.self) { try Recognizer(contentsOf: broken) }
        #expect(error?.description.contains("emotiom") == true)
        for clip in split.test.clips {
            let sound = try AudioFile.read(at: clip.path)
            let outputs = try trained.recognizer.outputs(of: sound), again = try read.outputs(of: sound)
            for name in outputs.names { #expect(outputs[name].values.scalars == again[name].values.scalars) }
            let prediction = try read.recognize(sound)
            #expect(prediction == (try trained.recognizer.recognize(sound)))
            #expect(prediction.entries.map(\.label).sorted() == ["high", "low"])
            let logits = outputs["emotion"].values
            #expect(prediction.label == split.labels[logits.scalars[0] >= logits.scalars[1] ? 0 : 1])
            // What is explained is the emotion's logit, not the first output's.
            let explanation = try read.explain(sound)
            let place = try #require(split.labels.firstIndex(of: explanation.label))
            #expect(abs(explanation.score - Double(logits.scalars[place])) < 1e-5)
        }
    }

    @Test func aTrainingOfSeveralHeadsGoesOnFromItsCheckpoint() throws {
        let tones = try ToneCorpus(), split = try tones.split
        let checkpoint = Checkpoint(at: tones.folder.path("checkpoint"), resume: true)
        let whole = try trainer(epochs: 4).fit(network(), on: split)
        _ = try trainer(epochs: 2).fit(network(), on: split, checkpoint: checkpoint)
        let rest = try trainer(epochs: 4).fit(network(), on: split, checkpoint: checkpoint)
        #expect(
            rest.recognizer.model.parameters.tensors.map(\.scalars)
                == whole.recognizer.model.parameters.tensors.map(\.scalars))
        #expect(rest.history.epochs.map(\.validationMetrics) == whole.history.epochs.map(\.validationMetrics))
        #expect(try Recognizer(contentsOf: checkpoint.file).output == "emotion")
        var other = trainer(epochs: 4)
        other.heads[1] = .values("duration", weight: 2) { [Float($0.duration) + 1] }
        let error = #expect(throws: TrainingError.self) { try other.fit(network(), on: split, checkpoint: checkpoint) }
        #expect(error?.description.contains("heads.duration") == true)
    }

    /// The loss and its gradient, against the formula written out.
    @Test func theLossIsTheWeightedSumOfWhatIsKnown() throws {
        let model = try network()
        let x = Tensor.normal([4, 6, 13], key: RandomKey(seed: 1))
        let objective = TrainingObjective(heads: Self.heads, emotions: 1)
        let clips = [0.3, 0.40025, 0.8, 0.90025].map { seconds in
            Clip(
                path: URL(fileURLWithPath: "/none.wav"), emotion: "low", duration: seconds, sampleRate: 8000,
                corpus: "tones")
        }
        #expect(clips.map(Self.length) == [nil, "short", "long", "long"])
        let targets = try objective.targets(of: clips, emotions: [0, 1, 1, 0])
        let (outputs, _) = model.outputs(x, lengths: nil)
        let lengths = outputs["length"].values.scalars
        let known = crossEntropy(logits: Tensor(Array(lengths[2...]), shape: [3, 2]), labels: [0, 1, 1])
        let squares = zip(outputs["duration"].values.scalars, clips).reduce(0.0) {
            $0 + (Double($1.0) - $1.1.duration) * (Double($1.0) - $1.1.duration)
        }
        let expected =
            Double(crossEntropy(logits: outputs["emotion"].values, labels: [0, 1, 1, 0]).item)
            + 0.5 * Double(known.item) + 2 * squares / 4
        #expect(abs(Double(objective(outputs, targets).item) - expected) < 1e-5 * expected)
        try checkGradients(at: model.parameters) { parameters in
            let outputs = model.outputs(x, lengths: nil, parameters: parameters).outputs
            return objective(outputs, targets)
        }
    }

    @Test func lossesOfOnesOwnAreMinimised() throws {
        let focal = TrainingLoss.named("focal") { logits, emotions in
            let loss = crossEntropy(logits: logits, labels: emotions)
            return square(1 - exp(loss * -1)) * loss
        }
        let joint = TrainingLoss.joint("emotion and a small code") { outputs, targets in
            crossEntropy(logits: outputs["emotion"].values, labels: targets.emotions)
                + square(outputs["code"].values).mean() * 0.1
        }
        let model = try Model(input: [.time, 13], outputs: ["emotion", "code"], seed: 2) {
            GRU(6).named("code")
            Dense(2).named("emotion")
        }
        let x = Tensor.normal([4, 6, 13], key: RandomKey(seed: 1))
        for loss in [focal, joint] {
            let objective = TrainingObjective(loss: loss)
            let targets = try objective.targets(of: [], emotions: [0, 1, 1, 0])
            try checkGradients(at: model.parameters) { parameters in
                let outputs = model.outputs(x, lengths: nil, parameters: parameters).outputs
                return objective(outputs, targets)
            }
        }
        let tones = try ToneCorpus(), split = try tones.split
        var trainer = Trainer(
            features: features, duration: 1, epochs: 10, batchSize: 5, optimizer: .adam(learningRate: 0.02),
            loss: joint,
            seed: 1)
        let checkpoint = Checkpoint(at: tones.folder.path("checkpoint"), resume: true)
        let trained = try trainer.fit(model, on: split, checkpoint: checkpoint)
        let losses = trained.history.epochs.map(\.trainLoss)
        #expect(losses[9] < 0.5 * losses[0])
        // The cross-entropy is told whatever is minimised.
        let validation = try trained.evaluate(split.validation).metrics, best = try #require(trained.history.best)
        #expect(abs(validation.loss - best.validationLoss) < 1e-6)
        trainer.loss = .joint("another") { outputs, _ in square(outputs["code"].values).mean() }
        let error = #expect(throws: TrainingError.self) { try trainer.fit(model, on: split, checkpoint: checkpoint) }
        #expect(error?.description.contains("loss.name") == true)
        trainer.loss = focal
        #expect(throws: TrainingError.self) { try trainer.fit(model, on: split) }  // nothing trains 'code'
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(TrainingLoss.self, from: JSONEncoder().encode(focal))
        }
        let usual = TrainingLoss(classWeights: [1, 2], labelSmoothing: 0.25)
        #expect(try JSONDecoder().decode(TrainingLoss.self, from: JSONEncoder().encode(usual)) == usual)
    }

    @Test func whatCannotWorkIsSaidBeforeAnySoundIsRead() throws {
        let tones = try ToneCorpus(), split = try tones.split
        func message(_ change: (inout Trainer) -> Void) -> String {
            var trainer = trainer()
            change(&trainer)
            do {
                _ = try trainer.fit(network(), on: split, observe: { _ in Issue.record("something was read") })
                return "no error"
            } catch { return "\(error)" }
        }
        #expect(message { $0.output = nil }.contains("'length' has two heads"))
        #expect(message { $0.output = "mood" }.contains("no output 'mood'"))
        #expect(message { $0.heads = [Self.heads[0]] }.contains("a head for 'duration'"))
        #expect(message { $0.heads.append(Self.heads[0]) }.contains("two heads"))
        #expect(message { $0.heads[0] = .classes("length", ["short"]) { _ in nil } }.contains("at least two"))
        #expect(message { $0.heads[0] = .classes("length", ["a", "b", "c"]) { _ in nil } }.contains("Dense(3)"))
        #expect(message { $0.heads[0] = .classes("length", ["a", "b"], of: Self.length) }.contains("no class"))
        #expect(message { $0.heads[1] = .values("duration") { _ in [1, 2] } }.contains("1 finite numbers"))
        #expect(message { $0.heads[1] = .values("duration", weight: -1) { _ in [1] } }.contains("weight"))
    }
}
