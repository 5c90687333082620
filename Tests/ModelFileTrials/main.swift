// SPDX-License-Identifier: Apache-2.0
// Trials on model files in a process of their own, so that memory and time are this work's alone. For the tests and the
// scripts; prints one JSON object.
//   model-file-trials fuzz COUNT SEED    reads COUNT damaged files
//   model-file-trials samples FOLDER     writes small files of every storage, with what they make of noise
//   model-file-trials checkpoint CORPUS NETWORK EPOCHS    times a training with and without a checkpoint
//   model-file-trials write FILE         writes a file of the CNN, 1.4 million parameters
//   model-file-trials load FILE          times reading it and the first prediction
import Foundation
import SERModels

do {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch arguments.first {
    case "fuzz" where arguments.count == 3:
        guard let count = Int(arguments[1]), let seed = UInt64(arguments[2]) else { exit(64) }
        print(try FuzzTrial(seed: seed).run(count))
    case "samples" where arguments.count == 2: try Recognizers.writeSamples(to: URL(fileURLWithPath: arguments[1]))
    case "load" where arguments.count == 2: print(try LoadTrial.run(URL(fileURLWithPath: arguments[1])))
    case "checkpoint" where arguments.count == 4:
        guard let architecture = Architecture(rawValue: arguments[2]), let epochs = Int(arguments[3]), epochs > 1 else {
            exit(64)
        }
        print(try CheckpointTrial.run(URL(fileURLWithPath: arguments[1]), architecture, epochs: epochs))
    case "write" where arguments.count == 2: try LoadTrial.write(to: URL(fileURLWithPath: arguments[1]))
    default:
        let usage = "fuzz COUNT SEED | samples FOLDER | checkpoint CORPUS NETWORK EPOCHS | write FILE | load FILE"
        FileHandle.standardError.write(Data("usage: model-file-trials \(usage)\n".utf8))
        exit(64)
    }
} catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(1)
}
