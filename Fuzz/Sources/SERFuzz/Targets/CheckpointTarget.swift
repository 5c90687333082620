// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERTraining

/// Checkpoints, after a byte that says what is asked of the training that goes on from them.
struct CheckpointTarget: FuzzTarget {
    private enum Kind: UInt8 {
        /// No epoch is left.
        case ended
        /// One is left, after which a checkpoint is written.
        case longer
        /// There are more epochs than asked for.
        case shorter
        /// Nobody asks to go on.
        case unasked
    }

    private let file: InputFile
    private let split: DataSplit
    private let network: Model
    private let trainer, longer, shorter: Trainer
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
        network = try Model(input: [.time, 5], seed: 2) {
            GRU(2); Dense(2)
        }
        func trainer(epochs: Int) -> Trainer {
            Trainer(
                features: MFCC(.librosa, coefficients: 5, sampleRate: 8000), duration: 0.2, epochs: epochs,
                batchSize: 4, metrics: [.precision, .recall, .auc], seed: 1)
        }
        (self.trainer, longer, shorter) = (trainer(epochs: 2), trainer(epochs: 3), trainer(epochs: 1))
    }

    func read(_ bytes: UnsafeRawBufferPointer) {
        file.fill(UnsafeRawBufferPointer(rebasing: bytes.dropFirst()))
        let kind = Kind(rawValue: bytes.first ?? 0) ?? .ended
        let trainer =
            switch kind {
            case .ended, .unasked: trainer
            case .longer: longer
            case .shorter: shorter
            }
        do throws(TrainingError) {
            let trained = try trainer.fit(
                network, on: split, store: store, checkpoint: Checkpoint(at: file.url, resume: kind != .unasked),
                observe: { _ in })
            // Weights that were tampered with may end a training early.
            expect(trained.history.epochs.count <= trainer.epochs, "\(trained.history.epochs.count) epochs")
            expect(kind != .unasked, "a checkpoint that nobody asked to go on from was not heeded")
        } catch { expect(!error.description.isEmpty, "an error without words") }
    }

    func seeds() throws -> [String: Data] {
        _ = try trainer.fit(network, on: split, store: store, checkpoint: Checkpoint(at: file.url), observe: { _ in })
        let plain = try Data(contentsOf: file.url)
        let file = Safetensors(plain)
        let part = "ser.checkpoint", history = "checkpoint:history"
        var seeds: [String: Data] = [:]
        for kind in [Kind.ended, .longer, .shorter, .unasked] { seeds["\(kind)"] = Data([kind.rawValue]) + plain }
        // Valid throughout, and each with one thing that is not this training's.
        let others = [
            "version": file.changed(part, ["version": 2]), "steps": file.changed(part, ["steps": -1]),
            "best": file.changed(part, ["bestEpoch": 3]), "identity": file.changed(part, ["identity": "{}"]),
            "key": file.changed(part, ["key": ["bits": 1]]), "rate": file.changed(part, ["rate": [:] as [String: Int]]),
            "scale": file.changed("ser.standardization", ["mean": [0, 0, 0, 0, 0]]),
            "no-history": file.renamed { $0 == history ? "history" : $0 },
            "flat-history": file.reshaped(history, [24]), "wide-history": file.reshaped(history, [1, 24]),
            "whole-history": file.retyped("I64") { $0 == history },
            "no-weights": file.renamed { $0.replacing("checkpoint:weights.", with: "weights.") },
            "no-moments": file.renamed { $0.replacing("checkpoint:optimizer.", with: "moments.") },
            "other-best": file.renamed { $0.hasPrefix("checkpoint:") ? $0 : "best.\($0)" },
        ]
        return seeds.merging(others.mapValues { Data([Kind.ended.rawValue]) + $0 }) { $1 }
    }
}
