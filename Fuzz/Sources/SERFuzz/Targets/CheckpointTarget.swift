import Foundation
import SERAudio
import SERCore
import SERModels

/// Checkpoints, from which a training that has no epoch left goes on.
struct CheckpointTarget: FuzzTarget {
    private let file: InputFile
    private let split: DataSplit
    private let network: Model
    private let trainer: Trainer
    /// One with an epoch more to go, which writes a checkpoint of its own.
    private let longer: Trainer
    private let store = FeatureStore()

    init() throws {
        file = try InputFile("input.checkpoint")
        let corpus = file.folder.appendingPathComponent("corpus", isDirectory: true)
        for (label, frequency) in [("calm", 220.0), ("glad", 440)] {
            let folder = corpus.appendingPathComponent(label, isDirectory: true)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for index in 0..<5 {
                let step = 2 * Double.pi * (frequency + 7 * Double(index)) / 8000
                let samples = (0..<1600).map { Float(0.5 * sin(step * Double($0))) }
                let clip = AudioClip(samples: samples, sampleRate: 8000)
                try AudioFile.write(clip, to: folder.appendingPathComponent("\(index).wav"), format: .wav16)
            }
        }
        split = try Corpus.folders(at: corpus).split(.stratified(train: 0.6, validation: 0.2, test: 0.2), seed: 1)
        network = try Model(input: [.time, 5], seed: 2) { GRU(2); Dense(2) }
        func trainer(epochs: Int) -> Trainer {
            Trainer(
                features: MFCC(.librosa, coefficients: 5, sampleRate: 8000), duration: 0.2, epochs: epochs, batchSize: 4,
                seed: 1)
        }
        (self.trainer, longer) = (trainer(epochs: 2), trainer(epochs: 3))
    }

    func read(_ bytes: UnsafeRawBufferPointer) {
        file.fill(bytes)
        let trainer = bytes.count % 64 == 0 ? longer : trainer
        do throws(TrainingError) {
            let trained = try trainer.fit(
                network, on: split, store: store, checkpoint: Checkpoint(at: file.url, resume: true), observe: { _ in })
            // Weights that were tampered with may end a training early.
            expect(trained.history.epochs.count <= trainer.epochs, "\(trained.history.epochs.count) epochs")
        } catch { expect(!error.description.isEmpty, "an error without words") }
    }

    func seeds() throws -> [String: Data] {
        _ = try trainer.fit(network, on: split, store: store, checkpoint: Checkpoint(at: file.url), observe: { _ in })
        return ["two-epochs": try Data(contentsOf: file.url)]
    }
}
