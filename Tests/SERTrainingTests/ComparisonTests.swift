// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERTestSupport
import SERTraining
import Synchronization
import Testing

/// A candidate with a network and features that are none of the report's.
private func bands(_ name: String = "own / bands", epochs: Int = 3) -> Candidate {
    let trainer = Trainer(
        features: LogMel(.librosa, bands: 20, sampleRate: 8000), duration: 0.5, epochs: epochs, batchSize: 4,
        optimizer: .adam(learningRate: 0.01))
    return Candidate(name, trainer: trainer) { labels, seed in
        try Model(input: [.time, 20], seed: seed) {
            GRU(6); Dense(labels.count)
        }
    }
}

private func loudness(epochs: Int = 2) -> Candidate {
    let trainer = Trainer(
        features: RMSEnergy(sampleRate: 8000), duration: 0.5, epochs: epochs, batchSize: 3,
        optimizer: .sgd(learningRate: 0.1))
    return Candidate("loudness", trainer: trainer) { labels, seed in
        try Model(input: [.time, 1], seed: seed) {
            LSTM(4); Dense(labels.count)
        }
    }
}

@Suite struct ComparisonTests {
    @Test func anyNetworksAndFeaturesAreCompared() throws {
        let tones = try ToneCorpus()
        let split = try tones.split
        let observed = Mutex<[String]>([])
        var told: [String] = []
        let candidates = [bands(), loudness()]
        let results = try Comparison(candidates, seed: 7).run(
            on: split,
            progress: { candidate in
                { event in if case .finished = event { observed.withLock { $0.append(candidate.name) } } }
            },
            completed: { outcome, _ in told.append(outcome.name) })
        #expect(told == ["own / bands", "loudness"] && observed.withLock { $0 } == told)
        #expect(results.models.map(\.name) == told && results.missing.isEmpty)
        #expect(results.epochs == 3 && results.models.map { $0.settings?.epochs } == [3, 2])
        #expect(results.models.map { $0.history.count } == [3, 2])
        for (candidate, entry) in zip(candidates, results.models) {
            // Each is what its own trainer makes of its own network from the comparison's seed.
            var trainer = candidate.trainer
            trainer.seed = 7
            let alone = try trainer.fit(try candidate.network(split.labels, 7), on: split)
            let test = try alone.evaluate(split.test)
            #expect(entry.logits == test.logits && entry.testAccuracy == test.metrics.accuracy)
            #expect(entry.parameters == alone.recognizer.model.parameterCount)
        }
        #expect(results.clips.count == split.test.count)
        #expect("\(results)".contains("LOUDNESS"))
    }

    @Test func allNetworksAreBuiltBeforeTheFirstIsTrained() throws {
        let tones = try ToneCorpus()
        let split = try tones.split
        let started = Mutex(0)
        func message(_ candidates: [Candidate]) -> String {
            do {
                _ = try Comparison(candidates).run(
                    on: split, progress: { _ in { _ in started.withLock { $0 += 1 } } })
                return "none"
            } catch { return "\(error)" }
        }
        struct NoDisk: Error, CustomStringConvertible { var description: String { "no weights on this disk" } }
        let broken = Candidate("broken", trainer: bands().trainer) { _, _ in throw NoDisk() }
        #expect(message([bands(), broken]) == "the network broken cannot be built: no weights on this disk")
        let wide = Candidate("wide", trainer: bands().trainer) { _, seed in
            try Model(input: [.time, 20], seed: seed) {
                GRU(6); Dense(5)
            }
        }
        #expect(message([bands(), wide]).contains("one logit for each of the 2 labels"))
        let misfit = Candidate("misfit", trainer: loudness().trainer, network: bands().network)
        #expect(message([bands(), misfit]).contains("20"))
        #expect(message([bands(), bands()]).contains("the name 'own / bands'"))
        var large = loudness()
        large.trainer.batchSize = 100
        #expect(message([bands(), large]).contains("LOUDNESS trains on batches of 100 clips"))
        var brief = bands("brief")
        brief.trainer.duration = 0
        #expect(message([brief]).contains("a duration of 0.0 s"))
        #expect(started.withLock { $0 } == 0)
    }

    @Test func networksThatCannotHearTheSameClipsAreNotCompared() throws {
        let tones = try ToneCorpus()
        let split = try tones.split
        let brief = split.test.clips[0]
        try AudioFile.write(AudioClip(samples: [0.5, -0.5, 0.5, -0.5], sampleRate: 8000), to: brief.path)
        var hungry = loudness()
        hungry.trainer.features = Hungry()
        do {
            _ = try Comparison([bands(), hungry]).run(on: split)
            Issue.record("they were compared")
        } catch {
            #expect("\(error)".contains("loudness and own / bands cannot be compared"), "\(error)")
            #expect("\(error)".contains(brief.path.lastPathComponent), "\(error)")
        }
    }

    @Test func theReportsFiveAreCandidates() throws {
        for architecture in Architecture.allCases {
            let candidate = architecture.candidate(epochs: 4)
            #expect(candidate.name == architecture.rawValue && candidate.trainer.epochs == 4)
            #expect(candidate.trainer.batchSize == architecture.batchSize)
            #expect(candidate.trainer.metrics.map(\.name).count == (architecture == .ann ? 3 : 0))
            let model = try candidate.network(["a", "b", "c"], 5)
            let expected = try architecture.model(classes: 3, seed: 5)
            #expect(model.graph.input == expected.graph.input)
            #expect(model.parameters.tensors.map(\.scalars) == expected.parameters.tensors.map(\.scalars))
        }
    }
}

/// One number a clip, of clips that are long enough.
private struct Hungry: FeatureExtractor {
    static let kind = "hungry"
    var sampleRate = 8000.0
    var coefficients: Int { 1 }
    func frames(forSamples samples: Int) -> Int { samples < 100 ? 0 : 2 }
    func validate() throws(FeatureError) {}
    func extract(_ clip: AudioClip) throws(FeatureError) -> FeatureMatrix {
        let sound = try prepared(clip).samples
        guard sound.count >= 100 else { throw .tooShort(samples: sound.count, needed: 100, sampleRate: sampleRate) }
        return FeatureMatrix(frames: 2, coefficients: 1, values: [sound[0], sound.max() ?? 0])
    }
}
