// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERReports
import SERSupport
import SERSyntheticSpeech
import SERTraining
import Testing

@Suite(.serialized) struct RobustnessTests {
    /// A corpus of one's own making and a network that has learned it a little.
    private static func trained(_ folder: URL) throws -> (corpus: Corpus, recognizer: Recognizer) {
        try SyntheticCorpus(words: 4).write(to: folder)
        let corpus = try Corpus(detecting: folder)
        let split = try corpus.split(.stratified(train: 0.5, validation: 0.25, test: 0.25), seed: 1)
        let network = try Model(input: [40], seed: 1) {
            Dense(16)
            ReLU()
            Dense(corpus.labels.count)
        }
        let trained = try Trainer(features: MFCC(.librosa, coefficients: 40), epochs: 8, batchSize: 16, seed: 1)
            .fit(network, on: split)
        return (corpus, trained.recognizer)
    }

    private static let few = RobustnessSuite([
        .noise(color: .white, snr: 0), .noise(color: .white, snr: 40), .babble(snr: 0), .telephone, .gain(decibels: 0),
        .shortened(seconds: 0.3),
    ])

    @Test func whatCannotBeMeasuredKeepsItsReason() throws {
        try inFolder { folder in
            let (corpus, recognizer) = try Self.trained(folder)
            let part = Partition(.test, of: corpus), store = FeatureStore()
            _ = try recognizer.evaluate(part, store: store)
            // Its features are known, and its sound is gone.
            let lost = corpus.clips[3].path
            try FileManager.default.removeItem(at: lost)
            let results = try recognizer.robustness(
                on: part, suite: RobustnessSuite([.gain(decibels: 0), .babble(snr: 20)]), store: store,
                bootstrap: Bootstrap(resamples: 100))
            for condition in results.conditions {
                #expect(condition.skipped == 1 && condition.clips == corpus.clips.count - 1)
                #expect(condition.failures?.map(\.clip) == [lost.lastPathComponent])
                #expect(condition.failures?.first?.reason == AudioError.missing(path: lost.path).description)
            }
            let text = "\(results)"
            let note = "1 clip could not be measured and does not count; \(lost.lastPathComponent): "
            #expect(text.contains(note), "\(text)")
            let page = ReportPage(title: "", summary: "", sections: [results.section]).html
            #expect(page.contains("could not be measured") && page.contains(lost.lastPathComponent))

            for clip in corpus.clips where clip.path != lost { try FileManager.default.removeItem(at: clip.path) }
            let none = try recognizer.robustness(
                on: part, suite: RobustnessSuite([.telephone]), store: store, bootstrap: Bootstrap(resamples: 100))
            #expect(none.conditions.isEmpty && none.omitted.map(\.name) == ["\(Degradation.telephone)"])
            let first = corpus.clips[0].path.lastPathComponent
            #expect(none.omitted[0].reason.hasPrefix("no clip can be measured; \(first): "))
        }
    }

    @Test func measuresEveryConditionAgainstCleanClips() throws {
        try inFolder { folder in
            let (corpus, recognizer) = try Self.trained(folder)
            let part = Partition(.test, of: corpus)
            let bootstrap = Bootstrap(resamples: 200)
            let results = try recognizer.robustness(on: part, suite: Self.few, bootstrap: bootstrap)
            let clean = try recognizer.evaluate(part)
            #expect(results.clips == corpus.clips.count && results.skipped == 0 && results.isComplete)
            #expect(results.clean[.accuracy]?.value == clean.metrics.accuracy)
            #expect(results.conditions.map(\.degradation) == Self.few.conditions && results.omitted.isEmpty)
            for condition in results.conditions {
                let accuracy = try #require(condition.estimates[.accuracy]?.value)
                let difference = try #require(condition.differences[.accuracy]?.value)
                #expect(abs(accuracy - difference - clean.metrics.accuracy) < 1e-9, "\(condition.name)")
                // Two speakers may be recognised as well: then nothing varies.
                if let interval = condition.estimates[.accuracy]?.interval {
                    #expect(interval.lower <= accuracy && accuracy <= interval.upper)
                }
                #expect(condition.estimates[.logLoss]?.interval != nil)
                #expect(condition.clips == corpus.clips.count && condition.skipped == 0)
            }
            // A gain of 0 dB changes nothing; loud noise changes more than soft.
            let gain = try #require(results[.gain(decibels: 0)])
            #expect(gain.differences[.accuracy]?.value == 0 && abs(gain.differences[.logLoss]?.value ?? 1) < 1e-3)
            let (loud, soft) = (results[.noise(color: .white, snr: 0)], results[.noise(color: .white, snr: 40)])
            let (worse, better) = (loud?.estimates[.logLoss]?.value ?? 0, soft?.estimates[.logLoss]?.value ?? 0)
            #expect(worse > better)
            let text = "\(results)"
            for word in ["clean", "white noise", "  0 dB SNR", "8 kHz mu-law", "against clean"] {
                #expect(text.contains(word))
            }
            let page = ReportPage(title: "Robustness", summary: "", sections: [results.section])
            #expect(page.figures.map(\.name) == ["robustness-noise", "robustness-other"])
            let figure = page.figures[0].description
            for condition in results.conditions where condition.family == .white {
                let accuracy = String(format: "%.3f", condition.estimates[.accuracy]?.value ?? -1)
                #expect(figure.contains("\(accuracy) at \(condition.level == 0 ? "0" : "40") dB"), "\(figure)")
            }
            for condition in results.conditions { #expect(page.html.contains(condition.name)) }
            if let folder = ProcessInfo.processInfo.environment["SER_FIGURES"] {
                try page.html.write(toFile: "\(folder)/robustness.html", atomically: true, encoding: .utf8)
            }
            let decoded = try JSONDecoder().decode(RobustnessResults.self, from: JSONEncoder().encode(results))
            #expect(decoded == results)
        }
    }

    @Test func clipsWithoutSpeechAreFound() throws {
        try inFolder { folder in
            try SyntheticCorpus(words: 2).write(to: folder)
            let corpus = try Corpus(detecting: folder)
            #expect(corpus.clipsWithoutSpeech().isEmpty)
            #expect(try corpus.audited() == corpus)
            let path = corpus.clips[3].path
            let sound = try AudioFile.read(at: path)
            let hum = sound.samples.indices.map { 0.1 * sin(2 * Float.pi * 50 * Float($0) / Float(sound.sampleRate)) }
            try AudioFile.write(AudioClip(samples: hum, sampleRate: sound.sampleRate), to: path)
            let changed = try Corpus(name: "changed", clips: Corpus(detecting: folder).clips).audited()
            #expect(changed.problems == [.withoutSpeech(paths: [path.path])] && changed.clips.count == 28)
            #expect("\(changed.problems[0])".contains("no speech found in 1 clip, kept all the same: \(path.path)"))
            #expect(CorpusReport(changed).withoutSpeech == [path.path])
            // Long files are looked through to where somebody speaks.
            let late = AudioClip(
                samples: [Float](repeating: 0, count: Int(23 * sound.sampleRate)) + sound.samples,
                sampleRate: sound.sampleRate)
            try AudioFile.write(late, to: path)
            let long = Corpus(name: "long", clips: try Corpus(detecting: folder).clips)
            #expect(long.clipsWithoutSpeech().isEmpty && long.clipsWithoutSpeech(within: 5).map(\.path) == [path])
        }
    }

    @Test func threadsDoNotChangeResults() throws {
        try inFolder { folder in
            let (corpus, recognizer) = try Self.trained(folder)
            let part = Partition(.test, of: corpus)
            let before = Parallelism.threads
            defer { Parallelism.threads = before }
            let results = try [1, 2, 4].map { threads in
                Parallelism.threads = threads
                return try recognizer.robustness(on: part, suite: Self.few, bootstrap: Bootstrap(resamples: 100))
            }
            #expect(results[0] == results[1] && results[0] == results[2])
        }
    }

    @Test func babbleNeedsAnotherVoice() throws {
        try inFolder { folder in
            let (corpus, recognizer) = try Self.trained(folder)
            let suite = RobustnessSuite([.babble(snr: 10), .gain(decibels: 6)])
            let speaker = try #require(corpus.speakers.first)
            let alone = try recognizer.robustness(
                on: Partition(.test, of: corpus.filtered { $0.speaker == speaker }), suite: suite)
            #expect(alone.conditions.map(\.degradation) == [.gain(decibels: 6)] && alone.isComplete)
            #expect(alone.omitted.map(\.name) == ["babble, 10 dB SNR"])
            #expect(alone.omitted[0].reason.contains("the corpus has one speaker"))
            #expect("\(alone)".contains("left out: babble, 10 dB SNR"))
            let nameless = Corpus(
                name: "nameless",
                clips: corpus.clips.map {
                    var clip = $0
                    clip.speaker = nil
                    return clip
                })
            let unknown = try recognizer.robustness(on: Partition(.test, of: nameless), suite: suite)
            #expect(unknown.omitted[0].reason.contains("is not known"))
        }
    }

    @Test func cancellingKeepsFinishedFamilies() throws {
        try inFolder { folder in
            let (corpus, recognizer) = try Self.trained(folder)
            let stop = StopSignal()
            let results = try recognizer.robustness(
                on: Partition(.test, of: corpus), suite: Self.few, observe: { if case .finished = $0 { stop.set() } },
                stop: stop)
            #expect(!results.isComplete && results.conditions.map(\.family) == [.white, .white])
            #expect("\(results)".contains("stopped before all conditions"))
            #expect(throws: TrainingError.self) {
                try recognizer.robustness(on: Partition(.test, of: corpus), suite: Self.few, stop: stop)
            }
        }
    }

    @Test func sensesWhatCannotBe() throws {
        try inFolder { folder in
            let (corpus, recognizer) = try Self.trained(folder)
            let part = Partition(.test, of: corpus)
            #expect(throws: TrainingError.self) {
                try recognizer.robustness(on: part, suite: RobustnessSuite([.reverberation(rt60: -1)]))
            }
            let foreign = Partition(.test, of: try corpus.relabelled(["sad": "gloomy"]))
            #expect(throws: TrainingError.self) { try recognizer.robustness(on: foreign) }
            #expect(RobustnessSuite.standard.conditions.count == Set(RobustnessSuite.standard.conditions).count)
            #expect(Set(RobustnessSuite.standard.conditions.map(\.family)) == Set(DegradationFamily.allCases))
            #expect(RobustnessSuite.standard.only([.babble]).conditions.count == 4)
        }
    }

    private func inFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ser-robust-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }
}

private final class Flag: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false

    var isSet: Bool { lock.withLock { value } }
    func set() { lock.withLock { value = true } }
}
