// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import Testing

/// What a message tells to do can be done, and helps.
@Suite struct RemedyTests {
    /// A synthetic corpus of two speakers in seven emotions.
    private func corpus(in folder: URL, words: Int) async throws -> URL {
        let corpus = folder.appendingPathComponent("corpus")
        let written = try await Command.run(["synthesize", corpus.path, "--words", "\(words)"])
        try #require(written.code == 0, "\(written.errors)")
        return corpus
    }

    @Test func aClassTooSmallIsLeftOutByAManifest() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(in: folder, words: 5),
                model = folder.appendingPathComponent("a.safetensors").path
            let files =
                FileManager.default.subpaths(atPath: corpus.path)?.filter { $0.hasSuffix("_sad.wav") }.sorted() ?? []
            for file in files.dropFirst(2) {
                try FileManager.default.removeItem(at: corpus.appendingPathComponent(file))
            }
            let train = ["--model", "ann", "--epochs", "1", "--output", model, "--skip-copy-search"]
            let few = try await Command.run(["train", corpus.path] + train)
            #expect(few.code == 1 && few.errors.contains("leave it out: list the other clips in a CSV manifest"))
            let table = try await Command.run(["inspect", corpus.path, "--csv"]).output
            let manifest = folder.appendingPathComponent("others.csv")
            let others = table.split(whereSeparator: \.isNewline).filter { !$0.contains("_sad.wav") }.joined(
                separator: "\n")
            try Data((others + "\n").utf8).write(to: manifest)
            let trained = try await Command.run(["train", manifest.path] + train)
            #expect(trained.code == 0, "\(trained.errors)")

            let folds = ["crossvalidate", corpus.path, "--model", "ann", "--epochs", "1", "--skip-copy-search"]
            let output = ["--output", folder.appendingPathComponent("folds").path]
            let many = try await Command.run(folds + output + ["--by", "stratified", "--folds", "5"])
            #expect(many.code == 1 && many.errors.contains("or leave it out: list the other"), "\(many.errors)")
            let steep = try await Command.run(["train", manifest.path] + train + ["--learning-rate", "1e30"])
            #expect(steep.code == 0 || steep.errors.contains("--learning-rate"), "\(steep.errors)")
        }
    }

    @Test func foldsAreAskedForAsTheMessageSays() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(in: folder, words: 4)
            let folds = ["crossvalidate", corpus.path, "--model", "ann", "--epochs", "1", "--skip-copy-search"]
            func run(_ name: String, _ options: [String]) async throws -> Command {
                try await Command.run(folds + ["--output", folder.appendingPathComponent(name).path] + options)
            }
            let many = try await run("a", ["--by", "stratified", "--folds", "9"])
            #expect(many.code == 1 && many.errors.contains("ask for --folds 8,"), "\(many.errors)")
            #expect(try await run("b", ["--by", "stratified", "--folds", "8"]).code == 0)
            let voices = try await run("c", ["--by", "speaker", "--folds", "9"])
            #expect(
                voices.code == 1 && voices.errors.contains("at most 2 by --folds, or leave it out"), "\(voices.errors)")
            #expect(try await run("d", ["--by", "speaker", "--folds", "2"]).code == 0)
            #expect(try await run("e", ["--by", "speaker"]).code == 0)
            let held = try await run("f", ["--by", "speaker", "--validate-by", "speaker"])
            #expect(held.code == 1 && held.errors.contains("Leave out --validate-by"), "\(held.errors)")
        }
    }

    @Test func filesWithoutALayoutGoIntoFoldersOrATable() async throws {
        try await withFolder { folder in
            let made = try await corpus(in: folder, words: 5), mine = folder.appendingPathComponent("mine")
            let files = try #require(FileManager.default.subpaths(atPath: made.path)).filter { $0.hasSuffix(".wav") }
                .sorted()
            func copy(to place: (Int, String) -> String) throws {
                try? FileManager.default.removeItem(at: mine)
                for (number, file) in files.enumerated() {
                    let target = mine.appendingPathComponent(place(number, file))
                    try FileManager.default.createDirectory(
                        at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
                    try FileManager.default.copyItem(at: made.appendingPathComponent(file), to: target)
                }
            }
            func emotion(_ file: String) -> String { file.contains("angry") ? "angry" : "happy" }
            try copy { number, _ in "take\(number).wav" }
            let train = [
                "train", mine.path, "--model", "ann", "--epochs", "1", "--skip-copy-search", "--output",
                folder.appendingPathComponent("a.safetensors").path,
            ]
            let unknown = try await Command.run(train)
            #expect(unknown.code == 1 && unknown.errors.contains("into a folder named by it (angry, happy, sad"))
            try copy { number, file in "\(emotion(file))/take\(number).wav" }
            #expect(try await Command.run(train).code == 0)
            // Who speaks is not known there: it is written into the table that the message tells of.
            let folds = [
                "crossvalidate", mine.path, "--model", "ann", "--epochs", "1", "--skip-copy-search", "--output",
                folder.appendingPathComponent("folds").path,
            ]
            let ungrouped = try await Command.run(folds)
            #expect(ungrouped.code == 1 && ungrouped.errors.contains("ser inspect --csv"), "\(ungrouped.errors)")
            #expect(try await Command.run(folds + ["--by", "stratified", "--folds", "2"]).code == 0)
            let table = try await Command.run(["inspect", mine.path, "--csv"]).output
            let lines = table.split(whereSeparator: \.isNewline).map(String.init)
            let filled =
                [lines[0]]
                + lines.dropFirst().enumerated().map { number, line in
                    line.replacing(",,,", with: ",voice \(number % 2),,", maxReplacements: 1)
                }
            let manifest = folder.appendingPathComponent("filled.csv")
            try Data((filled.joined(separator: "\n") + "\n").utf8).write(to: manifest)
            let grouped = try await Command.run(
                [folds[0], manifest.path] + folds.dropFirst(2).dropLast() + ["\(folder.path)/2"])
            #expect(grouped.code == 0, "\(grouped.errors)")
        }
    }

    @Test func aNetworkOfFixedLengthTellsTheDurationThatFits() async throws {
        try await withFolder { folder in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            let corpus = try await corpus(in: folder, words: 4).path
            let train = ["train", corpus, "--model", "cnn", "--epochs", "1", "--duration", "1.3", "--skip-copy-search"]
            let trained = try await Command.run(train + ["--output", path("cnn.safetensors")])
            try #require(trained.code == 0, "\(trained.errors)")
            let exported = try await Command.run(
                ["export", path("cnn.safetensors"), "--format", "onnx", "--output", path("cnn.onnx")])
            try #require(exported.code == 0, "\(exported.errors)")
            let table =
                "{\"mean\": [\(Array(repeating: "0", count: 40).joined(separator: ","))], "
                + "\"standardDeviation\": [\(Array(repeating: "1", count: 40).joined(separator: ","))]}"
            try Data(table.utf8).write(to: URL(fileURLWithPath: path("sc.json")))
            let labels = "angry,disgust,fear,happy,neutral,sad,surprise"
            let arguments = [
                "import", path("cnn.onnx"), "--labels", labels, "--standardization", path("sc.json"), "--output",
                path("back.safetensors"),
            ]
            let misfit = try await Command.run(arguments)
            let told = try #require(misfit.errors.firstMatch(of: /or a duration of ([0-9.]+) s\./), "\(misfit.errors)")
            let fitting = try await Command.run(arguments + ["--duration", String(told.1)])
            #expect(fitting.code == 0, "\(fitting.errors)")
        }
    }

    @Test func strictReadingIsLeftOut() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(in: folder, words: 5),
                model = folder.appendingPathComponent("a.safetensors").path
            let file = try #require(FileManager.default.subpaths(atPath: corpus.path)?.first { $0.hasSuffix(".wav") })
            try Data("no sound".utf8).write(to: corpus.appendingPathComponent(file))
            let train = [
                "train", corpus.path, "--model", "ann", "--epochs", "1", "--output", model, "--skip-copy-search",
            ]
            let strict = try await Command.run(train + ["--strict"])
            #expect(strict.code == 1 && strict.errors.contains("leave out --strict"), "\(strict.errors)")
            #expect(try await Command.run(train).code == 0)
        }
    }

    @Test func aRateThatIsTooHighIsNotToldAsNegative() async throws {
        try await withFolder { folder in
            let file = folder.appendingPathComponent("a.wav")
            try tone().write(to: file)
            for rate in ["1e9", "0", "-5", "1e-320", "nan"] {
                let run = try await Command.run(["features", file.path, "--rate=\(rate)"])
                #expect(
                    run.code == 1 && run.errors.contains("must be from 1 to 10000000 Hz"), "\(run.errors)")
            }
            #expect(try await Command.run(["features", file.path, "--rate", "10000000"]).code == 0)
        }
    }

    @Test func whatIsNoModelIsToldByWhatItIs() async throws {
        try await withFolder { folder in
            let sound = folder.appendingPathComponent("a.wav")
            try tone().write(to: sound)
            let files: [(name: String, content: Data, says: String)] = [
                ("b.wav", try Data(contentsOf: sound), "this is a sound file, not a model; name the model first"),
                ("c.onnx", Data([0x08, 0x07, 0x12, 0x04]) + Data("test, and more".utf8), "ser import"),
                (
                    "d.safetensors", Data("version https://git-lfs.github.com/spec/v1\noid sha256:0".utf8),
                    "git lfs pull"
                ),
                ("f.safetensors", Data("/annex/objects/SHA256E-s12--0.safetensors\n".utf8), "git annex get"),
                ("g.safetensors", Data([0, 0, 0, 32]) + Data("ftypM4A and more".utf8), "this is a sound file"),
                ("e.safetensors", Data("<!DOCTYPE html>\n<html>not found</html>".utf8), "a web page (HTML)"),
                ("results.json", Data("{\"header\": {}}".utf8), "this is JSON, not a model"),
            ]
            for file in files {
                let url = folder.appendingPathComponent(file.name)
                try file.content.write(to: url)
                for command in [
                    ["predict", url.path, sound.path],
                    ["export", url.path, "--format", "onnx", "--output", folder.path + "/out.onnx"],
                ] {
                    // Named as sound it is sound, which the library's own recognizer hears.
                    if command[0] == "predict", url.pathExtension == "wav" { continue }
                    let run = try await Command.run(command)
                    // What is neither costs the sound behind it nothing.
                    if command[0] == "predict", file.name == "results.json" {
                        #expect(run.code == 1 && run.output.hasPrefix(sound.path), "\(run.errors)")
                        #expect(run.errors.contains("this is text") && run.errors.contains("is no model: english"))
                        continue
                    }
                    #expect(run.code == 1 && run.errors.contains(file.says), "\(run.errors)")
                    #expect(run.errors.contains(url.path) && run.errors.filter { $0 == "\n" }.count == 1)
                }
            }
        }
    }

    /// What the system's frameworks say is of no help to anybody who types commands.
    @Test func whatCannotBeReadIsToldInPlainWords() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(in: folder, words: 1)
            let none = folder.appendingPathComponent("none").path, output = folder.path + "/o"
            let text = folder.appendingPathComponent("text.json").path
            try Data("{\"a\": ".utf8).write(to: URL(fileURLWithPath: text))
            var commands: [[String]] = []
            for file in [none, folder.path, text] {
                let named = ["--labels", "a,b", "--standardization", file]
                commands += [
                    ["predict", file, file], ["summary", file], ["report", file],
                    ["inspect", file == folder.path ? none + ".csv" : file],
                    ["benchmark", "--only", "gemm", "--seconds", "0.01", "--compare", file],
                    ["import", file + ".onnx", "--output", output],
                    ["import", file, "--model", "ann", "--output", output] + named,
                    ["train", file, "--model", "ann", "--output", output],
                    ["crossvalidate", corpus.path, "--model", "ann", "--lists", file, "--output", output],
                    ["evaluate", file, corpus.path],
                ]
            }
            for command in commands {
                let run = try await Command.run(command)
                let words = [
                    "Error Domain", "NSCocoa", "CocoaError", "couldn", "operation could not", "NSPOSIX",
                    "DecodingError",
                    "debugDescription", "NSUnderlying",
                ]
                for word in words { #expect(!run.errors.contains(word), "\(command): \(run.errors)") }
                #expect(run.code != 0 && run.errors.hasPrefix("Error: "), "\(command): \(run.errors)")
            }
        }
    }

    @Test func aModelOfForeignLayersIsToldAsOne() async throws {
        try await withFolder { folder in
            let corpus = try await corpus(in: folder, words: 5), model = folder.appendingPathComponent("a.safetensors")
            let trained = try await Command.run([
                "train", corpus.path, "--model", "ann", "--epochs", "1", "--output", model.path, "--skip-copy-search",
            ])
            try #require(trained.code == 0, "\(trained.errors)")
            // The header's length stays as it is.
            let bytes = try Data(contentsOf: model)
            let text = String(decoding: bytes, as: Unicode.ASCII.self)
            let range = try #require(text.range(of: #"\"kind\":\"relu\""#))
            let place = text.distance(from: text.startIndex, to: range.lowerBound)
            var changed = bytes
            changed.replaceSubrange(place..<place + 15, with: Data(#"\"kind\":\"mine\""#.utf8).prefix(15))
            try changed.write(to: model)
            let run = try await Command.run(["summary", model.path])
            #expect(run.code == 1 && run.errors.contains("ser knows the library's alone"), "\(run.errors)")
        }
    }

    @Test func emptyBandsAreToldWithTheLargestNumberWithoutThem() async throws {
        try await withFolder { folder in
            let file = folder.appendingPathComponent("a.wav")
            try tone().write(to: file)
            func run(_ bands: String) async throws -> Command {
                try await Command.run(["features", file.path, "--features", "logmel", "--coefficients", bands])
            }
            let many = try await run("300")
            let told = try #require(many.errors.firstMatch(of: /--coefficients ([0-9]+)\)/)?.1)
            #expect(many.code == 0 && many.errors.contains("empty, whatever the sound"))
            #expect(try await run(String(told)).errors.isEmpty)
            let more = String((Int(told) ?? 0) + 1)
            #expect(try await run(more).errors.contains("empty, whatever the sound"))
        }
    }

    @Test(arguments: [
        ("0.8,0.3,0.1", "more than all clips"), ("a", "three"), ("0.8,0.1,b", "not all of them are numbers"),
        ("1,0,0", "above 0"),
    ])
    func sharesAreRefusedWithTheReason(shares: String, reason: String) async throws {
        let run = try await Command.run(
            ["train", "x", "--model", "ann", "--output", "/tmp/x.safetensors", "--shares", shares])
        #expect(run.code == 64 && run.errors.contains(reason), "\(run.errors)")
        // The library of arguments tells a default only of values that it reads by itself.
        #expect(try await Command.run(["train", "--help"]).output.contains("(default: 0.8,0.1,0.1)"))
    }

    @Test func aClipTooShortForAFrameIsPadded() async throws {
        try await withFolder { folder in
            let file = folder.appendingPathComponent("a.wav")
            try tone(seconds: 0.01).write(to: file)
            let short = try await Command.run(["features", file.path, "--preset", "kaldi"])
            #expect(short.code == 1 && short.errors.contains("or --preset librosa, which pads it"), "\(short.errors)")
            #expect(try await Command.run(["features", file.path, "--preset", "librosa"]).code == 0)
        }
    }

    @Test func aModelThatHearsBeginningsSaysSo() async throws {
        try await withFolder { folder in
            // Its file says nothing of what it hears, being older than the choice.
            let model = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../Fixtures/modelfiles/format1-0.safetensors").standardizedFileURL.path
            let silent = folder.appendingPathComponent("silent.wav")
            var data = tone(seconds: 5)
            data.replaceSubrange(44..., with: Data(count: data.count - 44))
            try data.write(to: silent)
            let run = try await Command.run(["predict", model, silent.path])
            #expect(run.code == 0 && run.output.contains("(heard 0.00 to 1.00 s of 5.00 s; no speech found)"))
            #expect(run.errors.contains("hears the beginning of a file alone"), "\(run.output)\(run.errors)")
        }
    }
}
