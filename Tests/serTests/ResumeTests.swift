// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite struct ResumeTests {
    /// How often a training is killed; Scripts/kill-and-resume asks for 20.
    private static let kills = ProcessInfo.processInfo.environment["SER_KILLS"].flatMap { Int($0) } ?? 4

    private func training(_ corpus: URL, _ model: URL, epochs: Int, _ more: [String] = []) -> [String] {
        ["train", corpus.path, "--model", "ann", "--output", model.path, "--epochs", "\(epochs)", "--seed", "3"] + more
    }

    private func corpus(in folder: URL) async throws -> URL {
        let corpus = folder.appendingPathComponent("corpus")
        let written = try await Command.run(["synthesize", corpus.path, "--words", "4"])
        try #require(written.code == 0, "\(written.errors)")
        return corpus
    }

    /// Each time the training is killed after a random part of the time that it needs, and once more on its way on.
    @Test func trainingsKilledAtAnyMomentEndInTheSameModel() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(in: folder)
            let whole = folder.appendingPathComponent("whole.safetensors")
            let epochs = 400
            let start = Date()
            let unbroken = try await Command.run(training(corpus, whole, epochs: epochs))
            let duration = Date().timeIntervalSince(start)
            #expect(unbroken.code == 0, "\(unbroken.errors)")
            let expected = try Data(contentsOf: whole)
            var resumed = 0
            var moments: [String] = []
            for kill in 0..<Self.kills {
                let model = folder.appendingPathComponent("\(kill).safetensors")
                let command = training(corpus, model, epochs: epochs, ["--resume"])
                var was: [Int32] = []
                for _ in 0..<2 {
                    let moment = Double.random(in: 0..<duration)
                    was.append(try await Command.run(command, killAfter: moment).code)
                    moments.append("\(Int(moment * 1000)) ms")
                }
                let end = try await Command.run(command)
                #expect(end.code == 0, "\(end.errors)")
                #expect(try Data(contentsOf: model) == expected, "killed after \(moments.suffix(2)): another model")
                if was.contains(-9), end.errors.contains("going on after epoch") { resumed += 1 }
                let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
                #expect(!names.contains { $0.hasPrefix(".\(kill).safetensors.checkpoint") })
            }
            print(
                "\(Self.kills) trainings of \(Int(duration * 1000)) ms, killed after \(moments.joined(separator: ", ")): "
                    + "the same model each time; \(resumed) went on from a checkpoint")
            // Chance, and what else runs on the machine, decide where a kill falls; of many some fall between epochs.
            #expect(resumed > 0 || Self.kills < 10)
        }
    }

    @Test func interruptedTrainingSaysHowToGoOnAndDoes() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(in: folder)
            let model = folder.appendingPathComponent("a.safetensors")
            let whole = folder.appendingPathComponent("b.safetensors")
            let checkpoint = folder.appendingPathComponent("kept")
            let kept = ["--checkpoint", checkpoint.path]
            let stopped = try await Command.run(
                training(corpus, model, epochs: 100_000, kept), interruptWhenExists: checkpoint)
            #expect(stopped.code == 130, "\(stopped.errors)")
            let advice = "The same command with --resume goes on from \(checkpoint.path)."
            #expect(stopped.errors.contains(advice), "\(stopped.errors)")
            let evaluated = try await Command.run(["evaluate", checkpoint.path, corpus.path])
            #expect(evaluated.code == 0, "\(evaluated.errors)")
            // How far it came is not known; as many epochs more are trained as the unbroken run has.
            let words = stopped.errors.components(separatedBy: "Stopped after epoch ").last?.split(separator: ";").first
            let epochs = try #require(words.flatMap { Int($0) }) + 5
            let refused = try await Command.run(training(corpus, model, epochs: epochs, kept))
            #expect(refused.code == 1 && refused.errors.contains("--resume"), "\(refused.errors)")
            let other = try await Command.run(
                training(corpus, model, epochs: epochs, kept + ["--resume", "--coefficients", "20"]))
            #expect(other.code == 1 && other.errors.contains("of another training"), "\(other.errors)")
            #expect(other.errors.contains("cepstra was 40 and is 20"), "\(other.errors)")
            let end = try await Command.run(training(corpus, model, epochs: epochs, kept + ["--resume"]))
            #expect(end.code == 0 && end.errors.contains("going on after epoch \(epochs - 5)"), "\(end.errors)")
            let unbroken = try await Command.run(training(corpus, whole, epochs: epochs))
            #expect(unbroken.code == 0)
            #expect(try Data(contentsOf: model) == Data(contentsOf: whole))
        }
    }

    @Test func weightsAreStoredInHalfTheBytesOnRequest() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(in: folder)
            var sizes: [Int] = []
            for storage in ["float32", "float16", "bfloat16"] {
                let model = folder.appendingPathComponent(storage)
                let trained = try await Command.run(training(corpus, model, epochs: 1, ["--storage", storage]))
                #expect(trained.code == 0, "\(trained.errors)")
                sizes.append(try Data(contentsOf: model).count)
                let evaluated = try await Command.run(["evaluate", model.path, corpus.path])
                #expect(evaluated.code == 0, "\(evaluated.errors)")
            }
            #expect(sizes[0] - sizes[1] > 209_671 * 2 - 100 && abs(sizes[1] - sizes[2]) < 100)
        }
    }
}
