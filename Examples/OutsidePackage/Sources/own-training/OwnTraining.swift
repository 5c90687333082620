// SPDX-License-Identifier: Apache-2.0
// Training in one's own way: an optimiser, two heads, a task that is cancelled. Says what it found; fails if anything is
// wrong.
import Foundation
import SERAudio
import SERCore
import SERModels
import SERSyntheticSpeech
import SERTraining

@main
enum OwnTraining {
    private static let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("ser-training-\(UUID().uuidString)")

    static func main() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try SyntheticCorpus(words: 6, seed: 1).write(to: folder)
        let corpus = try Corpus.tess(at: folder)
        let split = try corpus.split(.stratified(train: 0.8, validation: 0.1, test: 0.1), seed: 1)
        let speakers = Set(corpus.clips.compactMap(\.speaker)).sorted()
        let network = try Model(input: [.time, 40], outputs: ["emotion", "speaker"], seed: 1) {
            GRU(32).named("encoder")
            Dense(corpus.labels.count).named("emotion")
            Dense(speakers.count).named("speaker").reading("encoder")
        }
        var trainer = Trainer(
            features: MFCC(.librosa, coefficients: 40), epochs: 20, batchSize: 8, accumulation: 2,
            optimizer: OptimizerConfiguration(rule: Lion(), learningRate: 0.003, weightDecay: 0.01),
            heads: [.classes("speaker", speakers, weight: 1) { $0.speaker }],
            metrics: [.recall, .accuracy(of: "speaker")], selection: .metric("recall"), seed: 1)

        // 1. An optimiser of one's own is kept in a checkpoint, and a training that goes on from it ends in the same bits.
        let checkpoint = Checkpoint(at: folder.appendingPathComponent("checkpoint"), resume: true)
        let whole = try await trainer.fit(network, on: split)
        trainer.epochs = 10
        _ = try await trainer.fit(network, on: split, checkpoint: checkpoint)
        trainer.epochs = 20
        let resumed = try await trainer.fit(network, on: split, checkpoint: checkpoint)
        expect(
            weights(resumed) == weights(whole), "a training with an update rule of one's own is resumed to the bit")
        let losses = whole.history.epochs.map(\.trainLoss)
        expect(losses[19] < 0.5 * losses[0], "the loss falls: \(losses)")

        // 2. Both heads have learned, and the file knows which is of the emotions.
        let heard = whole.history.epochs.compactMap { $0.trainMetrics["speaker accuracy"] }
        expect(heard.count == 20 && (heard.last ?? 0) > 0.8, "the second head tells speakers apart: \(heard)")
        let file = folder.appendingPathComponent("heads.safetensors")
        try whole.recognizer.save(to: file)
        let recognizer = try Recognizer(contentsOf: file)
        let clip = try AudioFile.read(at: split.test.clips[0].path)
        let (before, after) = try await (whole.recognizer.recognize(clip), recognizer.recognize(clip))
        expect(
            before == after && after.entries.count == corpus.labels.count, "the file gives the same emotions: \(after)")
        let speaker = try recognizer.outputs(of: clip)["speaker"].values
        expect(speaker.shape == [1, speakers.count], "and the other head's logits: \(speaker.scalars)")

        // 3. A task that trains is looked at while it does, and keeps the best weights when it is cancelled.
        trainer.epochs = 100_000
        let training = trainer.start(network, on: split)
        for await event in training.events {
            if case .epoch(let record, _) = event, record.epoch == 2 { training.cancel() }
        }
        let stopped = try await training.value
        expect(stopped.wasCancelled && stopped.history.epochs.count < 100_000, "cancelled: \(stopped.stopped)")
        expect(stopped.history.best != nil, "the best epoch so far is kept: \(stopped.history.bestEpoch)")
    }

    private static func weights(_ trained: TrainedModel) -> [[Float]] {
        trained.recognizer.model.parameters.tensors.map(\.scalars)
    }

    private static func expect(_ condition: Bool, _ what: String) {
        print(condition ? "ok: \(what)" : "WRONG: \(what)")
        if condition { return }
        try? FileManager.default.removeItem(at: folder)
        exit(1)
    }
}
