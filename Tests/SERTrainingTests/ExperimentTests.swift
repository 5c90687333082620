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

@Suite struct ExperimentTests {
    @Test func anyNetworksAndFeaturesAreCompared() throws {
        let tones = try ToneCorpus()
        let split = try tones.split
        let observed = Mutex<[String]>([]), told = Mutex<[String]>([])
        var candidates = [bands(), loudness()]
        candidates[1].trainer.selection = .loss
        candidates[1].trainer.stopping = .when("never") { _ in false }
        let names = ["own / bands", "loudness"]
        let results = try Experiment(candidates, on: .split(split), seeds: [7]).run(
            observe: { event in
                if case .training(let candidate, 1, 7, .finished) = event { observed.withLock { $0.append(candidate) } }
            },
            tested: { network, results in
                told.withLock { $0.append(network.name) }
                #expect(results.runs.count == told.withLock { $0.count })
            })
        #expect(told.withLock { $0 } == names && observed.withLock { $0 } == names)
        #expect(results.runs.map(\.network) == names && results.isComplete && results.plannedRuns == 2)
        #expect(results.candidates.map(\.selection) == ["accuracy", "loss"])
        #expect(
            results.candidates.map(\.stoppingRule) == [nil, "never"]
                && results.candidates.map(\.accumulation) == [1, 1])
        #expect(results.candidates.map(\.epochs) == [3, 2] && results.runs.map { $0.history.count } == [3, 2])
        #expect(results.summaries.map(\.network) == names && results.seeds == [7])
        for (candidate, run) in zip(candidates, results.runs) {
            // Each is what its own trainer makes of its own network from the experiment's seed.
            var trainer = candidate.trainer
            trainer.seed = 7
            let alone = try trainer.fit(try candidate.network(split.labels, 7), on: split)
            let test = try alone.evaluate(split.test)
            #expect(run.logits == test.logits && run.metrics == test.metrics)
            #expect(run.parameters == alone.recognizer.model.parameterCount)
            #expect(try results.evaluation(of: candidate.name, seed: 7) == test)
        }
        #expect(results.folds.map(\.clips.count) == [split.test.count])
        #expect("\(results)".contains("LOUDNESS"))
    }

    @Test func allNetworksAreBuiltBeforeTheFirstIsTrained() throws {
        let tones = try ToneCorpus()
        let split = try tones.split
        let started = Mutex(0)
        func message(_ candidates: [Candidate]) -> String {
            let experiment = Experiment(candidates, on: .split(split))
            let error = #expect(throws: ExperimentError.self) {
                try experiment.run(observe: { _ in started.withLock { $0 += 1 } })
            }
            return error?.description ?? "none"
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
        let brief = try tones.split.test.clips[0]
        try AudioFile.write(AudioClip(samples: [0.5, -0.5, 0.5, -0.5], sampleRate: 8000), to: brief.path)
        let split = try Corpus.folders(at: tones.folder.url)
            .split(.stratified(train: 0.6, validation: 0.2, test: 0.2), seed: 1)
        var hungry = loudness()
        hungry.trainer.features = Hungry()
        do {
            _ = try Experiment([bands(), hungry], on: .split(split)).run()
            Issue.record("they were compared")
        } catch {
            #expect("\(error)".contains("loudness and own / bands cannot be compared"), "\(error)")
            #expect("\(error)".contains(brief.path.lastPathComponent), "\(error)")
        }
    }

    /// Three seeds of two networks over folds: what a table of a paper holds.
    @Test func severalNetworksAreComparedOverFoldsAndSeeds() throws {
        let tones = try ToneCorpus()
        let cut = try Experiment.Cut.folds(.stratified(2), of: tones.corpus)
        let folder = tones.folder.path("kept")
        let experiment = Experiment([bands(epochs: 1), loudness(epochs: 1)], on: cut, seeds: [1, 2])
        let results = try experiment.run(in: folder)
        #expect(results.runs.count == 8 && results.plannedRuns == 8 && results.isComplete)
        #expect(
            results.runs.map(\.network) == Array(repeating: "own / bands", count: 4)
                + Array(repeating: "loudness", count: 4))
        #expect(
            results.runs.prefix(4).map(\.seed) == [1, 1, 2, 2] && results.runs.prefix(4).map(\.fold) == [1, 2, 1, 2])
        #expect(results.summaries.map(\.network) == ["own / bands", "loudness"])
        #expect(results.summaries.allSatisfy { $0.seeds.map(\.metrics.count) == [24, 24] })
        #expect(try ExperimentResults(contentsOf: folder.appendingPathComponent("results.json")) == results)
        let kept = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/runs").sorted()
        #expect(kept.count == 8 && kept.contains("own %2F bands-seed-1-fold-2.json"), "\(kept)")
        #expect("\(results)".contains("loudness, accuracy"))
        let again = Mutex(0)
        let reread = try experiment.run(in: folder, observe: { if case .training = $0 { again.withLock { $0 += 1 } } })
        #expect(again.withLock { $0 } == 0)
        #expect(reread.runs == results.runs && reread.folds == results.folds)
        #expect(reread.summaries == results.summaries)
        #expect(reread == results)
    }

    @Test func aCancelledTaskGivesWhatWasFinished() async throws {
        let tones = try ToneCorpus()
        let split = try tones.split
        let experiment = Experiment([bands(), loudness(epochs: 100_000)], on: .split(split))
        let (tested, said) = AsyncStream.makeStream(of: String.self)
        let task = Task {
            try await experiment.run(observe: { if case .tested(let run, 1, 2) = $0 { said.yield(run.network) } })
        }
        for await name in tested {
            #expect(name == "own / bands")
            break
        }
        task.cancel()
        let results = try await task.value
        #expect(results.runs.map(\.network) == ["own / bands"] && results.missing == ["loudness"])
        #expect(results.summaries.map(\.network) == ["own / bands"] && !results.isComplete)
    }

    @Test func whatTheCallerThrowsEndsIt() throws {
        struct Full: Error, CustomStringConvertible { var description: String { "the disk is full" } }
        let tones = try ToneCorpus()
        let split = try tones.split
        let count = Mutex(0)
        do {
            _ = try Experiment([bands(), loudness()], on: .split(split)).run(tested: { _, _ in
                count.withLock { $0 += 1 }
                throw Full()
            })
            Issue.record("it went on")
        } catch { #expect(error.description == "the disk is full") }
        #expect(count.withLock { $0 } == 1)
    }

    @Test func theReportsFiveAreCandidates() throws {
        for architecture in Architecture.report {
            let candidate = architecture.candidate()
            #expect(candidate.name == architecture.rawValue && candidate.trainer.epochs == 100)
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
