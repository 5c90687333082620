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

private func gru(epochs: Int = 12) -> Candidate {
    Candidate("gru", trainer: trainer(epochs: epochs)) { labels, seed in
        try Model(input: [.time, 13], seed: seed) {
            GRU(8); Dense(labels.count)
        }
    }
}

private func experiment(
    _ voices: Voices, _ folds: Folds = .leaveOneSpeakerOut, seeds: [UInt64] = [1, 2], epochs: Int = 12,
    validatedBy: Grouping? = nil
) throws -> Experiment {
    let cut = try Experiment.Cut.folds(folds, of: voices.corpus, validatedBy: validatedBy)
    return Experiment([gru(epochs: epochs)], on: cut, seeds: seeds)
}

/// The results without what a clock says.
private func timeless(_ results: ExperimentResults) -> ExperimentResults {
    var results = results
    for index in results.runs.indices {
        results.runs[index].seconds = 0
        for epoch in results.runs[index].history.indices { results.runs[index].history[epoch].seconds = 0 }
    }
    for index in results.summaries.indices { results.summaries[index].seconds = 0 }
    return results
}

private final class Count: @unchecked Sendable {
    private let lock = NSLock()
    private var values: [String: Int] = [:]

    func add(_ name: String) { lock.withLock { values[name, default: 0] += 1 } }
    subscript(name: String) -> Int { lock.withLock { values[name] ?? 0 } }
}

@Suite struct ExperimentFoldsTests {
    @Test func everyClipIsTestedOnceForEachSeed() throws {
        let voices = try Voices()
        var experiment = try experiment(voices)
        experiment.copies = try voices.corpus.nearCopies()
        let results = try experiment.run()
        #expect(results.runs.map(\.seed) == [1, 1, 1, 2, 2, 2] && results.runs.map(\.fold) == [1, 2, 3, 1, 2, 3])
        let clips = results.folds.flatMap(\.clips)
        #expect(Set(clips.map(\.clip)) == Set(voices.corpus.clips.map(\.path.lastPathComponent)) && clips.count == 36)
        for clip in clips { #expect(results.labels[clip.target] == (clip.clip.hasPrefix("low") ? "low" : "high")) }
        let summary = try #require(results.summaries.first)
        #expect(results.summaries.count == 1 && summary.network == "gru" && results.networks == ["gru"])
        for seed in [1, 2] as [UInt64] {
            let evaluation = try results.evaluation(of: "gru", seed: seed)
            let right = zip(evaluation.targets, evaluation.predictions).count { $0 == $1 }
            let own = try #require(summary.seeds.first { $0.seed == seed })
            #expect(own.metrics.accuracy == Double(right) / 36 && own.metrics == evaluation.metrics)
        }
        #expect(summary.accuracy.mean > 0.9)
        #expect(results.folds.count == 3 && results.warnings.isEmpty && results.unheard == [])
        #expect(results.folds.allSatisfy { $0.audit.overlaps.allSatisfy { $0.nearlyIdenticalAudio == [] } })
        #expect("\(results)".contains("tested on speaker voice 0") && "\(results)".contains("mean of 2 seeds"))
        // The network of a fold is the trainer's own.
        let split = try voices.corpus.folds(.leaveOneSpeakerOut, seed: 1)[1]
        var alone = trainer()
        alone.seed = 2
        let network = try Model(input: [.time, 13], seed: 2) {
            GRU(8); Dense(2)
        }
        let test = try alone.fit(network, on: split).evaluate(split.test)
        #expect(results.runs[4].logits == test.logits && results.runs[4].metrics == test.metrics)
    }

    @Test func temperaturesAreOfVoicesThatWereNotTrainedOn() throws {
        let voices = try Voices()
        var experiment = try experiment(voices, validatedBy: .speaker)
        experiment.candidates[0].trainer.calibrates = true
        let results = try experiment.run()
        for fold in results.folds {
            // Of the two voices that are left, one validates and one trains.
            #expect(fold.train == 12 && fold.validation == 12 && fold.test == 12)
            #expect(fold.audit.overlaps.allSatisfy { $0.speakers.isEmpty })
        }
        #expect(results.cut.validatedBy == .speaker && results.candidates[0].calibrates)
        let summary = try #require(results.summaries.first)
        for (own, seed) in zip(summary.seeds, [1, 2] as [UInt64]) {
            let runs = results.runs.filter { $0.seed == seed }
            let pooled = try results.evaluation(of: "gru", seed: seed)
            let logits = runs.flatMap { run in run.logits.map { ($0, run.temperature) } }
            for ((logits, temperature), probabilities) in zip(logits, pooled.probabilities) {
                let powers = logits.map { exp(Double($0) / temperature) }
                let sum = powers.reduce(0, +)
                #expect(zip(powers, probabilities).allSatisfy { abs($0 / sum - Double($1)) < 1e-6 })
            }
            #expect(runs.allSatisfy { $0.history.count == 12 && $0.history.last?.epoch == 12 })
            #expect((own.uncalibrated != nil) == runs.contains { $0.temperature != 1 })
            #expect(own.uncalibrated.map { $0.accuracy == own.metrics.accuracy } ?? true)
            #expect(pooled.metrics == own.metrics)
        }
        #expect(summary.estimates.unit == .speakers && summary.estimates.units == 3)
        #expect(summary.estimates[.accuracy]?.value == summary.accuracy.mean)
        #expect(throws: EvaluationError.self) { try results.evaluation(of: "gru", seed: 9) }
    }

    @Test func clipsAreResampledWhereVoicesWereHeardInTraining() throws {
        let voices = try Voices()
        let results = try experiment(voices, .stratified(3), seeds: [1], epochs: 1).run()
        let summary = try #require(results.summaries.first)
        #expect(summary.estimates.unit == .clips && summary.estimates.units == 36)
        #expect(summary.seeds[0].calibrationExcess.unit == .clips && summary.seeds[0].uncalibrated == nil)
    }

    @Test func oneVoiceLeftCannotValidateAndTrain() throws {
        let voices = try Voices()
        let error = #expect(throws: SplitError.self) {
            try experiment(voices, .grouped(by: .speaker, 2), validatedBy: .speaker)
        }
        #expect(error?.description.contains("1 speaker is left to train and to validate") == true)
    }

    @Test func howManyFoldsAreTrainedAtOnceDoesNotMatter() throws {
        let voices = try Voices()
        var experiment = try experiment(voices)
        var seen: [ExperimentResults] = []
        for count in [1, 2, 5] {
            experiment.sideBySide = count
            seen.append(timeless(try experiment.run()))
        }
        #expect(seen[0] == seen[1] && seen[0] == seen[2])
    }

    @Test func stoppedRunsGoOnAndEndInTheSameBits() throws {
        let voices = try Voices()
        let experiment = try experiment(voices)
        let whole = timeless(try experiment.run())
        let count = Count(), stop = StopSignal()
        let part = try experiment.run(
            in: voices.output,
            observe: { event in
                guard case .tested = event else { return }
                count.add("run")
                if count["run"] >= 2 { stop.set() }
            }, stop: stop)
        #expect(part.runs.count >= 2 && part.runs.count < 6 && part.missing == ["gru"] && part.plannedRuns == 6)
        let kept = try FileManager.default.contentsOfDirectory(atPath: voices.output.path + "/runs")
        #expect(kept.count == part.runs.count && kept.allSatisfy { $0.hasPrefix("gru-seed-") && $0.hasSuffix(".json") })
        #expect(!FileManager.default.fileExists(atPath: voices.output.path + "/results.json"))
        let after = Count()
        let results = try experiment.run(in: voices.output, observe: { if case .tested = $0 { after.add("run") } })
        #expect(timeless(results) == whole)
        #expect(after["run"] == 6 - kept.count)
        let read = try ExperimentResults(contentsOf: voices.output.appendingPathComponent("results.json"))
        #expect(read == results)
        // Nothing is left to do: nothing is trained again, and the file stays as it is.
        let again = try experiment.run(in: voices.output, observe: { if case .epoch = $0 { after.add("epoch") } })
        #expect(again == results && after["epoch"] == 0)
    }

    @Test func runsOfAnotherExperimentAreRefusedByName() throws {
        let voices = try Voices()
        let first = try experiment(voices, seeds: [1], epochs: 1)
        _ = try first.run(in: voices.output)
        func message(_ experiment: Experiment) -> String {
            do {
                _ = try experiment.run(in: voices.output)
                return "none"
            } catch { return error.description }
        }
        #expect(
            message(try experiment(voices, seeds: [1], epochs: 2)).contains("the number of epochs was 1 and is 2"))
        let stratified = message(try experiment(voices, .stratified(3), seeds: [1], epochs: 1))
        #expect(stratified.contains("the protocol was each speaker left out"))
        var other = first
        other.candidates[0].trainer.batchSize = 4
        #expect(message(other).contains("batchSize was 5 and is 4"))
        var calibrated = first
        calibrated.candidates[0].trainer.calibrates = true
        #expect(message(calibrated).contains("calibration was none and is a temperature"))
        let apart = try experiment(voices, seeds: [1], epochs: 1, validatedBy: .speaker)
        #expect(message(apart).contains("what validation parts have to themselves was nothing and is speaker"))
        var clips = voices.corpus.clips
        clips[0].emotion = "high"
        var renamed = first
        renamed.cut = try .folds(.leaveOneSpeakerOut, of: Corpus(name: "tones", clips: clips))
        #expect(message(renamed).contains("the content of the test part is another"))
    }

    @Test func keptRunsThatWereChangedAreNotTaken() throws {
        let voices = try Voices()
        let first = try experiment(voices, seeds: [1], epochs: 1)
        _ = try first.run(in: voices.output)
        let file = voices.output.appendingPathComponent("runs/gru-seed-1-fold-1.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        for (old, new, says) in [
            ("\"version\":1", "\"version\":9", "has version 9, and this library reads version 1"),
            ("\"fold\":1,", "\"fold\":2,", "it holds another run than its name says"),
            ("\"network\":\"gru\"", "\"network\":\"lstm\"", "it holds another run than its name says"),
            ("\"clip\":\"low0.wav\"", "\"clip\":\"low1.wav\"", "its clips are not those of the fold"),
            ("\"target\":1", "\"target\":0", "its clips are not those of the fold"),
            ("\"temperature\":1", "\"temperature\":0", "its outputs cannot be"),
            ("\"logits\":[[", "\"logits\":[[7,", "its outputs cannot be"), ("{", "", "cannot be read"),
        ] {
            #expect(text.contains(old), "\(old)")
            try Data(text.replacing(old, with: new, maxReplacements: 1).utf8).write(to: file)
            do {
                _ = try first.run(in: voices.output)
                Issue.record("taken: \(new)")
            } catch { #expect(error.description.contains(says) && error.description.contains(file.path), "\(error)") }
        }
    }

    @Test func aFolderIsOfOneExperimentAtATime() throws {
        let voices = try Voices()
        let first = try experiment(voices, seeds: [1], epochs: 1), refused = Count()
        _ = try first.run(
            in: voices.output,
            observe: { event in
                guard case .tested(_, finished: 1, _) = event else { return }
                do throws(ExperimentError) { _ = try first.run(in: voices.output) } catch {
                    if case .inUse = error { refused.add(error.description) }
                }
            })
        #expect(
            refused[
                "\(voices.output.path) is in use: another experiment keeps its runs there. Wait until it has ended, "
                    + "or name another folder."] == 1)
        _ = try first.run(in: voices.output)
    }

    @Test func nestedRunsChooseWithinTheTrainingPart() throws {
        let voices = try Voices()
        var good = gru(), lazy = gru()
        good.name = "trained"
        lazy.name = "untrained"
        lazy.trainer.optimizer = .adam(learningRate: 0)
        let cut = try Experiment.Cut.folds(.leaveOneSpeakerOut, of: voices.corpus)
        let results = try Experiment([lazy, good], on: cut, choosing: .stratified(2)).run(in: voices.output)
        #expect(results.networks == ["the best of untrained, trained"])
        #expect(results.runs.map(\.candidate) == ["trained", "trained", "trained"])
        for run in results.runs {
            let choices = try #require(run.choices)
            #expect(choices.map(\.name) == ["untrained", "trained"])
            #expect(choices[1].unweightedAverageRecall > choices[0].unweightedAverageRecall)
        }
        #expect(results.choice == "stratified, 2 folds")
        #expect("\(results)".contains("the best of untrained, trained"))
        let kept = try FileManager.default.contentsOfDirectory(atPath: voices.output.path + "/runs")
        #expect(kept.count == 3 && kept.allSatisfy { $0.hasPrefix("chosen-seed-1-") }, "\(kept)")
        // A split says nothing of how folds within it are cut: then the results do.
        let split = try voices.corpus.split(.stratified(train: 0.5, validation: 0.25, test: 0.25), seed: 3)
        let single = try Experiment([lazy, good], on: .split(split), choosing: .stratified(2)).run()
        #expect(single.choice == "stratified, 2 folds, validation 10 % of each class, seed 1")
    }

    @Test func whatCannotWorkIsToldBeforeTraining() throws {
        let voices = try Voices()
        func message(_ make: () throws -> Experiment) -> String {
            do {
                try make().check()
                return "none"
            } catch { return "\(error)" }
        }
        #expect(
            message { try experiment(voices, .grouped(by: .speaker, 4)) }.contains("3 speakers, too few for 4 parts"))
        #expect(message { try experiment(voices, .leaveOneSentenceOut) }.contains("no known sentence"))
        #expect(message { try experiment(voices, seeds: []) }.contains("name at least one"))
        #expect(message { try experiment(voices, seeds: [1, 1]) }.contains("none twice"))
        let cut = try Experiment.Cut.folds(.random(2), of: voices.corpus)
        let wrong = Candidate("wrong", trainer: trainer()) { labels, seed in
            try Model(input: [.time, 13], seed: seed) {
                GRU(8); Dense(labels.count + 1)
            }
        }
        #expect(message { Experiment([wrong], on: cut) }.contains("one logit for each of the 2 labels"))
        let misfit = Candidate("misfit", trainer: trainer()) { labels, seed in
            try Model(input: [.time, 7], seed: seed) {
                GRU(8); Dense(labels.count)
            }
        }
        #expect(message { Experiment([misfit], on: cut) }.contains("13"))
        #expect(message { Experiment([], on: cut) }.contains("there is no network to train"))
        #expect(
            message { Experiment([gru()], on: cut, choosing: .grouped(by: .sentence, 2)) }.contains("no known sentence")
        )
    }

    @Test func aRandomCutWarnsThatVoicesAreKnown() throws {
        let voices = try Voices()
        let results = try experiment(voices, .random(2), seeds: [1], epochs: 1).run()
        #expect(results.warnings.contains { $0.contains("All 3 test speakers were heard in training") })
        #expect("\(results)".contains("Warning: All 3 test speakers"))
        #expect("\(results)".contains("bytes only") && results.unheard == nil)
    }
}
