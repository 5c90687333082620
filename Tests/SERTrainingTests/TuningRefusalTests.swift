// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERSupport
import SERTestSupport
import SERTraining
import Testing

@Suite struct TuningRefusalTests {
    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "none"
        } catch { return "\(error)" }
    }

    @Test func whatCannotWorkIsToldBeforeAnythingIsTrained() throws {
        let tones = try ToneCorpus(), data = try TuningData(tones.split)
        func message(_ change: (inout Tuning) -> Void) throws -> String {
            var tuning = try toneTuning(data)
            change(&tuning)
            return self.message { try tuning.check() }
        }
        #expect(try message { _ in } == "none")
        #expect(try message { $0.rungs = [] }.contains("cannot be compared after no epochs"))
        #expect(try message { $0.rungs = [2, 2] }.contains("larger than the one before"))
        #expect(try message { $0.rungs = [0, 4] }.contains("whole numbers above 0"))
        #expect(try message { $0.reduction = 1 }.contains("from 2 to 1000"))
        #expect(try message { $0.trials = 0 }.contains("0 trials"))
        #expect(try message { $0.trials = 3 }.contains("Ask for at least 4"))
        #expect(try message { $0.rungs = [1, 3] }.contains("the candidate has 4 epochs and the last rung 3"))
        let small = Tuning(data, space: try SearchSpace([.init("a", .integers(from: 1, to: 3))]), trials: 4, rungs: [1])
        {
            _ in toneCandidate(try SearchSpace(toneSpace).draws(1, seed: 1)[0], epochs: 1)
        }
        #expect(self.message { try small.check() }.contains("3 ways, and 4 trials"))
        let large = Tuning(
            data, space: try SearchSpace([.init("batch", .choice(of: [4, 400]))]), trials: 2, rungs: [1]
        ) { drawn in
            var candidate = toneCandidate(try SearchSpace(toneSpace).draws(1, seed: 1)[0], epochs: 1)
            candidate.trainer.batchSize = drawn.integer("batch")
            return candidate
        }
        let text = self.message { try large.check() }
        #expect(text.contains("batches of 400 clips") && text.contains("batch 400"), "\(text)")
        let linear = Tuning(
            data, space: try SearchSpace([.init("a", .integers(from: 1, to: 3))]), trials: 1, rungs: [1]
        ) {
            _ in
            Candidate("svm", trainer: Trainer(linear: .supportVectors(), features: EGeMAPS())) { labels, seed in
                try Model(input: [88], seed: seed) { Dense(labels.count) }
            }
        }
        #expect(self.message { try linear.check() }.contains("solved for at once"))
    }

    @Test func splitsWithoutAPartToScoreByAreRefused() throws {
        let tones = try ToneCorpus()
        let none = try tones.corpus.split(.stratified(train: 0.8, validation: 0, test: 0.2), seed: 1)
        #expect(throws: SplitError.self) { try TuningData(none) }
        let low = tones.corpus.clips.indices.filter { tones.corpus.clips[$0].emotion == "low" }
        let high = tones.corpus.clips.indices.filter { tones.corpus.clips[$0].emotion == "high" }
        let missing = try DataSplit(
            corpus: tones.corpus, train: Array(low.dropFirst()), validation: [low[0]], test: high)
        #expect(message { _ = try TuningData(missing) }.contains("high"))
    }

    @Test func aFolderOfAnotherTuningIsNotTakenUp() throws {
        let tones = try ToneCorpus(), data = try TuningData(tones.split), folder = tones.folder.path("tuned")
        let first = try toneTuning(data, trials: 2, rungs: [1, 2])
        _ = try first.run(in: folder)
        func message(_ tuning: Tuning) -> String { self.message { _ = try tuning.run(in: folder) } }
        #expect(try message(toneTuning(data, trials: 2, rungs: [1, 2], seed: 4)).contains("is of another experiment"))
        #expect(try message(toneTuning(data, trials: 4, rungs: [1, 2, 4])).contains("rungs were 1, 2 and are 1, 2, 4"))
        let other = try TuningData(tones.corpus.split(.stratified(train: 0.6, validation: 0.2, test: 0.2), seed: 2))
        let text = message(try toneTuning(other, trials: 2, rungs: [1, 2]))
        #expect(text.contains("the clips that score trials are others"), "\(text)")
        let file = folder.appendingPathComponent("trials/trial-1-epochs-1.json")
        let kept = try String(contentsOf: file, encoding: .utf8)
        try Data("{".utf8).write(to: file)
        #expect(message(first).contains("is not JSON"))
        try Data(kept.replacingOccurrences(of: "\"foldScores\":[", with: "\"foldScores\":[7,").utf8).write(to: file)
        #expect(message(first).contains("a score that no trial can have"))
        try Data(kept.utf8).write(to: file)
        #expect(message(first) == "none")
        let lock = try #require(WorkLock(folder: folder.appendingPathComponent("trials")))
        #expect(message(first).contains("in use"))
        lock.unlock()
    }

    @Test func resultsThatNoTuningHasAreRefused() throws {
        let tones = try ToneCorpus(), data = try TuningData(tones.split), file = tones.folder.path("results.json")
        let results = try toneTuning(data).run(in: tones.folder.path("tuned"))
        let text = String(decoding: try results.json(), as: UTF8.self)
        #expect(!results.importance.isEmpty && results.importance.count == 3)
        func message(_ old: String, _ new: String) throws -> String {
            let changed = text.replacingOccurrences(of: old, with: new)
            #expect(changed != text, "nothing to change: \(old)")
            try Data(changed.utf8).write(to: file)
            return self.message { _ = try TuningResults(contentsOf: file) }
        }
        #expect(try message("\"rungs\":[1,2,4]", "\"rungs\":[4,2,1]").contains("no trials are compared"))
        #expect(try message("\"rungs\":[1,2,4]", "\"rungs\":[1,2,9223372036854775807]").contains("no trials"))
        #expect(try message("\"reduction\":2", "\"reduction\":0").contains("no trials are compared"))
        #expect(try message("\"plannedTrials\":6", "\"plannedTrials\":5").contains("more trials"))
        #expect(try message("\"plannedTrials\":6", "\"plannedTrials\":9000000000").contains("more trials"))
        #expect(try message("\"number\":2", "\"number\":1").contains("no number of its own"))
        #expect(try message("\"units\":", "\"unit\":").contains("settings that cannot be drawn"))
        #expect(try message("\"score\":", "\"score\":1").contains("score"))
        #expect(try message("\"share\":", "\"share\":-1").contains("decides what none can"))
        #expect(try message("\"version\":1", "\"version\":2").contains("version 2"))
        #expect(try message("\"kind\":\"tuning\"", "\"kind\":\"scaling\"").contains("not of kind tuning"))
        for end in stride(from: 0, to: text.utf8.count, by: 97) {
            try Data(text.utf8.prefix(end)).write(to: file)
            #expect(throws: ResultsError.self) { try TuningResults(contentsOf: file) }
        }
    }
}
