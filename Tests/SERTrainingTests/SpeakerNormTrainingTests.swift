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
        features: LogMel.speech(bands: 12, sampleRate: 8000), duration: 1, epochs: 3, batchSize: 8,
        optimizer: .adam(learningRate: 0.01), standardizationScope: scope)
}

/// Linear up to the normalisation, so that what is added to all features of a speaker is gone behind it.
private func network(normalizesSpeakers: Bool = true, seed: UInt64 = 3) throws -> Model {
    try Model(input: [.time, 12], seed: seed) {
        GlobalAveragePool()
        Dense(6)
        if normalizesSpeakers { SpeakerNorm().named("norm") } else { BatchNorm().named("norm") }
        ReLU()
        Dense(2)
    }
}

private func near(_ a: [[Float]], _ b: [[Float]], _ tolerance: Float) -> Bool {
    a.count == b.count && zip(a.joined(), b.joined()).allSatisfy { abs($0 - $1) <= tolerance }
}

extension Prediction {
    /// The probability of each label, in the order of the labels.
    fileprivate var shares: [Float] { entries.sorted { $0.label < $1.label }.map(\.probability) }
}

@Suite struct SpeakerNormTrainingTests {
    /// A speaker four times as loud has features that are 12 dB above: gone where speakers are normalised.
    @Test func whatDistinguishesSpeakersIsNotRead() throws {
        let soft = try SpeakerRecordings(), loud = try SpeakerRecordings(louder: 4)
        for normalizesSpeakers in [true, false] {
            let network = try network(normalizesSpeakers: normalizesSpeakers)
            let trained = try trainer(normalizesSpeakers ? .speaker : .corpus).fit(network, on: soft.split)
            #expect(trained.recognizer.adaptsToVoices == normalizesSpeakers)
            #expect(trained.recognizer.standardization.scope == .corpus)
            let before = try trained.evaluate(soft.split.test), after = try trained.evaluate(loud.split.test)
            #expect(near(before.logits, after.logits, 1e-3) == normalizesSpeakers)
        }
    }

    /// A voice that heard all of a speaker's clips makes of them what the evaluation does, also from a file, and is a
    /// network like any other then.
    @Test func aVoiceRecognisesAsTheEvaluationDoes() throws {
        let recordings = try SpeakerRecordings(), split = try recordings.split
        let trained = try trainer().fit(try network(), on: split).recognizer
        let file = recordings.folder.path("m.safetensors")
        try trained.save(to: file)
        let recognizer = try Recognizer(contentsOf: file)
        let evaluation = try trained.evaluate(split.test)
        #expect(try recognizer.evaluate(split.test).logits == evaluation.logits)
        var voice = Voice()
        for clip in split.test.clips { try voice.hear(contentsOf: clip.path, by: recognizer) }
        voice = try JSONDecoder().decode(Voice.self, from: JSONEncoder().encode(voice))
        let own = try recognizer.adapted(to: voice)
        #expect(!own.adaptsToVoices && own.provenance.standardization == .voice)
        for (clip, row) in zip(split.test.clips, evaluation.logits) {
            let heard = try own.recognize(contentsOf: clip.path).shares
            #expect(zip(heard, softmax(Tensor(row, shape: [1, 2])).scalars).allSatisfy { abs($0 - $1) < 1e-4 })
        }
        try own.save(to: file)
        let clip = try AudioFile.read(at: split.test.clips[0].path)
        #expect(try Recognizer(contentsOf: file).recognize(clip) == own.recognize(clip))
        // A voice of which nothing was heard is the average one.
        #expect(try recognizer.adapted(to: Voice()).recognize(clip).shares == recognizer.recognize(clip).shares)
        #expect(try recognizer.recognize(clip).shares != own.recognize(clip).shares)
        // One that was heard in two parts is the same; one that another network heard is refused.
        var (first, second) = (Voice(), Voice())
        for (place, clip) in split.test.clips.enumerated() {
            if place < 7 {
                try first.hear(contentsOf: clip.path, by: recognizer)
            } else {
                try second.hear(contentsOf: clip.path, by: recognizer)
            }
        }
        first.hear(second)
        let joined = try recognizer.adapted(to: first).recognize(clip).shares
        #expect(try zip(joined, own.recognize(clip).shares).allSatisfy { abs($0 - $1) < 1e-4 })
        var features = Voice()
        features.hear(FeatureMatrix(frames: 2, coefficients: 12, values: Array(repeating: 1, count: 24)))
        #expect(throws: RecognitionError.voiceOfAnotherNetwork) { try recognizer.adapted(to: features) }
        let other = try trainer().fit(try network(seed: 4), on: split).recognizer
        #expect(throws: RecognitionError.voiceOfAnotherNetwork) { try other.adapted(to: voice) }
        #expect(throws: RecognitionError.voiceOfAnotherNetwork) { try voice.hear(clip, by: other) }
    }

    @Test func orderAndThreadsDoNotCount() throws {
        let recordings = try SpeakerRecordings()
        let recognizer = try trainer().fit(try network(), on: recordings.split).recognizer
        let all = Array(0..<SpeakerRecordings.count)
        let forward = try recognizer.evaluate(recordings.only(all)).logits
        let backward = try recognizer.evaluate(recordings.only(all.reversed())).logits
        #expect(near(forward, backward.reversed(), 1e-4))
        let before = Parallelism.threads
        defer { Parallelism.threads = before }
        for threads in [1, 3] {
            Parallelism.threads = threads
            #expect(try recognizer.evaluate(recordings.only(all)).logits == forward)
        }
    }

    /// What was heard of one speaker says nothing of another's clips.
    @Test func speakersStayApart() throws {
        let recordings = try SpeakerRecordings()
        let recognizer = try trainer().fit(try network(), on: recordings.split).recognizer
        let alone = try recognizer.evaluate(recordings.only(SpeakerRecordings.clips(of: [2]))).logits
        let both = [2, 3].flatMap { SpeakerRecordings.clips(of: [$0]) }
        let beside = try recognizer.evaluate(recordings.only(both))
        #expect(near(alone, Array(beside.logits[..<alone.count]), 1e-5))
    }

    /// Every clip once, those of a speaker in groups of at most sixteen, in another order in each epoch.
    @Test func batchesHoldSpeakersInGroups() throws {
        let recordings = try SpeakerRecordings()
        let clips = (0..<70).map { recordings.corpus.clips[$0] } + recordings.corpus.clips[72..<75]
        var seen: [[[Int]]] = []
        for epoch in 0..<2 {
            let order = try BatchOrder(
                trainingBySpeaker: clips, batchSize: 32, key: RandomKey(seed: 1).derived(epoch))
            #expect(order.batches.joined().sorted() == Array(clips.indices))
            let speakers = try #require(order.speakers)
            for (batch, ranges) in zip(order.batches, speakers) {
                #expect(ranges.first?.lowerBound == 0 && ranges.last?.upperBound == batch.count)
                #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
                for range in ranges {
                    #expect((1...16).contains(range.count))
                    #expect(Set(range.map { clips[batch[$0]].speaker }).count == 1)
                }
            }
            seen.append(order.batches)
        }
        #expect(seen[0] != seen[1])
    }

    @Test func anInterruptedTrainingGoesOnTheSame() throws {
        let recordings = try SpeakerRecordings(), split = try recordings.split
        let checkpoint = Checkpoint(at: recordings.folder.path("c"), resume: true)
        var short = trainer()
        short.epochs = 1
        _ = try short.fit(try network(), on: split, checkpoint: checkpoint)
        let resumed = try trainer().fit(try network(), on: split, checkpoint: checkpoint).recognizer.model
        let whole = try trainer().fit(try network(), on: split).recognizer.model
        #expect(resumed.parameters.tensors.map(\.scalars) == whole.parameters.tensors.map(\.scalars))
        #expect(resumed.state.tensors.map(\.scalars) == whole.state.tensors.map(\.scalars))
    }

    @Test func whatCannotBeNormalisedIsToldBeforeAnySoundIsRead() throws {
        // There are no files behind these clips.
        let corpus = madeUpCorpus(["high": 8, "low": 8], speakers: nil)
        let split = try DataSplit(
            corpus: corpus, train: Array(0..<4) + Array(8..<12), validation: [4, 5, 12, 13], test: [6, 7, 14, 15])
        let unknown = #expect(throws: TrainingError.self) { try trainer().fit(try network(), on: split) }
        #expect(unknown?.description.contains("who speaks in") == true)
        let scope = #expect(throws: TrainingError.self) { try trainer(.corpus).fit(try network(), on: split) }
        #expect(scope?.description.contains("standardizationScope: .speaker") == true)
        let recordings = try SpeakerRecordings(), nameless = try SpeakerRecordings(prefix: nil)
        let recognizer = try trainer().fit(try network(), on: recordings.split).recognizer
        let untold = #expect(throws: TrainingError.self) { try recognizer.evaluate(nameless.split.test) }
        #expect(untold?.description.contains("who speaks in") == true)
    }

    /// A degraded clip is read by what the network knows of the voice as it is.
    @Test func degradedClipsAreReadByTheVoiceAsItIs() throws {
        let recordings = try SpeakerRecordings(), split = try recordings.split
        let recognizer = try trainer().fit(try network(), on: split).recognizer
        let results = try recognizer.robustness(
            on: split.test, suite: RobustnessSuite.standard.only([.gain]), bootstrap: Bootstrap(resamples: 100))
        #expect(results.isComplete && !results.conditions.isEmpty && results.clips == split.test.count)
    }

    @Test func confidencesAreCalibratedOnVoicesThatWereHeard() throws {
        let recordings = try SpeakerRecordings(), split = try recordings.split
        var calibrating = trainer()
        calibrating.calibrates = true
        let trained = try calibrating.fit(try network(), on: split).recognizer
        var again = trained
        try again.calibrate(on: split.validation)
        #expect(again.calibration == trained.calibration)
    }
}
