// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERTraining

/// What keeping a checkpoint costs: the same training with and without, in turn, features computed beforehand.
enum CheckpointTrial {
    private struct Result: Encodable {
        var network: String
        var millisecondsPerEpochWithout, millisecondsPerEpochWith, percentMore: Double
        var checkpointBytes: Int
    }

    static func run(_ data: URL, _ architecture: Architecture, epochs: Int) throws -> String {
        let split = try Corpus(detecting: data).split(.stratified(train: 0.8, validation: 0.1, test: 0.1), seed: 1)
        let network = try architecture.model(classes: split.labels.count, seed: 1)
        let trainer = Trainer(
            features: MFCC(.librosa, coefficients: 40), epochs: epochs, batchSize: architecture.batchSize, seed: 1)
        let store = FeatureStore()
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("ser-checkpoint-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        // From the end of the first epoch to the end of the last: nothing that is done once counts.
        func milliseconds(_ checkpoint: Checkpoint?) throws -> Double {
            try? FileManager.default.removeItem(at: file)
            let clock = Clock()
            _ = try trainer.fit(network, on: split, store: store, checkpoint: checkpoint, observe: clock.observe)
            return clock.milliseconds / Double(epochs - 1)
        }
        _ = try milliseconds(nil)
        var (without, with) = (Double.infinity, Double.infinity)
        var bytes = 0
        for _ in 0..<3 {
            without = min(without, try milliseconds(nil))
            with = min(with, try milliseconds(Checkpoint(at: file)))
            bytes = try Data(contentsOf: file).count
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let result = Result(
            network: architecture.rawValue, millisecondsPerEpochWithout: without, millisecondsPerEpochWith: with,
            percentMore: 100 * (with / without - 1), checkpointBytes: bytes)
        return String(decoding: try encoder.encode(result), as: UTF8.self)
    }

    private final class Clock: @unchecked Sendable {
        private let lock = NSLock()
        private var first: UInt64?
        private var last: UInt64 = 0

        var milliseconds: Double { Double(last - (first ?? last)) * 1e-6 }

        func observe(_ event: Trainer.Event) {
            guard case .epoch = event else { return }
            lock.withLock {
                last = DispatchTime.now().uptimeNanoseconds
                if first == nil { first = last }
            }
        }
    }
}
