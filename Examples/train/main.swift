// SPDX-License-Identifier: Apache-2.0
// Trains a GRU on a folder of emotional speech and writes one model file: swift run -c release train FOLDER MODEL [EPOCHS]
import Foundation
import SERAudio
import SERCore
import SERModels
import SERTraining

let arguments = CommandLine.arguments.dropFirst().map { $0 }
guard arguments.count >= 2 else {
    print("usage: train FOLDER MODEL [EPOCHS]")
    exit(2)
}
do {
    let corpus = try Corpus(detecting: URL(fileURLWithPath: arguments[0]))
    let split = try corpus.split(.stratified(train: 0.8, validation: 0.1, test: 0.1), seed: 1)
    let network = try Model(input: [.time, 40], seed: 1) {
        GRU(64)
        Dense(corpus.labels.count)
    }
    print(network.summary())
    let epochs = arguments.count > 2 ? Int(arguments[2]) ?? 20 : 20
    let trained = try Trainer(features: MFCC(.librosa, coefficients: 40), epochs: epochs, seed: 1)
        .fit(network, on: split)
    print(trained.history)
    print(try trained.evaluate(split.test))
    try trained.recognizer.save(to: URL(fileURLWithPath: arguments[1]))
} catch {
    FileHandle.standardError.write(Data("train: \(error)\n".utf8))
    exit(1)
}
