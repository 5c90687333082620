// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERSupport
import SERTestSupport
import SERTraining
import Testing

private func trainer(_ scope: Standardization.Scope = .speaker) -> Trainer {
    Trainer(
        features: LogMel.speech(bands: 12, sampleRate: 8000), duration: 1, epochs: 3, batchSize: 4,
        optimizer: .adam(learningRate: 0.01), standardizationScope: scope)
}

private func network() throws -> Model {
    try Model(input: [.time, 12], seed: 3) {
        GRU(6); Dense(2)
    }
}

private func near(_ a: [[Float]], _ b: [[Float]], _ tolerance: Float) -> Bool {
    a.count == b.count && zip(a.joined(), b.joined()).allSatisfy { abs($0 - $1) <= tolerance }
}

@Suite struct SpeakerStandardizationTests {
    /// How loud a speaker was recorded does not count, in whichever part they are; by corpus it does.
    @Test func aSpeakersLevelIsNotRead() throws {
        let soft = try SpeakerRecordings(), loud = try SpeakerRecordings(louder: 4)
        for (scope, isRead) in [(Standardization.Scope.speaker, false), (.clip, false), (.corpus, true)] {
            let trained = try trainer(scope).fit(try network(), on: soft.split)
            let before = try trained.evaluate(soft.split.test), after = try trained.evaluate(loud.split.test)
            #expect(near(before.logits, after.logits, 1e-3) != isRead, "\(scope)")
            #expect(trained.recognizer.standardization.scope == scope)
        }
    }

    /// What one part holds changes nothing in another.
    @Test func everyPartHasItsOwnStatistics() throws {
        let recordings = try SpeakerRecordings(), split = try recordings.split
        let trained = try trainer().fit(try network(), on: split)
        let others = try SpeakerRecordings(louder: 4)
        let loud = try trainer().fit(try network(), on: others.split)
        #expect(loud.recognizer.standardization == trained.recognizer.standardization)
        #expect(
            loud.recognizer.model.parameters.tensors.map(\.scalars)
                == trained.recognizer.model.parameters.tensors.map(\.scalars))
        // The fourth speaker in all parts: tested by the test clips alone.
        let fourth = SpeakerRecordings.clips(of: [3]), tested = Array(fourth[4...])
        let rest = SpeakerRecordings.clips(of: [0, 1])
        let mixed = try DataSplit(
            corpus: recordings.corpus, train: rest + fourth[..<2], validation: Array(fourth[2..<4]), test: tested)
        let inSplit = try trained.evaluate(mixed.test), alone = try trained.evaluate(recordings.only(tested))
        #expect(inSplit.logits == alone.logits)
        let withAll = try trained.evaluate(recordings.only(fourth))
        #expect(!near(Array(withAll.logits[4...]), alone.logits, 1e-6))
    }

    @Test func orderAndThreadsDoNotCount() throws {
        let recordings = try SpeakerRecordings(), trained = try trainer().fit(try network(), on: recordings.split)
        let all = Array(0..<SpeakerRecordings.count)
        let forward = try trained.recognizer.evaluate(recordings.only(all)).logits
        let backward = try trained.recognizer.evaluate(recordings.only(all.reversed())).logits
        #expect(near(forward, backward.reversed(), 1e-5))
        let before = Parallelism.threads
        defer { Parallelism.threads = before }
        for threads in [1, 3] {
            Parallelism.threads = threads
            #expect(try trained.recognizer.evaluate(recordings.only(all)).logits == forward)
        }
    }

    /// A voice that heard a speaker's clips makes of them what the evaluation does; a file keeps all of it.
    @Test func aVoiceRecognisesAsTheEvaluationDoes() throws {
        let recordings = try SpeakerRecordings(), split = try recordings.split
        let recognizer = try trainer().fit(try network(), on: split).recognizer
        let file = recordings.folder.path("m.safetensors")
        try recognizer.save(to: file)
        #expect(try SafetensorsReader(at: file).metadata["ser.format"] == "4")
        let copy = try Recognizer(contentsOf: file)
        #expect(copy.standardization == recognizer.standardization)
        let evaluation = try recognizer.evaluate(split.test)
        #expect(try copy.evaluate(split.test).logits == evaluation.logits)
        var voice = Voice()
        for clip in split.test.clips { try voice.hear(contentsOf: clip.path, by: copy) }
        let own = try copy.adapted(to: voice)
        for (clip, row) in zip(split.test.clips, evaluation.logits) {
            let prediction = try own.recognize(contentsOf: clip.path)
            let shares = softmax(Tensor(row, shape: [1, 2])).scalars
            #expect(zip(recognizer.labels, shares).allSatisfy { abs((prediction[$0] ?? -1) - $1) < 1e-5 })
        }
        // For one voice it is a recognizer like any other, in a file that older libraries read.
        try own.save(to: file)
        #expect(try SafetensorsReader(at: file).metadata["ser.format"] == "2")
        let clip = try AudioFile.read(at: split.test.clips[0].path)
        #expect(try Recognizer(contentsOf: file).recognize(clip) == own.recognize(clip))
        #expect(try Recognizer(contentsOf: file).provenance.standardization == .voice)
        // A voice of which nothing was heard is the average one, and other scopes know no voices.
        #expect(try copy.adapted(to: Voice()).recognize(clip) == copy.recognize(clip))
        #expect(try copy.recognize(clip) != own.recognize(clip))
        let byClip = try trainer(.clip).fit(try network(), on: split).recognizer
        #expect(try byClip.adapted(to: voice).standardization == byClip.standardization)
        var other = Voice()
        other.hear(FeatureMatrix(frames: 1, coefficients: 3, values: [1, 2, 3]))
        #expect(throws: RecognitionError.otherVoice(columns: 3, features: 12)) { try copy.adapted(to: other) }
        #expect(throws: RecognitionError.otherVoice(columns: 3, features: 12)) { try other.hear(clip, by: copy) }
    }

    @Test func explanationsAddUpByClipAndForAVoice() throws {
        let recordings = try SpeakerRecordings(), split = try recordings.split, file = split.test.clips[0].path
        var voice = Voice()
        for (scope, trained) in [
            (Standardization.Scope.clip, try trainer(.clip).fit(try network(), on: split).recognizer),
            (.speaker, try trainer().fit(try network(), on: split).recognizer),
        ] {
            if scope == .speaker { try voice.hear(contentsOf: file, by: trained) }
            let recognizer = try trained.adapted(to: voice)
            let explanation = try recognizer.explain(contentsOf: file)
            let prediction = try recognizer.recognize(contentsOf: file)
            #expect(explanation.prediction.entries == prediction.entries)
            let whole = abs(explanation.score - explanation.baselineScore)
            #expect(explanation.completenessGap < 0.02 * max(whole, 0.1), "\(scope): \(explanation.completenessGap)")
        }
    }

    @Test func whatCannotBeStandardisedIsToldBeforeAnySoundIsRead() throws {
        // There are no files behind these clips.
        let corpus = madeUpCorpus(["high": 8, "low": 8], speakers: nil)
        let split = try DataSplit(
            corpus: corpus, train: Array(0..<4) + Array(8..<12), validation: [4, 5, 12, 13], test: [6, 7, 14, 15])
        let unknown = #expect(throws: TrainingError.self) { try trainer().fit(try network(), on: split) }
        #expect(unknown?.description.contains("name the speaker of every clip in a manifest") == true)
        let candidate = Candidate("gru", trainer: trainer()) { _, _ in try network() }
        let told = #expect(throws: ExperimentError.self) { try Experiment([candidate], on: .split(split)).check() }
        #expect(told.map { "\($0)" }?.contains("who speaks in") == true)
        let ann = try Model(input: [12], seed: 1) { Dense(2) }
        let oneRow = #expect(throws: TrainingError.self) { try trainer(.clip).fit(ann, on: split) }
        #expect(oneRow?.description.contains("one row") == true)
        // The same parts as a recognizer.
        let recordings = try SpeakerRecordings()
        let byClip = try trainer(.clip).fit(try network(), on: recordings.split).recognizer
        let pipeline = try FeaturePipeline(for: [12], extractor: trainer().features, seconds: 1)
        #expect(throws: RecognizerError.oneRowByClip) {
            try Recognizer(
                model: ann, pipeline: pipeline, standardization: byClip.standardization, labels: ["a", "b"])
        }
        let bySpeaker = try trainer().fit(try network(), on: recordings.split).recognizer
        let nameless = try SpeakerRecordings(prefix: nil)
        let untold = #expect(throws: TrainingError.self) { try bySpeaker.evaluate(nameless.split.test) }
        #expect(untold?.description.contains("who speaks in") == true)
    }

    /// Neither a checkpoint nor a kept run of another scope, or of other speakers, is taken for this one.
    @Test func whatWasKeptOfAnotherScopeIsRefused() throws {
        let recordings = try SpeakerRecordings(), split = try recordings.split
        let checkpoint = Checkpoint(at: recordings.folder.path("c"), resume: true)
        _ = try trainer(.corpus).fit(try network(), on: split, checkpoint: checkpoint)
        let scope = #expect(throws: TrainingError.self) {
            try trainer().fit(try network(), on: split, checkpoint: checkpoint)
        }
        let told = scope?.description ?? ""
        #expect(told.contains("standardizedBy was not there and is") && !told.contains("other speakers"), "\(told)")
        let second = Checkpoint(at: recordings.folder.path("d"), resume: true)
        _ = try trainer().fit(try network(), on: split, checkpoint: second)
        var clips = recordings.corpus.clips
        for index in clips.indices { clips[index].speaker = index % 3 == 0 ? "x" : "y" }
        let renamed = try DataSplit(
            corpus: Corpus(name: "noise", clips: clips), train: split.train.indices,
            validation: split.validation.indices, test: split.test.indices)
        let speakers = #expect(throws: TrainingError.self) {
            try trainer().fit(try network(), on: renamed, checkpoint: second)
        }
        #expect(speakers?.description.contains("has other speakers for its files") == true)
        // By corpus, nobody looks at them.
        _ = try trainer(.corpus).fit(try network(), on: renamed, checkpoint: checkpoint)

        func experiment(_ scope: Standardization.Scope) throws -> Experiment {
            let candidate = Candidate("gru", trainer: trainer(scope)) { _, seed in
                try Model(input: [.time, 12], seed: seed) {
                    GRU(4); Dense(2)
                }
            }
            return Experiment([candidate], on: try .folds(.leaveOneSpeakerOut, of: recordings.corpus))
        }
        let folder = recordings.folder.path("kept")
        let results = try experiment(.speaker).run(in: folder)
        #expect(results.isComplete && results.candidates[0].standardizedBy == "speaker")
        #expect(throws: ExperimentError.self) { try experiment(.corpus).run(in: folder) }
        #expect(throws: ExperimentError.self) { try experiment(.clip).run(in: folder) }
        #expect(try experiment(.speaker).run(in: folder).runs == results.runs)
    }

    /// Frozen layers keep the scale they know, scope and all; what contradicts it is told.
    @Test func frozenLayersKeepTheirScope() throws {
        let recordings = try SpeakerRecordings(), split = try recordings.split
        var known = try trainer().fit(try network(), on: split).recognizer.model
        try known.freeze("gru1")
        let kept = try trainer(.corpus).fit(known, on: split).recognizer
        #expect(kept.standardization == known.standardization && kept.standardization.scope == .speaker)
        let error = #expect(throws: TrainingError.self) { try trainer(.clip).fit(known, on: split) }
        #expect(error?.description.contains("by speaker, and the trainer asks for one by clip") == true)
    }

    /// A voice's numbers are of its clips as they are: what changes training clips does not move them.
    @Test func augmentationComesBeforeAndLeavesVoicesAlone() throws {
        let recordings = try SpeakerRecordings(), split = try recordings.split
        var augmented = trainer()
        augmented.augmentation = [Gain(decibels: 6), Crop(frames: 20)]
        let trained = try augmented.fit(try network(), on: split).recognizer
        #expect(trained.standardization == (try trainer().fit(try network(), on: split).recognizer.standardization))
    }

    @Test func degradedClipsAreReadByTheVoiceAsItIs() throws {
        let recordings = try SpeakerRecordings(), split = try recordings.split
        let recognizer = try trainer().fit(try network(), on: split).recognizer
        let results = try recognizer.robustness(
            on: split.test, suite: RobustnessSuite.standard.only([.gain]), bootstrap: Bootstrap(resamples: 100))
        #expect(results.isComplete && !results.conditions.isEmpty && results.clips == split.test.count)
    }

    /// SERNet normalises what it makes of clips, and reads them as ever.
    @Test func serNetNormalisesSpeakersWhereTheTrainerDoes() throws {
        for scope in Standardization.Scope.allCases {
            var trainer = Architecture.serNet.trainer
            trainer.standardizationScope = scope
            let network = try Architecture.serNet.candidate(trainer).network(["a", "b"], 1)
            #expect(network.graph.nodes.contains { $0.layer is SpeakerNorm } == (scope == .speaker))
            #expect(network.graph.nodes.contains { $0.layer is MeanNormalization })
        }
    }
}
