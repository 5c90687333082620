// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERSupport
import SERTestSupport
import SERTraining
import Synchronization
import Testing

/// A network for tones of which each trial draws the rate, the units and what is dropped.
func toneCandidate(_ drawn: DrawnSettings, epochs: Int) -> Candidate {
    let rate = drawn.number("rate"), units = drawn.integer("units"), dropout = Float(drawn.number("dropout"))
    let trainer = Trainer(
        features: LogMel(.librosa, bands: 12, sampleRate: 8000), duration: 0.5, epochs: epochs, batchSize: 4,
        optimizer: .adam(learningRate: rate), schedule: .cosine(over: .epochs(epochs)))
    return Candidate("tones", trainer: trainer) { labels, seed in
        try Model(input: [.time, 12], seed: seed) {
            GRU(units); Dropout(dropout); Dense(labels.count)
        }
    }
}

let toneSpace: [SearchSpace.Setting] = [
    .init("rate", .logUniform(from: 1e-4, to: 1e-1)), .init("units", .choice(of: [2, 4, 6])),
    .init("dropout", .uniform(from: 0, to: 0.5)),
]

func toneTuning(_ data: TuningData, trials: Int = 6, rungs: [Int] = [1, 2, 4], seed: UInt64 = 3) throws -> Tuning {
    let last = rungs.last ?? 1
    return Tuning(data, space: try SearchSpace(toneSpace), trials: trials, rungs: rungs, reduction: 2, seed: seed) {
        toneCandidate($0, epochs: last)
    }
}

/// Results without times, which differ from run to run, as JSON.
func timeless(_ results: TuningResults) throws -> NSObject {
    func stripped(_ value: Any) -> Any {
        if let object = value as? [String: Any] {
            return object.filter { $0.key != "seconds" }.mapValues(stripped)
        }
        if let array = value as? [Any] { return array.map(stripped) }
        return value
    }
    let object = try JSONSerialization.jsonObject(with: results.json())
    return stripped(object) as? NSObject ?? NSNull()
}

@Suite struct TuningTests {
    @Test func aTrialIsTheBeginningOfAPlainTraining() throws {
        let tones = try ToneCorpus(), split = try tones.split
        let tuning = try toneTuning(TuningData(split))
        let results = try tuning.run(in: tones.folder.path("tuned"))
        #expect(results.isComplete && results.trials.map(\.number) == [1, 2, 3, 4, 5, 6])
        #expect(results.rungs == [1, 2, 4] && results.cut == split.summary)
        #expect(results.trials.contains { $0.rungs.count == 3 } && results.trials.contains { $0.rungs.count == 1 })
        for trial in results.trials {
            for rung in trial.rungs {
                // Schedules are laid out for all epochs, whatever the rung.
                var candidate = toneCandidate(trial.settings, epochs: 4)
                candidate.trainer.epochs = rung.epochs
                candidate.trainer.seed = 3
                let alone = try candidate.trainer.fit(try candidate.network(split.labels, 3), on: split)
                let score = try alone.evaluate(split.validation).metrics.unweightedAverageRecall
                #expect(rung.score == score && rung.foldScores == [score])
                #expect(rung.bestEpochs == [alone.history.bestEpoch])
            }
        }
        let best = try #require(results.best)
        #expect(best.number == results.ranked.first?.number && best.rungs.count == 3)
        #expect(results.training?.name == "tones" && results.training?.epochs == 4)
        // The checkpoint of the best is its model.
        let kept = tones.folder.path("tuned/trials/trial-\(best.number)-fold-1.checkpoint")
        let score = try Recognizer(contentsOf: kept).evaluate(split.validation).metrics.unweightedAverageRecall
        #expect(score == best.last?.score)
    }

    @Test func noClipOfTheTestPartIsRead() throws {
        let tones = try ToneCorpus(), split = try tones.split
        let data = try TuningData(split)
        #expect(data.splits.allSatisfy { $0.test.isEmpty })
        #expect(Set(data.corpus.clips.map(\.name)).isDisjoint(with: split.test.clips.map(\.name)))
        for clip in split.test.clips { try FileManager.default.removeItem(at: clip.path) }
        let results = try toneTuning(data, trials: 2, rungs: [1, 2]).run(in: tones.folder.path("tuned"))
        #expect(results.isComplete && results.skipped.isEmpty)
        let folds = try TuningData(split, folds: .stratified(2), seed: 1)
        let tested = folds.splits.flatMap { $0.partitions.flatMap(\.clips) }.map(\.name)
        #expect(Set(tested).isDisjoint(with: split.test.clips.map(\.name)))
        #expect(Set(tested).count == split.train.count + split.validation.count)
    }

    @Test func aStoppedTuningEndsAsAnUnbrokenOne() throws {
        let tones = try ToneCorpus(), data = try TuningData(tones.split)
        let tuning = try toneTuning(data)
        let whole = try tuning.run(in: tones.folder.path("whole"))
        let folder = tones.folder.path("broken")
        // Stopped again and again, in the middle of trainings and between them.
        for epochs in [0, 1, 2, 3, 3] {
            let count = Mutex(0)
            let stopped = try tuning.run(
                in: folder,
                observe: { if case .epoch = $0 { count.withLock { $0 += 1 } } },
                stop: StopSignal(asking: { count.withLock { $0 } >= epochs }))
            #expect(!stopped.isComplete)
        }
        let resumed = Mutex(0)
        let end = try tuning.run(
            in: folder, observe: { if case .resumed(let count) = $0 { resumed.withLock { $0 = count } } })
        #expect(end.isComplete && resumed.withLock { $0 } > 2)
        #expect(try timeless(end) == timeless(whole))
        // Finished, it trains nothing again.
        let again = try tuning.run(
            in: folder, observe: { if case .began = $0 { Issue.record("trained again") } })
        #expect(again == end)
        #expect(try TuningResults(contentsOf: folder.appendingPathComponent("results.json")) == end)
    }

    @Test func moreTrialsGoOnFromFewer() throws {
        let tones = try ToneCorpus(), data = try TuningData(tones.split)
        let folder = tones.folder.path("grown")
        let few = try toneTuning(data, trials: 4).run(in: folder)
        let many = try toneTuning(data, trials: 6).run(in: folder)
        let whole = try toneTuning(data, trials: 6).run(in: tones.folder.path("whole"))
        #expect(few.isComplete && many.trials.count == 6)
        #expect(try timeless(many) == timeless(whole))
    }

    @Test func foldsAreScoredByTheirMeanWhateverTheThreads() throws {
        let tones = try ToneCorpus(), split = try tones.split
        let data = try TuningData(split, folds: .stratified(3), validation: 0.2, seed: 5)
        let before = Parallelism.threads
        defer { Parallelism.threads = before }
        var found: [NSObject] = []
        for threads in [1, 3] {
            Parallelism.threads = threads
            let results = try toneTuning(data, trials: 2, rungs: [1, 2]).run(in: tones.folder.path("\(threads)"))
            found.append(try timeless(results))
            #expect(results.hasFolds && results.parts.count == 3 && results.intervalUnit == "folds")
            for rung in results.trials.flatMap(\.rungs) {
                #expect(rung.foldScores.count == 3 && rung.score == Spread(rung.foldScores).mean)
                let interval = try #require(rung.interval)
                #expect(interval.lower <= rung.score ?? -1 && interval.upper >= rung.score ?? 2)
            }
        }
        #expect(found[0] == found[1])
    }

    @Test func aDivergedTrialGoesNoFurther() throws {
        let tones = try ToneCorpus(), data = try TuningData(tones.split)
        let space = try SearchSpace([.init("rate", .choice(of: [0.001, 0.002, 0.003, 1e30]))])
        let tuning = Tuning(data, space: space, trials: 4, rungs: [2, 4], reduction: 2) { drawn in
            let trainer = Trainer(
                features: LogMel(.librosa, bands: 12, sampleRate: 8000), duration: 0.5, epochs: 4, batchSize: 4,
                optimizer: .sgd(learningRate: drawn.number("rate")))
            return Candidate("plain", trainer: trainer) { labels, seed in
                try Model(input: [.time, 12], seed: seed) {
                    GRU(4); Dense(8); ReLU(); Dense(labels.count)
                }
            }
        }
        let results = try tuning.run(in: tones.folder.path("tuned"))
        let broken = try #require(results.trials.first { $0.settings.number("rate") == 1e30 })
        #expect(broken.rungs.count == 1 && broken.last?.divergedInEpoch != nil)
        #expect(results.best?.number != broken.number && results.isComplete)
        #expect("\(results)".contains("diverged in"))
        #expect(try TuningResults(contentsOf: tones.folder.path("tuned/results.json")) == results)
    }

    @Test func aCancelledTaskGivesWhatWasFinished() async throws {
        let tones = try ToneCorpus(), tuning = try toneTuning(TuningData(tones.split), trials: 500, rungs: [2])
        let folder = tones.folder.path("tuned")
        let task = Task { try await tuning.run(in: folder) }
        let first = folder.appendingPathComponent("trials/trial-1-epochs-2.json")
        while !FileManager.default.fileExists(atPath: first.path) { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        let results = try await task.value
        #expect(!results.isComplete && (1..<500).contains(results.trials.count))
        #expect("\(results)".contains("stopped: \(results.trials.count) of 500 trials"))
    }
}
