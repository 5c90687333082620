// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERModels
import SERSupport
import Testing

@Suite struct TrainCommandTests {
    private func corpus(_ words: Int, in folder: URL) async throws -> URL {
        let corpus = folder.appendingPathComponent("corpus")
        let written = try await Command.run(["synthesize", corpus.path, "--words", "\(words)"])
        try #require(written.code == 0, "\(written.errors)")
        return corpus
    }

    @Test func groupsStayApartAndTheModelSaysWhatItWasTold() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(10, in: folder), model = folder.appendingPathComponent("m.safetensors").path
            let train = ["train", corpus.path, "--output", model, "--epochs", "1", "--skip-copy-search"]
            let run = try await Command.run(
                train + [
                    "--model", "gru", "--by", "sentence", "--shares", "0.6,0.2,0.2", "--unsure-below", "0.99",
                    "--about", "licence=CC0 1.0", "--trim-silence", "40", "--features", "logmel", "--augmentation",
                    "voices", "--batch-size",
                    "8",
                ])
            try #require(run.code == 0, "\(run.errors)")
            #expect(run.output.contains("grouped by sentence 60/20/20"))
            let recognizer = try Recognizer(contentsOf: URL(fileURLWithPath: model))
            #expect(recognizer.provenance.extra["licence"] == "CC0 1.0" && recognizer.unsureBelow == 0.99)
            #expect(recognizer.pipeline.trimming == SilenceTrimming(decibels: 40))
            let clip = try #require(
                FileManager.default.subpaths(atPath: corpus.path)?.sorted().first { $0.hasSuffix(".wav") })
            let path = corpus.appendingPathComponent(clip).path
            #expect(try await Command.run(["predict", model, path]).output.contains("not sure"))
            for wrong in [
                ["--shares", "0.5,0.5"], ["--shares", "1,0.5,0.5"], ["--unsure-below", "2"], ["--trim-silence", "0"],
                ["--about", "=x"],
            ] {
                let refused = try await Command.run(train + ["--model", "gru"] + wrong)
                #expect(refused.code == 64, "\(wrong)")
            }
            let mfcc = try await Command.run(train + ["--model", "gru", "--augmentation", "voices"])
            #expect(mfcc.code == 1 && mfcc.errors.contains("log-mel"), "\(mfcc.errors)")
        }
    }

    @Test func sentencesAreTestedByName() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(5, in: folder)
            let words = Set(
                (FileManager.default.subpaths(atPath: corpus.path) ?? []).filter { $0.hasSuffix(".wav") }
                    .compactMap { $0.split(separator: "_").dropLast().last.map(String.init) }
            ).sorted()
            try #require(words.count == 5)
            let train = [
                "train", corpus.path, "--output", folder.appendingPathComponent("m.safetensors").path, "--epochs", "1",
                "--skip-copy-search", "--model", "ann",
            ]
            let named = ["--by", "sentence", "--test-on", words[1], "--validate-on", "\(words[3]), \(words[0])"]
            let run = try await Command.run(train + named)
            #expect(run.code == 0 && run.output.contains("tested on sentence \(words[1])\n"), "\(run.errors)")
            #expect(run.output.contains("best epoch by sentence \(words[0]), \(words[3])\n"), "\(run.output)")
            let dealt = try await Command.run(train + ["--by", "sentence", "--test-on", words[1], "--json"])
            let told = try object(dealt.output)
            #expect(told["testedOn"] as? [String] == [words[1]] && (told["validatedOn"] as? [String])?.count == 1)
            let unknown = try await Command.run(train + ["--by", "sentence", "--test-on", words[1] + "x"])
            #expect(unknown.code == 1 && unknown.errors.contains("Did you mean '\(words[1])'"), "\(unknown.errors)")
            let list = folder.appendingPathComponent("m.safetensors")
            try Data("OAF_x.wav\n".utf8).write(to: list)
            let over = try await Command.run(train + ["--exclude", list.path])
            #expect(over.code == 64 && over.errors.contains("which is read"), "\(over.errors)")
            let clip = try #require(
                FileManager.default.subpaths(atPath: corpus.path)?.first { $0.hasSuffix(".wav") })
            let sound = corpus.appendingPathComponent(clip), before = try Data(contentsOf: sound)
            let onto = try await Command.run([
                "train", corpus.path, "--output", sound.path, "--model", "ann", "--epochs", "1", "--skip-copy-search",
            ])
            let after = try Data(contentsOf: sound)
            #expect(onto.code == 64 && after == before, "\(onto.errors)")
            let alone = try await Command.run(train + ["--test-on", words[1]])
            #expect(alone.code == 64 && alone.errors.contains("add --by"), "\(alone.errors)")
        }
    }

    @Test func trainedModelIsSavedEvaluatedAndPredictsFiles() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(4, in: folder)
            let model = folder.appendingPathComponent("ann.safetensors")
            let trained = try await Command.run([
                "train", corpus.path, "--model", "ann", "--output", model.path, "--epochs", "30", "--json",
            ])
            #expect(trained.code == 0, "\(trained.errors)")
            let report = try object(trained.output)
            #expect(report["synthetic"] as? Bool == true && report["stopped"] as? Bool == false)
            let result = try #require(report["result"] as? [String: Any])
            let history = try #require(result["history"] as? [[String: Any]])
            #expect(history.count == 30)
            #expect(history.allSatisfy { ($0["validationDetail"] as? [String: Any])?["precision"] != nil })
            let files = try #require(report["testFiles"] as? [String])
            #expect(
                files.count == ((result["metrics"] as? [String: Any])?["confusion"] as? [[Int]])?.joined().reduce(0, +))

            let predicted = try await Command.run(["predict", model.path, "--json"] + files)
            #expect(predicted.code == 0, "\(predicted.errors)")
            let lines = try predicted.output.split(separator: "\n").map { try object(String($0)) }
            #expect(lines.map { $0["file"] as? String } == files)
            let right = lines.count { line in
                let stem = (line["file"] as? String ?? "").replacingOccurrences(of: ".wav", with: "")
                let emotion = stem.split(separator: "_").last.map { $0 == "ps" ? "surprise" : String($0) }
                return line["label"] as? String == emotion
            }
            // The same clips, the same model: prediction and test must agree.
            let accuracy = try #require((result["metrics"] as? [String: Any])?["accuracy"] as? Double)
            #expect(abs(Double(right) / Double(files.count) - accuracy) < 1e-9)
            for line in lines {
                let probabilities = try #require(line["probabilities"] as? [String: Double])
                #expect(probabilities.count == 7 && abs(probabilities.values.reduce(0, +) - 1) < 1e-4)
            }

            let evaluated = try await Command.run(["evaluate", model.path, corpus.path, "--json"])
            let metrics = try #require(try object(evaluated.output)["metrics"] as? [String: Any])
            #expect(metrics["count"] as? Int == 56)
            #expect((metrics["accuracy"] as? Double ?? 0) > 0.3, "30 epochs should beat chance (0.14)")
            let text = try await Command.run(["evaluate", model.path, corpus.path])
            #expect(text.output.contains("synthetic") && text.output.contains("accuracy"))
        }
    }

    @Test func linearNetworksAreSolvedForBesideOthers() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(10, in: folder), model = folder.appendingPathComponent("svm.safetensors")
            let train = ["train", corpus.path, "--output", model.path, "--skip-copy-search"]
            let trained = try await Command.run(train + ["--model", "linear-svm", "--calibrate"])
            try #require(trained.code == 0, "\(trained.errors)")
            #expect(trained.output.contains("Linear SVM on") && trained.output.contains("solved for, "))
            let recognizer = try Recognizer(contentsOf: model)
            #expect(recognizer.pipeline.extractor is EGeMAPS && recognizer.model.parameterCount == 7 * 89)
            #expect(recognizer.pipeline.span == .atMost(seconds: 30))
            let evaluated = try await Command.run(["evaluate", model.path, corpus.path, "--json"])
            let metrics = try #require(try object(evaluated.output)["metrics"] as? [String: Any])
            #expect((metrics["accuracy"] as? Double ?? 0) > 0.5, "it was trained on most of these (chance is 0.14)")
            let mfcc = try await Command.run(
                train + ["--model", "logistic-regression", "--features", "mfcc", "--ann-input", "deviations"])
            try #require(mfcc.code == 0, "\(mfcc.errors)")
            #expect(try Recognizer(contentsOf: model).model.parameterCount == 7 * 81)
            // Beside a network, what says how steps are made is the network's, and each reads features of its own.
            let folds = folder.appendingPathComponent("folds")
            let both = try await Command.run([
                "crossvalidate", corpus.path, "--model", "ann,linear-svm", "--by", "sentence", "--folds", "2",
                "--epochs", "2", "--skip-copy-search", "--output", folds.path, "--json",
            ])
            try #require(both.code == 0, "\(both.errors)")
            let candidates = try #require(try object(both.output)["candidates"] as? [[String: Any]])
            #expect(candidates.map { $0["epochs"] as? Int } == [2, 1] && candidates[0]["linear"] == nil)
            #expect((candidates[1]["features"] as? String)?.contains("egemaps") == true)
            #expect((candidates[0]["features"] as? String)?.contains("mfcc") == true)
            for wrong in [
                ["--epochs", "3"], ["--learning-rate", "0.1"], ["--augmentation", "none"], ["--batch-size", "4"],
                ["--coefficients", "20"], ["--ann-input", "deviations"], ["--resume"],
            ] {
                let refused = try await Command.run(train + ["--model", "linear-svm"] + wrong)
                #expect(refused.code == 64 && refused.errors.contains(wrong[0]), "\(wrong): \(refused.errors)")
            }
        }
    }

    @Test func stepsShrinkAlongACosineAndGradientsAreClipped() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(4, in: folder)
            let model = folder.appendingPathComponent("ann.safetensors")
            func history(_ more: [String]) async throws -> [[String: Any]] {
                let trained = try await Command.run(
                    ["train", corpus.path, "--model", "ann", "--output", model.path, "--epochs", "4", "--json"] + more)
                try #require(trained.code == 0, "\(trained.errors)")
                let result = try #require(try object(trained.output)["result"] as? [String: Any])
                return try #require(result["history"] as? [[String: Any]])
            }
            let constant = try await history([]), cosine = try await history(["--schedule", "cosine"])
            let rates = cosine.compactMap { $0["learningRate"] as? Double }
            #expect(constant.allSatisfy { $0["learningRate"] as? Double == 0.001 })
            #expect(
                rates.count == 4 && zip(rates, rates.dropFirst()).allSatisfy { $0 > $1 }
                    && rates.last.map { $0 < 0.0005 } == true)
            let clipped = try await history(["--clip-norm", "1e-6"])
            // Adam forgets the gradients' size, but for its epsilon: hardly anything is learned.
            let losses = [constant, clipped].compactMap { $0.last?["trainLoss"] as? Double }
            #expect(losses.count == 2 && losses[0] < losses[1])
            for wrong in [["--clip-norm", "0"], ["--learning-rate", "0"], ["--schedule", "steps"]] {
                let run = try await Command.run(
                    ["train", corpus.path, "--model", "ann", "--output", model.path] + wrong)
                #expect(run.code == 64 && run.errors.contains(wrong[0]), "\(run.errors)")
            }
        }
    }

    @Test func predictGoesOnAfterAFileThatCannotBeRead() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(4, in: folder)
            let model = folder.appendingPathComponent("ann.safetensors")
            let trained = try await Command.run(
                ["train", corpus.path, "--model", "ann", "--output", model.path, "--epochs", "1"])
            #expect(trained.code == 0 && trained.output.contains("test part: accuracy"), "\(trained.errors)")
            let (good, bad) = (folder.appendingPathComponent("good.wav"), folder.appendingPathComponent("bad.wav"))
            try tone().write(to: good)
            try Data("text".utf8).write(to: bad)
            let result = try await Command.run(["predict", model.path, bad.path, good.path])
            #expect(result.code == 1)
            #expect(result.output.hasPrefix("\(good.path): ") && result.output.contains(" | "))
            #expect(result.errors.hasPrefix("Error: \(bad.path)") && result.errors.filter { $0 == "\n" }.count == 1)
        }
    }

    @Test func interruptedTrainingSavesTheBestSoFar() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(4, in: folder)
            let model = folder.appendingPathComponent("ann.safetensors")
            let stopped = try await Command.run(
                ["train", corpus.path, "--model", "ann", "--output", model.path, "--epochs", "100000", "--json"],
                interruptAfter: "ANN [")
            #expect(stopped.code == 130, "\(stopped.errors)")
            #expect(try object(stopped.output)["stopped"] as? Bool == true)
            #expect(stopped.errors.contains("the best weights so far are saved"))
            let predicted = try await Command.run(["evaluate", model.path, corpus.path])
            #expect(predicted.code == 0, "\(predicted.errors)")
        }
    }

    /// A terminal that is closed, or a system that ends its programs, asks to stop as Ctrl-C does.
    @Test(arguments: [SIGHUP, SIGTERM]) func otherSignalsSaveTheBestSoFarToo(signal: Int32) async throws {
        try await withFolder { folder in
            let corpus = try await corpus(4, in: folder)
            let model = folder.appendingPathComponent("ann.safetensors")
            let stopped = try await Command.run(
                ["train", corpus.path, "--model", "ann", "--output", model.path, "--epochs", "100000"],
                interruptAfter: "ANN [", signal: signal)
            #expect(stopped.code == 128 + signal, "\(stopped.errors)")
            #expect(stopped.errors.contains("the best weights so far are saved"), "\(stopped.errors)")
            #expect(FileManager.default.fileExists(atPath: model.path))
        }
    }

    /// nohup has SIGHUP ignored: the work goes on to its end.
    @Test func whatIsToOutliveItsTerminalDoes() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(4, in: folder)
            let model = folder.appendingPathComponent("ann.safetensors")
            let done = try await Command.run(
                [
                    "-c", #"trap "" HUP; exec "$0" "$@""#, Command.executable("ser").path, "train", corpus.path,
                    "--model",
                    "ann", "--output", model.path, "--epochs", "40",
                ], at: URL(fileURLWithPath: "/bin/sh"), interruptAfter: "ANN [", signal: SIGHUP)
            #expect(done.code == 0, "\(done.errors)")
        }
    }

    /// As by another training: the file is held, and nothing of it is there yet.
    @Test func aCheckpointIsKeptByOneTraining() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(4, in: folder)
            let checkpoint = folder.appendingPathComponent("kept")
            let arguments = [
                "train", corpus.path, "--model", "ann", "--output", folder.appendingPathComponent("a").path, "--epochs",
                "1",
                "--checkpoint", checkpoint.path, "--skip-copy-search",
            ]
            let lock = try #require(WorkLock(file: checkpoint))
            let refused = try await Command.run(arguments)
            #expect(refused.code == 1 && refused.errors.hasPrefix("Error: \(checkpoint.path): another training keeps"))
            #expect(!FileManager.default.fileExists(atPath: checkpoint.path))
            lock.unlock()
            #expect(try await Command.run(arguments).code == 0)
            #expect(!(try FileManager.default.contentsOfDirectory(atPath: folder.path)).contains(".kept.lock"))
        }
    }

    @Test func whatCannotWorkIsToldBeforeTraining() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(2, in: folder)
            let model = folder.appendingPathComponent("model.safetensors").path
            let oneClass = folder.appendingPathComponent("one/angry")
            try FileManager.default.createDirectory(at: oneClass, withIntermediateDirectories: true)
            for index in 0..<5 {
                let file = oneClass.appendingPathComponent("\(index).wav")
                try tone(seconds: 1 + 0.01 * Double(index)).write(to: file)
            }
            let oneClip = folder.appendingPathComponent("few")
            for (label, count) in [("angry", 5), ("sad", 1)] {
                let part = oneClip.appendingPathComponent(label)
                try FileManager.default.createDirectory(at: part, withIntermediateDirectories: true)
                for index in 0..<count {
                    try tone(seconds: 1 + 0.01 * Double(index + count)).write(
                        to: part.appendingPathComponent("\(index).wav"))
                }
            }
            let cases: [([String], String)] = [
                ([corpus.path, "--model", "gru", "--output", model], "32"),
                ([oneClass.deletingLastPathComponent().path, "--model", "ann", "--output", model], "angry"),
                ([oneClip.path, "--model", "ann", "--output", model], "\"sad\" has 1 clip"),
                ([corpus.path, "--model", "ann", "--output", folder.path], "a folder has that name"),
                ([corpus.path, "--model", "ann", "--output", "\(corpus.path)/README.txt/m"], "README.txt"),
                ([corpus.path, "--model", "ann", "--output", model, "--coefficients", "200"], "coefficients 200"),
                ([corpus.path, "--model", "ann", "--output", model, "--rate", "-1"], "Missing value"),
                ([corpus.path, "--model", "cnn", "--output", model, "--duration", "0.05"], "32 clips"),
                ([folder.path + "/none", "--model", "ann", "--output", model], "/none"),
            ]
            for (arguments, word) in cases {
                let result = try await Command.run(["train"] + arguments)
                #expect(result.code != 0 && result.output.isEmpty, "\(arguments)")
                #expect(result.errors.hasPrefix("Error: ") && result.errors.contains(word), "\(result.errors)")
                #expect(!result.errors.contains("/s  "), "training began: \(result.errors)")
            }
            #expect(!FileManager.default.fileExists(atPath: model))
        }
    }

    @Test func damagedModelFilesAreRefused() async throws {
        try await withFolder { folder in
            let sound = folder.appendingPathComponent("a.wav")
            try tone().write(to: sound)
            let text = folder.appendingPathComponent("text.safetensors")
            try Data("not a model".utf8).write(to: text)
            let huge = folder.appendingPathComponent("huge.safetensors")
            try Data([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x7b]).write(to: huge)
            for model in [text, huge, folder.appendingPathComponent("none"), sound] {
                for command in [["predict", model.path, sound.path], ["evaluate", model.path, folder.path]] {
                    // Sound in the place of a model is sound: the library's own recognizer answers.
                    if model == sound, command[0] == "predict" { continue }
                    let result = try await Command.run(command)
                    #expect(result.code == 1 && result.output.isEmpty)
                    #expect(
                        result.errors.hasPrefix("Error: ") && result.errors.contains(model.path), "\(result.errors)")
                }
            }
        }
    }
}
