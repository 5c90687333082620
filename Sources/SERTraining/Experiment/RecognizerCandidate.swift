// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore
import SERModels
import SERSupport

extension Recognizer {
    /// How the recognizer's network is trained on where nothing else is said: with its features, duration, silence
    /// trimming and standardisation; for fewer epochs, in smaller batches, with steps that grow and then shrink
    /// (Docs/OwnVoices.md has the figures); in all else as the library's network of its name is trained.
    public var trainer: Trainer {
        let known = provenance.network.flatMap(Architecture.init(rawValue:))
        var trainer =
            known.flatMap { $0.isLinear ? nil : $0.trainer } ?? Trainer(features: pipeline.extractor)
        trainer.features = pipeline.extractor
        trainer.duration = pipeline.span.seconds
        trainer.window = pipeline.window
        trainer.trimming = pipeline.trimming
        // What changes bands has nothing to change in other features.
        if !(pipeline.extractor is LogMel) { trainer.augmentation = [] }
        trainer.output = outputPlace == 0 ? nil : output
        // The weights were trained on this scale; measured anew, validation voices did no better.
        trainer.standardization = .given(standardization)
        trainer.standardizationScope = model.normalizesSpeakers ? .speaker : standardization.scope
        trainer.epochs = Self.epochs
        trainer.batchSize = Self.batchSize
        trainer.schedule = Architecture.schedule(epochs: trainer.epochs)
        return trainer
    }

    // Chosen on validation voices: Docs/OwnVoices.md.
    private static let epochs = 10
    private static let batchSize = 16

    /// The recognizer as a candidate that trains on from it: for other voices, or other emotions.
    ///
    /// ```swift
    /// let start = try Recognizer(contentsOf: file)
    /// let tested = try await start.candidate("mine", freezing: .allButHead).tested(on: split)
    /// ```
    /// Emotions that the recognizer knows keep what was learned of them; those that are new get fresh rows of the head.
    /// - Parameters:
    ///   - name: What results call it.
    ///   - trainer: How it is trained; nil for ``trainer``.
    ///   - freezing: Which weights stay as they are.
    ///   - file: What the recognizer is called, as the trained model's file tells it.
    public func candidate(
        _ name: String, trainer: Trainer? = nil, freezing: Freezing = .nothing, from file: String? = nil
    ) -> Candidate {
        var trainer = trainer ?? self.trainer
        trainer.start = Provenance.Start(
            name: file ?? provenance.network ?? name, weights: model.digest.description, corpora: provenance.corpora)
        trainer.start?.heard = provenance.heard
        let settings = trainer
        var candidate = Candidate(name, trainer: trainer) { labels, seed in
            var network = try model.replacingHead(labels: labels, knowing: self.labels, seed: seed)
            try network.freeze(freezing)
            try checkPipeline(of: network, with: settings)
            return network
        }
        candidate.architecture = provenance.network
        return candidate
    }

    /// Makes sure that training lays features out as the recognizer does, which a network's input alone may not tell.
    private func checkPipeline(of network: Model, with trainer: Trainer) throws(ShapeError) {
        let made = try FeaturePipeline(
            for: network.graph.input, extractor: trainer.features, seconds: trainer.duration, window: trainer.window)
        guard made.arrangement != pipeline.arrangement else { return }
        throw ShapeError(
            path: "input", layer: "input", expected: "features laid out as \(made.arrangement), as training does",
            got: "\(pipeline.arrangement)", hint: "Train a network of your own on these features.")
    }
}

extension Experiment {
    /// That clips are tested which the start of a candidate may have learned from, in sentences.
    package var startWarnings: [String] {
        let tested = Set(cut.splits.flatMap(\.test.indices)).sorted().map { cut.corpus.clips[$0] }
        return candidates.compactMap(\.trainer.start).flatMap { start in
            if let known = start.heard?.told(tested, of: cut.corpus) {
                return ["\(start.name), which is trained on from, \(known)"]
            }
            return TrainedCorpora(said: start.corpora ?? "").found(among: tested).map { name, clips in
                "\(clips) of the \(tested.count) clips that are tested are of \(name), or named as its clips are, and "
                    + "\(start.name), which is trained on from, was trained on \(name), as its file says. Where it has heard "
                    + "these clips or their speakers, the result says nothing about voices never heard."
            }
        }
    }
}
