// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERSupport
import SERTestSupport
import SERTraining
import Testing

/// Two kinds of tones by three speakers.
private struct Voices {
    let folder: TemporaryFolder
    let corpus: Corpus

    init() throws {
        folder = try TemporaryFolder()
        var clips: [Clip] = []
        for index in 0..<36 {
            let label = index % 2 == 0 ? "low" : "high"
            let pitch = (label == "low" ? 200.0 : 900) + Double(index) * 7
            let samples = (0..<2400 + index * 37).map { Float(0.3 * sin(2 * .pi * pitch * Double($0) / 8000)) }
            let file = try folder.makeFolder(of: "sounds/\(label)\(index).wav")
            try AudioFile.write(AudioClip(samples: samples, sampleRate: 8000), to: file)
            clips.append(
                Clip(
                    path: file, emotion: label, speaker: "voice \(index / 2 % 3)", duration: 0.3, sampleRate: 8000,
                    corpus: "tones"))
        }
        corpus = Corpus(name: "tones", clips: clips)
    }

    var output: URL { folder.path("results") }
}

private func trainer(epochs: Int = 12) -> Trainer {
    Trainer(
        features: MFCC(.librosa, coefficients: 13, sampleRate: 8000), duration: 1, epochs: epochs, batchSize: 5,
        optimizer: .adam(learningRate: 0.01))
}

private func validation(
    _ folds: Folds = .leaveOneSpeakerOut, seeds: [UInt64] = [1, 2], epochs: Int = 12
) -> CrossValidation {
    CrossValidation(folds, name: "gru", trainer: trainer(epochs: epochs), seeds: seeds) { labels, seed in
        try Model(input: [.time, 13], seed: seed) {
            GRU(8); Dense(labels.count)
        }
    }
}

/// The results without what a clock says.
private func timeless(_ results: CrossValidationResults) -> CrossValidationResults {
    var results = results
    for index in results.folds.indices {
        results.folds[index].seconds = 0
        for epoch in results.folds[index].history.indices { results.folds[index].history[epoch].seconds = 0 }
    }
    return results
}

private final class Count: @unchecked Sendable {
    private let lock = NSLock()
    private var values: [String: Int] = [:]

    func add(_ name: String) { lock.withLock { values[name, default: 0] += 1 } }
    subscript(name: String) -> Int { lock.withLock { values[name] ?? 0 } }
}

@Suite struct CrossValidationTests {
    @Test func everyClipIsTestedOnceForEachSeed() throws {
        let voices = try Voices()
        let results = try validation().run(on: voices.corpus, copies: voices.corpus.nearCopies(), observe: { _ in })
        #expect(results.folds.map(\.seed) == [1, 1, 1, 2, 2, 2] && results.folds.map(\.fold) == [1, 2, 3, 1, 2, 3])
        for seed in [1, 2] as [UInt64] {
            let clips = results.folds.filter { $0.seed == seed }.flatMap(\.clips)
            #expect(Set(clips.map(\.clip)) == Set(voices.corpus.clips.map(\.path.lastPathComponent)))
            #expect(clips.count == 36)
            let right = clips.count { $0.target == $0.prediction }
            let run = try #require(results.runs.first { $0.seed == seed })
            #expect(run.metrics.accuracy == Double(right) / 36)
            for clip in clips {
                #expect(clip.probabilities[clip.prediction] == clip.probabilities.max())
                #expect(results.labels[clip.target] == (clip.clip.hasPrefix("low") ? "low" : "high"))
            }
        }
        #expect(results.accuracy.mean > 0.9)
        #expect(results.cuts.count == 3 && results.warnings.isEmpty && results.unheard == [])
        #expect(results.cuts.allSatisfy { $0.audit.overlaps.allSatisfy { $0.nearlyIdenticalAudio == [] } })
        #expect("\(results)".contains("tested on speaker voice 0") && "\(results)".contains("mean of 2 seeds"))
        // The network of a fold is the trainer's own.
        let split = try voices.corpus.folds(.leaveOneSpeakerOut, seed: 1)[1]
        var alone = trainer()
        alone.seed = 2
        let network = try Model(input: [.time, 13], seed: 2) {
            GRU(8); Dense(2)
        }
        let test = try alone.fit(network, on: split, observe: { _ in }).evaluate(split.test)
        #expect(results.folds[4].clips.map(\.probabilities) == test.probabilities)
    }

    @Test func temperaturesAreOfVoicesThatWereNotTrainedOn() throws {
        let voices = try Voices()
        var cross = validation()
        cross.validatedBy = .speaker
        cross.candidates[0].trainer.calibrates = true
        let results = try cross.run(on: voices.corpus, observe: { _ in })
        for cut in results.cuts {
            // Of the two voices that are left, one validates and one trains.
            #expect(cut.train == 12 && cut.validation == 12 && cut.test == 12)
            #expect(cut.audit.overlaps.allSatisfy { $0.speakers.isEmpty })
        }
        #expect(results.validatedBy == .speaker && results.settings[0].calibrates)
        for (run, seed) in zip(results.runs, [1, 2] as [UInt64]) {
            let folds = results.folds.filter { $0.seed == seed }
            for fold in folds {
                for clip in fold.clips {
                    let powers = clip.logits.map { exp(Double($0) / fold.temperature) }
                    let sum = powers.reduce(0, +)
                    #expect(zip(powers, clip.probabilities).allSatisfy { abs($0 / sum - Double($1)) < 1e-6 })
                }
                #expect(fold.history.count == fold.epochs && fold.history.last?.epoch == 12)
            }
            #expect((run.uncalibrated != nil) == folds.contains { $0.temperature != 1 })
            #expect(run.uncalibrated.map { $0.accuracy == run.metrics.accuracy } ?? true)
            #expect(try results.evaluation(ofSeed: seed).metrics == run.metrics)
        }
        #expect(results.estimates.unit == .speakers && results.estimates.units == 3)
        #expect(results.estimates[.accuracy]?.value == results.accuracy.mean)
        #expect(throws: EvaluationError.self) { try results.evaluation(ofSeed: 9) }
    }

    @Test func clipsAreResampledWhereVoicesWereHeardInTraining() throws {
        let voices = try Voices()
        let results = try validation(.stratified(3), seeds: [1], epochs: 1).run(on: voices.corpus, observe: { _ in })
        #expect(results.estimates.unit == .clips && results.estimates.units == 36)
        #expect(results.runs[0].calibrationExcess.unit == .clips && results.runs[0].uncalibrated == nil)
    }

    @Test func oneVoiceLeftCannotValidateAndTrain() throws {
        var cross = validation(.grouped(by: .speaker, 2))
        cross.validatedBy = .speaker
        let voices = try Voices()
        do {
            _ = try cross.run(on: voices.corpus, observe: { _ in })
            Issue.record("it ran")
        } catch {
            #expect(error.description.contains("1 speaker is left to train and to validate"), "\(error)")
        }
    }

    @Test func howManyFoldsAreTrainedAtOnceDoesNotMatter() throws {
        let voices = try Voices()
        var cross = validation()
        var seen: [CrossValidationResults] = []
        for count in [1, 2, 5] {
            cross.sideBySide = count
            seen.append(timeless(try cross.run(on: voices.corpus, observe: { _ in })))
        }
        #expect(seen[0] == seen[1] && seen[0] == seen[2])
    }

    @Test func stoppedRunsGoOnAndEndInTheSameBits() throws {
        let voices = try Voices()
        let whole = timeless(try validation().run(on: voices.corpus, observe: { _ in }))
        let count = Count()
        do {
            _ = try validation().run(
                on: voices.corpus, in: voices.output, observe: { if case .fold = $0 { count.add("fold") } },
                isCancelled: { count["fold"] >= 2 })
            Issue.record("it was not stopped")
        } catch {
            if case .stopped(let finished, 6) = error {
                #expect(finished >= 2 && finished < 6)
            } else {
                Issue.record("\(error)")
            }
        }
        let kept = try FileManager.default.contentsOfDirectory(atPath: voices.output.path + "/folds")
        #expect(kept.count >= 2 && kept.count < 6 && kept.allSatisfy { $0.hasPrefix("seed-") && $0.hasSuffix(".json") })
        #expect(!FileManager.default.fileExists(atPath: voices.output.path + "/results.json"))
        let after = Count()
        let results = try validation().run(
            on: voices.corpus, in: voices.output, observe: { if case .fold = $0 { after.add("fold") } })
        #expect(timeless(results) == whole)
        #expect(after["fold"] == 6 - kept.count)
        let read = try CrossValidationResults(contentsOf: voices.output.appendingPathComponent("results.json"))
        #expect(read == results)
        // Nothing is left to do: nothing is trained again, and the file stays as it is.
        let again = try validation().run(
            on: voices.corpus, in: voices.output, observe: { if case .epoch = $0 { after.add("epoch") } })
        #expect(again == results && after["epoch"] == 0)
    }

    @Test func foldsOfAnotherRunAreRefusedByName() throws {
        let voices = try Voices()
        _ = try validation(seeds: [1], epochs: 1).run(on: voices.corpus, in: voices.output, observe: { _ in })
        func message(_ cross: CrossValidation) -> String {
            do {
                _ = try cross.run(on: voices.corpus, in: voices.output, observe: { _ in })
                return "none"
            } catch { return error.description }
        }
        #expect(message(validation(seeds: [1], epochs: 2)).contains("the number of epochs was 1 and is 2"))
        let stratified = message(validation(.stratified(3), seeds: [1], epochs: 1))
        #expect(stratified.contains("the protocol was each speaker left out"))
        var other = validation(seeds: [1], epochs: 1)
        other.candidates[0].trainer.batchSize = 4
        #expect(message(other).contains("batchSize was 5 and is 4"))
        var calibrated = validation(seeds: [1], epochs: 1)
        calibrated.candidates[0].trainer.calibrates = true
        #expect(message(calibrated).contains("calibration was none and is a temperature"))
        var apart = validation(seeds: [1], epochs: 1)
        apart.validatedBy = .speaker
        #expect(message(apart).contains("what validation parts have to themselves was nothing and is speaker"))
        var clips = voices.corpus.clips
        clips[0].emotion = "high"
        let renamed = Corpus(name: "tones", clips: clips)
        do {
            _ = try validation(seeds: [1], epochs: 1).run(on: renamed, in: voices.output, observe: { _ in })
            Issue.record("a fold of other emotions was taken")
        } catch { #expect(error.description.contains("the content of the test part is another"), "\(error)") }
        let file = voices.output.appendingPathComponent("folds/seed-1-fold-1.json")
        let old = try String(contentsOf: file, encoding: .utf8).replacing("\"version\":3", with: "\"version\":2")
        try Data(old.utf8).write(to: file)
        #expect(message(validation(seeds: [1], epochs: 1)).contains("has version 2, and this library reads version 3"))
        try Data("{".utf8).write(to: file)
        #expect(message(validation(seeds: [1], epochs: 1)).contains("cannot be read"))
        let results = voices.output.appendingPathComponent("results.json")
        let text = try String(contentsOf: results, encoding: .utf8)
        try Data(text.replacingOccurrences(of: "\"version\":2", with: "\"version\":9").utf8).write(to: results)
        do {
            _ = try CrossValidationResults(contentsOf: results)
            Issue.record("a file of version 9 was read")
        } catch { #expect(error.description.contains("has version 9, and this library reads version 2")) }
    }

    @Test func nestedRunsChooseWithinTheTrainingPart() throws {
        let voices = try Voices()
        let good = Candidate("trained", trainer: trainer()) { labels, seed in
            try Model(input: [.time, 13], seed: seed) {
                GRU(8); Dense(labels.count)
            }
        }
        var lazy = good
        lazy.name = "untrained"
        lazy.trainer.optimizer = .adam(learningRate: 0)
        let results = try CrossValidation(.leaveOneSpeakerOut, choosing: [lazy, good], by: .stratified(2))
            .run(on: voices.corpus, observe: { _ in })
        #expect(results.folds.map(\.network) == ["trained", "trained", "trained"])
        for fold in results.folds {
            let choices = try #require(fold.choices)
            #expect(choices.map(\.name) == ["untrained", "trained"])
            #expect(choices[1].unweightedAverageRecall > choices[0].unweightedAverageRecall)
        }
        #expect(results.inner == "stratified, 2 folds")
        #expect("\(results)".contains("the best of untrained, trained"))
    }

    @Test func whatCannotWorkIsToldBeforeTraining() throws {
        let voices = try Voices()
        func message(_ cross: CrossValidation) -> String {
            do {
                _ = try cross.run(on: voices.corpus, observe: { _ in })
                return "none"
            } catch { return error.description }
        }
        #expect(message(validation(.grouped(by: .speaker, 4))).contains("3 speakers, too few for 4 parts"))
        #expect(message(validation(.leaveOneSentenceOut)).contains("no known sentence"))
        #expect(message(validation(seeds: [])).contains("name at least one"))
        #expect(message(validation(seeds: [1, 1])).contains("none twice"))
        let wrong = CrossValidation(.random(2), trainer: trainer()) { labels, seed in
            try Model(input: [.time, 13], seed: seed) {
                GRU(8); Dense(labels.count + 1)
            }
        }
        #expect(message(wrong).contains("one logit for each of the 2 labels"))
        let misfit = CrossValidation(.random(2), trainer: trainer()) { labels, seed in
            try Model(input: [.time, 7], seed: seed) {
                GRU(8); Dense(labels.count)
            }
        }
        #expect(message(misfit).contains("13"))
    }

    @Test func aRandomCutWarnsThatVoicesAreKnown() throws {
        let voices = try Voices()
        let results = try validation(.random(2), seeds: [1], epochs: 1).run(on: voices.corpus, observe: { _ in })
        #expect(results.warnings.contains { $0.contains("All 3 test speakers were heard in training") })
        #expect("\(results)".contains("Warning: All 3 test speakers"))
        #expect("\(results)".contains("bytes only") && results.unheard == nil)
    }
}
