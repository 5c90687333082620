// SPDX-License-Identifier: Apache-2.0
// Layers of one's own: composed, checked, trained, saved and read back. Says what it found; fails if anything is wrong.
import Foundation
import SERAudio
import SERCore
import SERModels
import SERSyntheticSpeech
import SERTraining

let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ser-layers-\(UUID().uuidString)")
defer { try? FileManager.default.removeItem(at: folder) }

func expect(_ condition: Bool, _ what: String) {
    print(condition ? "ok: \(what)" : "WRONG: \(what)")
    if condition { return }
    try? FileManager.default.removeItem(at: folder)
    exit(1)
}

// 1. They compose with the library's layers, and shapes are checked before anything is computed.
try SyntheticCorpus(words: 10, seed: 1).write(to: folder)
let corpus = try Corpus.tess(at: folder)

let network = try Model(input: [.time, 40], seed: 1) {
    RunningScale()
    GatedDense(units: 24)
    Recurrent(MinimalGatedUnit(units: 24), layers: 2, direction: .bidirectional, output: .allSteps)
    Softsign()
    AttentionPooling()
    Dense(corpus.labels.count)
}
print(network.summary())

do {
    _ = try Model(input: [.time, 40]) { GatedDense(units: 0) }
    expect(false, "a layer of no units is refused")
} catch {
    print(error)
    expect(error.path == "gatedDense1", "a misfit is named by its path")
}

// 2. Their gradients agree with central differences.
let clips = Tensor.normal([3, 8, 40], key: RandomKey(seed: 2))
let check = try checkGradients(at: network.parameters) { parameters in
    network.run(clips, lengths: [8, 3, 5], parameters: parameters, mode: .inference).output.values
}
print(check)
expect(check.worstError < 0.01, "gradients agree with central differences")

// 3. A padded batch gives each clip what it gets alone.
let together = network(clips, lengths: [8, 3, 5]).slice(axis: 0, at: 1).scalars
let alone = network(clips.slice(axis: 0, 1..<2).slice(axis: 1, 0..<3)).scalars
expect(zip(together, alone).allSatisfy { abs($0 - $1) < 1e-5 }, "padding changes nothing")

// 4. They train.
let split = try corpus.split(.stratified(train: 0.8, validation: 0.1, test: 0.1), seed: 1)
let trained = try Trainer(
    features: MFCC(.librosa, coefficients: 40), epochs: 12, batchSize: 16, optimizer: .adam(learningRate: 0.005),
    seed: 1
).fit(network, on: split)
let losses = trained.history.epochs.map(\.trainLoss)
print(try trained.evaluate(split.test))
expect((losses.last ?? 9) < 0.5 * (losses.first ?? 0), "the loss falls: \(losses)")
let scale = trained.recognizer.model.state["runningScale1.running_square"].scalars
expect(scale.contains { abs($0 - 1) > 0.01 }, "the running state has moved")

// 5. They are saved, and read back by a registry that knows them: the same state, the same bits.
let file = folder.appendingPathComponent("own.safetensors")
try trained.recognizer.save(to: file)
let layers = try LayerRegistry.standard
    .adding(RunningScale.self)
    .adding(GatedDense.self)
    .adding(Softsign.self)
    .adding(Recurrent<MinimalGatedUnit>.self)
let copy = try Recognizer(contentsOf: file, layers: layers)
expect(copy.model.state.tensors.map(\.scalars) == [scale], "the running state is in the file")
let clip = split.test.clips[0].path
let prediction = try copy.recognize(contentsOf: clip)
print(prediction)
expect(try prediction == trained.recognizer.recognize(contentsOf: clip), "the copy gives the same bits")

do {
    _ = try Recognizer(contentsOf: file)
    expect(false, "a file with unknown layers is refused")
} catch {
    print(error)
    expect("\(error)".contains(RunningScale.kind), "an unknown layer is named")
}

// 6. A function without a name of its own is quick to try, and cannot be saved.
let sketch = try Model(input: [.time, 40], seed: 1) {
    Lambda { x in log(x * x + 1) }
    StatisticsPooling()
    Dense(corpus.labels.count)
}
let tried = try Trainer(features: MFCC(.librosa, coefficients: 40), epochs: 1, batchSize: 16, seed: 1)
    .fit(sketch, on: split)
do {
    try tried.recognizer.save(to: file)
    expect(false, "a Lambda cannot be saved")
} catch {
    print(error)
    expect("\(error)".contains("UnaryLayer"), "saving a Lambda says what to do")
}
