// SPDX-License-Identifier: Apache-2.0
// swift-format-ignore-file
// The code stands here as the guide has it.

import Foundation
import SERAudio
import SERCore
import SERModels
import SERTestSupport
import SERTraining
import Testing

/// The code of Docs/OwnVoices.md, word for word; the first test makes sure of that.
@Suite struct OwnVoicesTests {
    @Test func everyPieceOfTheGuideStandsHere() throws {
        let here = URL(fileURLWithPath: #filePath)
        let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let guide = try String(contentsOf: root.appendingPathComponent("Docs/OwnVoices.md"), encoding: .utf8)
        func plain(_ text: some StringProtocol) -> String {
            text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
        }
        let source = plain(try String(contentsOf: here, encoding: .utf8))
        let pieces = guide.components(separatedBy: "```swift\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
        #expect(pieces.count == 1)
        for piece in pieces { #expect(source.contains(plain(piece)), "\(piece)") }
    }

    @Test func trainingOn() async throws {
        let tones = try ToneCorpus(clips: 60), corpus = tones.corpus
        let file = tones.folder.url.appendingPathComponent("first.safetensors")
        let mine = tones.folder.url.appendingPathComponent("mine.safetensors")
        let first = Trainer(
            features: MFCC(.librosa, coefficients: 13, sampleRate: 8000), duration: 1, epochs: 20, batchSize: 4, seed: 1)
        let network = try Model(input: [.time, 13], seed: 1) { GRU(6).named("rnn"); Dense(2).named("head") }
        try await first.fit(network, on: tones.split).recognizer.save(to: file)

        let start = try Recognizer(contentsOf: file)
        let split = try corpus.split(.stratified(train: 0.6, validation: 0.2, test: 0.2), seed: 1)
        var trainer = start.trainer
        trainer.sampling = .balancedClasses
        trainer.epochs = 10
        let candidate = start.candidate("mine", trainer: trainer, freezing: .nothing, from: file.lastPathComponent)
        let tested = try await candidate.tested(on: split)
        print(tested.test.metrics.unweightedAverageRecall)
        try tested.recognizer.save(to: mine)

        let saved = try Recognizer(contentsOf: mine)
        #expect(saved.provenance.start?.name == "first.safetensors" && saved.labels == start.labels)
        #expect(tested.test.metrics.unweightedAverageRecall > 0.9)
    }
}
