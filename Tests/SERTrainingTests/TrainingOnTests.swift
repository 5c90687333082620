// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERTestSupport
import SERTraining
import Testing

/// Training on from a recognizer: it says what is read, known classes keep what was learned of them, and files tell it.
@Suite struct TrainingOnTests {
    private func pretrained(_ tones: ToneCorpus) throws -> Recognizer {
        var trainer = Trainer(
            features: MFCC(.librosa, coefficients: 13, sampleRate: 8000), duration: 1, epochs: 2, batchSize: 4, seed: 1)
        trainer.trimming = SilenceTrimming(decibels: 30)
        var network = try Model(input: [.time, 13], seed: 1) {
            GRU(6).named("rnn"); Dense(4).named("fc"); BatchNorm(); Dense(2).named("head")
        }
        try network.freeze("rnn")
        return try trainer.fit(network, on: tones.split).recognizer
    }

    /// The same clips, those of some under another name.
    private func relabelled(_ corpus: Corpus, _ name: String, every: Int) -> Corpus {
        let clips = corpus.clips.enumerated().map { index, clip in
            var clip = clip
            if index % every == 0 { clip.emotion = name }
            return clip
        }
        return Corpus(name: "mine", clips: clips)
    }

    @Test func theRecognizerSaysWhatIsRead() throws {
        let tones = try ToneCorpus(), recognizer = try pretrained(tones), trainer = recognizer.trainer
        #expect(recognizer.pipeline.trimming == SilenceTrimming(decibels: 30))
        #expect(trainer.trimming == recognizer.pipeline.trimming && trainer.window == recognizer.pipeline.window)
        #expect(trainer.duration == 1 && trainer.features.coefficients == 13)
        var candidate = recognizer.candidate("mine", from: "first.safetensors")
        candidate.trainer.epochs = 1
        candidate.trainer.batchSize = 4
        let tested = try candidate.tested(on: tones.split)
        #expect(tested.recognizer.pipeline.trimming == recognizer.pipeline.trimming)
        // What was frozen once is trained again unless asked for.
        #expect(tested.recognizer.model.frozenPaths.isEmpty)
        let start = try #require(tested.recognizer.provenance.start)
        #expect(start.name == "first.safetensors" && start.weights.count == 32)
        #expect(start.corpora == recognizer.provenance.corpus)
        let file = tones.folder.url.appendingPathComponent("m.safetensors")
        try tested.recognizer.save(to: file)
        #expect(try Recognizer(contentsOf: file).provenance.start == start)
    }

    /// With all weights frozen nothing is learned: what comes out of known classes is what the start gives.
    @Test func knownClassesKeepTheirRowsAndTheirScale() throws {
        let tones = try ToneCorpus(), recognizer = try pretrained(tones)
        let corpus = relabelled(tones.corpus, "hoarse", every: 3)
        #expect(corpus.labels == ["high", "hoarse", "low"] && recognizer.labels == ["high", "low"])
        let split = try corpus.split(.stratified(train: 0.6, validation: 0.2, test: 0.2), seed: 1)
        let all = recognizer.model.parameters.paths + recognizer.model.state.paths
        var candidate = recognizer.candidate("mine", freezing: .paths(all))
        candidate.trainer.epochs = 1
        candidate.trainer.batchSize = 4
        let mine = try candidate.tested(on: split, seed: 5).recognizer
        #expect(mine.labels == corpus.labels && mine.standardization == recognizer.standardization)
        for clip in corpus.clips.prefix(6) {
            let sound = try AudioFile.read(at: clip.path)
            let before = try recognizer.outputs(of: sound)[recognizer.output].values.scalars
            let after = try mine.outputs(of: sound)[mine.output].values.scalars
            try #require(before.count == 2 && after.count == 3)
            #expect(abs(before[0] - after[0]) < 1e-5 && abs(before[1] - after[2]) < 1e-5, "\(before) \(after)")
        }
    }

    @Test func allButTheHeadStays() throws {
        let tones = try ToneCorpus(), recognizer = try pretrained(tones)
        var candidate = recognizer.candidate("mine", freezing: .allButHead)
        candidate.trainer.epochs = 1
        candidate.trainer.batchSize = 4
        let trained = try candidate.tested(on: tones.split).recognizer.model
        for path in recognizer.model.parameters.paths {
            let isSame = trained.parameters[path].scalars == recognizer.model.parameters[path].scalars
            #expect(isSame == !path.hasPrefix("head."), "\(path)")
        }
        for path in recognizer.model.state.paths {
            #expect(trained.state[path].scalars == recognizer.model.state[path].scalars, "\(path)")
        }
        let unknown = recognizer.candidate("mine", freezing: .paths(["hed"]))
        let error = #expect(throws: TrainingError.self) { try unknown.tested(on: tones.split) }
        #expect(error?.description.contains("Did you mean 'head'?") == true, "\(String(describing: error))")
    }

    @Test func aCheckpointBelongsToItsStart() throws {
        let tones = try ToneCorpus(), split = try tones.split, first = try pretrained(tones)
        var trainer = first.trainer
        (trainer.epochs, trainer.batchSize) = (1, 4)
        let checkpoint = Checkpoint(at: tones.folder.url.appendingPathComponent("c"), resume: true)
        let once = try first.candidate("mine", trainer: trainer).tested(on: split, checkpoint: checkpoint)
        let again = try first.candidate("mine", trainer: trainer, from: "renamed").tested(
            on: split, checkpoint: checkpoint)
        #expect(once.test.logits == again.test.logits)
        let second = once.recognizer
        let error = #expect(throws: TrainingError.self) {
            try second.candidate("mine", trainer: trainer).tested(on: split, checkpoint: checkpoint)
        }
        #expect(error?.description.contains("trained on from is another") == true, "\(String(describing: error))")
    }

    @Test func testsOfKnownClipsAreTold() throws {
        let tones = try ToneCorpus(), recognizer = try pretrained(tones), split = try tones.split
        let warnings = Experiment([recognizer.candidate("mine", from: "first")], on: .split(split)).startWarnings
        #expect(warnings.count == 1 && warnings[0].contains("first"), "\(warnings)")
        #expect(
            warnings.first?.hasPrefix("\(split.test.count) of the \(split.test.count) clips") == true, "\(warnings)")
        // Of clips that it was trained on itself, the number is told, whatever the corpus is called; and it is kept in files,
        // and handed on.
        let file = tones.folder.url.appendingPathComponent("m.safetensors")
        var renamed = recognizer
        renamed.provenance.corpus = "another"
        try renamed.save(to: file)
        renamed = try Recognizer(contentsOf: file)
        let again = try tones.corpus.split(.stratified(train: 0.6, validation: 0.2, test: 0.2), seed: 9)
        let trainedOn = Set((split.train.clips + split.validation.clips).map(\.path))
        let heard = again.test.clips.count { trainedOn.contains($0.path) }
        try #require(heard > 0)
        func told(_ recognizer: Recognizer) -> [String] {
            Experiment([recognizer.candidate("mine")], on: .split(again)).startWarnings
        }
        #expect(told(renamed).first?.contains("was trained on \(heard) of the \(again.test.count) clips") == true)
        var candidate = renamed.candidate("mine")
        candidate.trainer.epochs = 1
        candidate.trainer.batchSize = 4
        let next = try candidate.tested(on: split).recognizer
        #expect(told(next).first?.contains("was trained on \(heard) of the") == true)
        var other = recognizer
        other.provenance.heard = nil
        other.provenance.corpus = "CREMA-D + others"
        #expect(Experiment([other.candidate("mine")], on: .split(split)).startWarnings.isEmpty)
        // What a start was trained on is not forgotten by what is trained on from it.
        other.provenance.corpus = "mine"
        other.provenance.start = .init(
            name: "a", weights: String(repeating: "0", count: 32), corpora: tones.corpus.name)
        #expect(Experiment([other.candidate("mine")], on: .split(split)).startWarnings.count == 1)
    }

    /// A network of statistics that training would lay out otherwise is refused, not silently read in another way.
    @Test func anotherLayoutIsRefused() throws {
        let tones = try ToneCorpus()
        let features = MFCC(.librosa, coefficients: 13, sampleRate: 8000)
        let numbers = [
            "mean": [Double](repeating: 0, count: 26), "standardDeviation": [Double](repeating: 1, count: 26),
        ]
        let recognizer = try Recognizer(
            model: try Model(input: [26], seed: 1) { Dense(2) },
            pipeline: FeaturePipeline(
                extractor: features, span: .atMost(seconds: 1), arrangement: .vector([.mean, .maximum])),
            standardization: try JSONDecoder().decode(Standardization.self, from: JSONEncoder().encode(numbers)),
            labels: ["high", "low"])
        let error = #expect(throws: TrainingError.self) { try recognizer.candidate("mine").tested(on: tones.split) }
        #expect(error?.description.contains("laid out") == true, "\(String(describing: error))")
    }
}
