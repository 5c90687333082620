// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERTestSupport
import SERTraining
import Testing

/// Layers that are frozen go on reading features on the scale they were trained with.
@Suite struct FineTuningTests {
    private let trainer = Trainer(
        features: MFCC(.librosa, coefficients: 13, sampleRate: 8000), duration: 1, epochs: 1, batchSize: 4, seed: 1)

    private func network(seed: UInt64 = 1) throws -> Model {
        try Model(input: [.time, 13], seed: seed) {
            GRU(6).named("rnn"); Dense(2).named("head")
        }
    }

    /// Trained on clips of which the second training knows only some: other means.
    private func pretrained() throws -> (recognizer: Recognizer, split: DataSplit, folder: ToneCorpus) {
        let tones = try ToneCorpus(clips: 36), fewer = try ToneCorpus(clips: 16)
        let first = try trainer.fit(try network(), on: try tones.split, observe: { _ in })
        return (first.recognizer, try fewer.split, fewer)
    }

    @Test func frozenLayersKeepTheirStandardisation() throws {
        let (recognizer, split, folder) = try pretrained()
        defer { withExtendedLifetime(folder) {} }
        var mine = try recognizer.model.replacingHead(classes: 2, seed: 2)
        try mine.freeze("rnn")
        let trained = try trainer.fit(mine, on: split, observe: { _ in }).recognizer
        #expect(trained.standardization == recognizer.standardization)
        #expect(trained.provenance.standardization == .kept)
        #expect(trained.model.parameters["rnn.weight_hh_l0"].scalars == mine.parameters["rnn.weight_hh_l0"].scalars)
        // It goes on through files and further trainings.
        let again = try trainer.fit(trained.model, on: split, observe: { _ in }).recognizer
        #expect(again.standardization == recognizer.standardization)
    }

    @Test func withoutFrozenLayersItIsMeasured() throws {
        let (recognizer, split, folder) = try pretrained()
        defer { withExtendedLifetime(folder) {} }
        let trained = try trainer.fit(recognizer.model, on: split, observe: { _ in }).recognizer
        let fresh = try trainer.fit(try network(), on: split, observe: { _ in }).recognizer
        #expect(trained.standardization == fresh.standardization && fresh.standardization != recognizer.standardization)
        #expect(trained.provenance.standardization == .measured)
        // Frozen weights of unknown origin have no scale to keep.
        var frozen = try network()
        try frozen.freeze("rnn")
        let unknown = try trainer.fit(frozen, on: split, observe: { _ in }).recognizer
        #expect(unknown.standardization == fresh.standardization)
    }

    @Test func transferBringsItAlong() throws {
        let (recognizer, split, folder) = try pretrained()
        defer { withExtendedLifetime(folder) {} }
        var mine = try network(seed: 5)
        try mine.transfer(from: recognizer.model, under: "rnn")
        try mine.freeze("rnn")
        #expect(
            try trainer.fit(mine, on: split, observe: { _ in }).recognizer.standardization
                == recognizer.standardization)
    }

    @Test func theChoiceIsTheCallers() throws {
        let (recognizer, split, folder) = try pretrained()
        var mine = recognizer.model
        try mine.freeze("rnn")
        var other = trainer
        other.standardization = .measured
        let measured = try other.fit(mine, on: split, observe: { _ in }).recognizer.standardization
        #expect(measured != recognizer.standardization)
        other.standardization = .given(recognizer.standardization)
        let given = try other.fit(try network(), on: split, observe: { _ in }).recognizer
        #expect(given.standardization == recognizer.standardization)
        // A checkpoint of the one choice is not gone on from with the other.
        let checkpoint = Checkpoint(at: folder.folder.url.appendingPathComponent("c"), resume: true)
        _ = try other.fit(mine, on: split, checkpoint: checkpoint, observe: { _ in })
        other.standardization = .measured
        let error = #expect(throws: TrainingError.self) {
            try other.fit(mine, on: split, checkpoint: checkpoint, observe: { _ in })
        }
        #expect(error?.description.contains("standardization") == true, "\(String(describing: error))")
        let numbers = ["mean": [0.0], "standardDeviation": [1.0]]
        other.standardization = .given(
            try JSONDecoder().decode(Standardization.self, from: JSONEncoder().encode(numbers)))
        let unfit = #expect(throws: TrainingError.self) { try other.fit(mine, on: split, observe: { _ in }) }
        #expect(unfit?.description.contains("of 1 coefficients, and the network reads 13") == true)
    }
}
