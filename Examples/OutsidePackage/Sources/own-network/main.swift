// SPDX-License-Identifier: Apache-2.0
// A network of one's own, trained on synthetic speech, and what it makes of a clip.
import Foundation
import SERAudio
import SERCore
import SERModels
import SERSyntheticSpeech
import SERTraining

let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ser-outside-\(UUID().uuidString)")
defer { try? FileManager.default.removeItem(at: folder) }
try SyntheticCorpus(words: 10, seed: 1).write(to: folder)

// The 15 lines of the README:
let corpus = try Corpus.tess(at: folder)
let split = try corpus.split(.stratified(train: 0.8, validation: 0.1, test: 0.1), seed: 1)
let network = try Model(input: [.time, 40], seed: 1) {
    Dense(32)
    ReLU()
    GRU(32)
    Dropout(0.1)
    Dense(corpus.labels.count)
}
let trained = try Trainer(features: MFCC(.librosa, coefficients: 40), epochs: 5, batchSize: 16, seed: 1)
    .fit(network, on: split)
print(try trained.evaluate(split.test))
try trained.recognizer.save(to: folder.appendingPathComponent("own.safetensors"))
let recognizer = try Recognizer(contentsOf: folder.appendingPathComponent("own.safetensors"))
print(try recognizer.recognize(contentsOf: split.test.clips[0].path))
