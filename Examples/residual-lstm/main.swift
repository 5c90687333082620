// SPDX-License-Identifier: Apache-2.0
// A published network in a few lines: a residual LSTM with soft attention (ResLSTM-SA), trained on a folder of speech:
// swift run -c release residual-lstm FOLDER MODEL [EPOCHS]; without a folder it only shows the network.
import Foundation
import SERAudio
import SERCore
import SERModels
import SERTraining

func residualLSTM(classes: Int) throws -> Model {
    try Model(input: [.time, 46], seed: 1) {
        Residual { LSTM(46, output: .allSteps) }
        BatchNorm()
        LSTM(64, output: .allSteps)
        AttentionPooling()
        BatchNorm()
        Dropout(0.3)
        Dense(classes)
    }
}

let arguments = CommandLine.arguments.dropFirst().map { $0 }
do {
    guard arguments.count >= 2 else {
        print(try residualLSTM(classes: 7).summary())
        exit(0)
    }
    let corpus = try Corpus(detecting: URL(fileURLWithPath: arguments[0]))
    let split = try corpus.split(.stratified(train: 0.8, validation: 0.1, test: 0.1), seed: 1)
    let epochs = arguments.count > 2 ? Int(arguments[2]) ?? 20 : 20
    let trained = try Trainer(features: MFCC(.librosa, coefficients: 46), epochs: epochs, seed: 1)
        .fit(try residualLSTM(classes: corpus.labels.count), on: split)
    print(trained.history)
    print(try trained.evaluate(split.test))
    try trained.recognizer.save(to: URL(fileURLWithPath: arguments[1]))
} catch {
    FileHandle.standardError.write(Data("residual-lstm: \(error)\n".utf8))
    exit(1)
}
