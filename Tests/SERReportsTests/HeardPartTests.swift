// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERReports
import SERSupport
import SERSyntheticSpeech
import SERTestSupport
import SERTraining
import Testing

/// What of a long recording a recognizer hears, and that it says so.
@Suite struct HeardPartTests {
    /// A recognizer of means over time of random weights.
    private func recognizer(window: ListeningWindow = .speech) throws -> Recognizer {
        let model = try Architecture.ann.model(classes: 3, seed: 2)
        let pipeline = try FeaturePipeline(
            for: model.graph.input, extractor: MFCC(.librosa, coefficients: 40), seconds: 3, window: window)
        let scale = ["mean": [Double](repeating: 1, count: 40), "standardDeviation": [Double](repeating: 9, count: 40)]
        return try Recognizer(
            model: model, pipeline: pipeline,
            standardization: try JSONDecoder().decode(Standardization.self, from: JSONEncoder().encode(scale)),
            labels: ["a", "b", "c"])
    }

    /// A synthetic voice after so many seconds of silence, and as much after it.
    private func speech(after seconds: Double) throws -> (sound: AudioClip, speech: AudioClip) {
        let folder = try TemporaryFolder()
        try SyntheticCorpus(words: 1).write(to: folder.url)
        let corpus = try Corpus(detecting: folder.url)
        let voice = try AudioFile.read(at: try #require(corpus.clips.first).path)
        let silence = [Float](repeating: 0, count: Int(seconds * voice.sampleRate))
        return (AudioClip(samples: silence + voice.samples + silence, sampleRate: voice.sampleRate), voice)
    }

    @Test func speechAfterSilenceIsHeard() throws {
        let recognizer = try recognizer(), (sound, voice) = try speech(after: 20)
        let prediction = try recognizer.recognize(sound), heard = prediction.heard
        #expect(heard.hasSpeech && heard.duration == sound.duration && abs(heard.end - heard.start - 3) < 1e-6)
        #expect(heard.start > 17 && heard.start <= 20.5 && heard.end >= 20 + min(voice.duration, 3) - 0.5)
        #expect("\(prediction)".hasSuffix("(heard \(heard))") && prediction.ranking.hasPrefix(prediction.label))
        // From a file the same, and an explanation's times are those of the file.
        let folder = try TemporaryFolder(), file = folder.path("late.wav")
        try AudioFile.write(sound, to: file, format: .wavFloat)
        #expect(try recognizer.recognize(contentsOf: file) == prediction)
        let explanation = try recognizer.explain(contentsOf: file, by: .gradientTimesInput)
        #expect(explanation.prediction == prediction && explanation.isCut && explanation.clipSeconds == sound.duration)
        #expect((explanation.times.first ?? 0) >= heard.start && (explanation.times.last ?? 99) <= heard.end + 0.1)
        #expect(explanation.description.contains("The model reads \(heard.start.fixed(2)) to"))
        let figure = try ExplanationFigure([explanation], of: sound, named: "late.wav", by: recognizer)
        let part = try ExplanationFigure(
            [explanation], of: recognizer.pipeline.hear(sound).clip, named: "late.wav", by: recognizer)
        #expect(figure.svg == part.svg)
        // A rule of position hears silence, and says so.
        let first = try self.recognizer(window: .beginning).recognize(sound).heard
        #expect(first.start == 0 && first.end == 3 && !first.hasSpeech && first.remark?.contains("no speech") == true)
    }

    @Test(arguments: [1, 441, 22_050]) func silenceIsNoEmotionWithoutAWord(samples: Int) throws {
        let clip = AudioClip(samples: [Float](repeating: 0, count: samples), sampleRate: 22_050)
        let prediction = try recognizer().recognize(clip)
        #expect(!prediction.heard.hasSpeech && "\(prediction)".contains("no speech found"))
    }

    @Test func trainingHearsWhatRecognitionHears() throws {
        let recognizer = try recognizer(), (sound, _) = try speech(after: 6)
        let folder = try TemporaryFolder(), file = folder.path("late.wav")
        try AudioFile.write(sound, to: file)
        let clip = Clip(path: file, emotion: "a", duration: sound.duration, sampleRate: sound.sampleRate, corpus: "x")
        let store = FeatureStore()
        let stored = try store.matrices(of: [clip], pipeline: recognizer.pipeline).matrices[0]
        #expect(try stored == recognizer.pipeline.matrix(of: AudioFile.read(at: file)))
        #expect(try stored != self.recognizer(window: .beginning).pipeline.matrix(of: AudioFile.read(at: file)))
    }

    @Test func theRuleIsKeptWithTheModelAndOldFilesHaveTheOldOne() throws {
        for window in ListeningWindow.allCases {
            let pipeline = try recognizer(window: window).pipeline
            let text = String(decoding: try JSONEncoder().encode(pipeline), as: UTF8.self)
            #expect(text.contains("\"window\":\"\(window.rawValue)\""))
            #expect(try JSONDecoder().decode(FeaturePipeline.self, from: Data(text.utf8)).window == window)
            let old = text.replacingOccurrences(of: "\"window\":\"\(window.rawValue)\"", with: "\"unknown\":0")
            #expect(try JSONDecoder().decode(FeaturePipeline.self, from: Data(old.utf8)).window == .beginning)
        }
    }
}
