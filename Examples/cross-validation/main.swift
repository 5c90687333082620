// SPDX-License-Identifier: Apache-2.0
// Tests a network on voices that it never heard: swift run -c release cross-validation FOLDER OUTPUT [EPOCHS]
import Foundation
import SERAudio
import SERCore
import SERModels
import SERTraining

let arguments = CommandLine.arguments.dropFirst().map { $0 }
guard arguments.count >= 2 else {
    print("usage: cross-validation FOLDER OUTPUT [EPOCHS]")
    exit(2)
}
let (folder, output) = (URL(fileURLWithPath: arguments[0]), URL(fileURLWithPath: arguments[1]))
let epochs = arguments.count > 2 ? Int(arguments[2]) ?? 50 : 50
do {
    let corpus = try Corpus(detecting: folder)
    let gru = Candidate("gru", trainer: Trainer(features: MFCC(.librosa, coefficients: 40), epochs: epochs)) {
        labels, seed in
        try Model(input: [.time, 40], seed: seed) {
            GRU(64)
            Dense(labels.count)
        }
    }
    var experiment = Experiment([gru], on: try .folds(.leaveOneSpeakerOut, of: corpus), seeds: [1, 2])
    experiment.copies = try corpus.nearCopies()
    print(try experiment.run(in: output))
} catch {
    FileHandle.standardError.write(Data("cross-validation: \(error)\n".utf8))
    exit(1)
}
