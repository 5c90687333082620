// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import Testing

@Suite struct PredictCommandTests {
    /// A model trained for an epoch on a synthetic corpus, and a recording of it.
    private func trained(in folder: URL) async throws -> (model: String, clip: URL) {
        let corpus = folder.appendingPathComponent("corpus"),
            model = folder.appendingPathComponent("a.safetensors").path
        let written = try await Command.run(["synthesize", corpus.path, "--words", "3"])
        try #require(written.code == 0, "\(written.errors)")
        let run = try await Command.run([
            "train", corpus.path, "--model", "ann", "--epochs", "1", "--output", model, "--skip-copy-search",
        ])
        try #require(run.code == 0, "\(run.errors)")
        let name = try #require(
            FileManager.default.subpaths(atPath: corpus.path)?.sorted().first { $0.hasSuffix(".wav") })
        return (model, corpus.appendingPathComponent(name))
    }

    @Test func oneBadFileCostsNoOthersTheirResults() async throws {
        try await withFolder { folder in
            let (model, clip) = try await trained(in: folder)
            let pointer = folder.appendingPathComponent("lfs.wav"), none = folder.appendingPathComponent("none.wav")
            try Data("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n".utf8).write(to: pointer)
            let files = [clip, pointer, clip, none, clip].map(\.path)
            for command in [["predict", model], ["features"]] {
                let text = try await Command.run(command + files)
                #expect(text.code == 1 && text.output.components(separatedBy: clip.path + ":").count == 4)
                #expect(text.errors.contains("git lfs pull") && text.errors.contains("no such file"), "\(text.errors)")
                let json = try await Command.run(command + files + ["--json"])
                let lines = try json.output.split(separator: "\n").map { try object(String($0)) }
                #expect(json.code == 1 && lines.map { $0["file"] as? String } == files)
                #expect(lines.map { $0["error"] is String } == [false, true, false, true, false])
            }
        }
    }

    /// Without a model, the recognizer that comes with the library answers; sound by its name or its first bytes is none.
    @Test func withoutAModelTheLibrarysOwnAnswers() async throws {
        try await withFolder { folder in
            let (model, clip) = try await trained(in: folder)
            let silent = folder.appendingPathComponent("silent"), none = folder.appendingPathComponent("none.wav").path
            try AudioFile.write(
                AudioClip(samples: [Float](repeating: 0, count: 16_000), sampleRate: 16_000), to: silent)
            let run = try await Command.run(["predict", clip.path, silent.path])
            try #require(run.code == 0, "\(run.errors)")
            let lines = run.output.split(separator: "\n")
            #expect(lines.count == 2 && lines[1].contains("not sure") && lines[1].contains("no speech"))
            let first = try await Command.run(["predict", silent.path, "--json"])
            let answer = try object(first.output), labels = try #require(answer["probabilities"] as? [String: Double])
            #expect(labels.keys.sorted() == ["angry", "disgust", "fear", "happy", "neutral", "sad"])
            #expect(answer["unsure"] as? Bool == true)
            let sure = try await Command.run(["predict", silent.path, "--unsure-below", "0"])
            #expect(sure.code == 0 && !sure.output.contains("not sure"))
            #expect(try await Command.run(["predict", none]).errors.contains("no such file"))
            let alone = try await Command.run(["predict", model])
            #expect(alone.code != 0 && alone.errors.contains("name the sound after it"))
        }
    }

    /// Every command that takes a model takes that of the library: by its name, and where none is named.
    @Test func everyCommandTakesTheLibrarysOwn() async throws {
        try await withFolder { folder in
            let corpus = folder.appendingPathComponent("corpus")
            try #require(try await Command.run(["synthesize", corpus.path, "--words", "1"]).code == 0)
            let clip = try #require(
                FileManager.default.subpaths(atPath: corpus.path)?.sorted().first { $0.hasSuffix(".wav") })
            let sound = corpus.appendingPathComponent(clip).path, graph = folder.appendingPathComponent("a.onnx").path
            func same(_ command: [String], _ rest: [String]) async throws -> String {
                let runs = [
                    try await Command.run(command + rest), try await Command.run(command + ["english"] + rest),
                ]
                #expect(runs.allSatisfy { $0.code == 0 } && runs[0].output == runs[1].output, "\(runs.map(\.errors))")
                return runs[0].output
            }
            #expect(try await same(["predict"], [sound]).contains(" | "))
            #expect(try await same(["explain"], [sound, "--method", "gradient"]).contains("' by "))
            // Six emotions, of which surprise is none.
            try FileManager.default.removeItem(at: corpus)
            for emotion in ["sad", "angry"] {
                let place = folder.appendingPathComponent("two/\(emotion)")
                try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
                try tone().write(
                    to: place.appendingPathComponent("1001_DFA_\(emotion == "sad" ? "SAD" : "ANG")_XX.wav"))
            }
            let two = folder.appendingPathComponent("two").path
            let measured = try await same(["evaluate"], [two, "--resamples", "100"])
            #expect(measured.contains("CREMA-D") && measured.contains("the model was trained on"), "\(measured)")
            #expect(measured.components(separatedBy: "100.0 %").count == 2)
            #expect(try await same(["export"], ["--format", "onnx", "--output", graph]).contains("disgust"))
            #expect(try await Command.run(["summary", "english"]).output.contains("conv2d1"))
            for misuse in [["explain", sound + ".safetensors"], ["evaluate", "x.safetensors"]] {
                let run = try await Command.run(misuse)
                #expect(run.code != 0, "\(misuse)")
            }
            let many = try await Command.run(["explain", sound, sound, sound])
            #expect(many.code == 64 && many.errors.contains("One sound file is explained at a time"))
        }
    }

    /// What is neither a model nor sound costs no other file its answer, wherever it stands; "not sure" is null in JSON.
    @Test func whatIsNeitherCostsNoOthersTheirAnswers() async throws {
        try await withFolder { folder in
            let notes = folder.appendingPathComponent("notes.txt"), noise = folder.appendingPathComponent("a.bin")
            try Data("not a model\n".utf8).write(to: notes)
            try Data((0..<5000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }).write(to: noise)
            let sound = folder.appendingPathComponent("a.wav").path
            try tone().write(to: URL(fileURLWithPath: sound))
            for first in [notes.path, noise.path] {
                let run = try await Command.run(["predict", first, sound, "--json"])
                let lines = try run.output.split(separator: "\n").map { try object(String($0)) }
                #expect(run.code == 1 && lines.map { $0["file"] as? String } == [first, sound], "\(run.errors)")
                #expect(lines.first?["error"] is String && run.errors.contains("is no model: english"))
            }
            let unsure = try object(
                try await Command.run(["predict", sound, "--json", "--unsure-below", "1"]).output)
            #expect(unsure["answer"] is NSNull && unsure["label"] is String && unsure["unsure"] as? Bool == true)
            let sure = try object(try await Command.run(["predict", sound, "--json", "--unsure-below", "0"]).output)
            #expect(sure["answer"] as? String == sure["label"] as? String && sure["unsure"] as? Bool == false)
        }
    }

    /// Those who have a clip too short are told so, and not about layers.
    @Test func shortClipsAreToldAsShort() async throws {
        try await withFolder { folder in
            let file = folder.appendingPathComponent("a.wav").path
            try tone(seconds: 0.01).write(to: URL(fileURLWithPath: file))
            let run = try await Command.run(["predict", file])
            #expect(run.code == 1 && run.errors.contains("the clip is too short") && !run.errors.contains("layer"))
            let functionals = try await Command.run(["features", file, "--features", "egemaps"])
            #expect(functionals.errors.contains("use a longer one") && !functionals.errors.contains("--preset"))
        }
    }

    @Test func whatWasHeardIsTold() async throws {
        try await withFolder { folder in
            let (model, clip) = try await trained(in: folder), voice = try AudioFile.read(at: clip)
            let silence = [Float](repeating: 0, count: Int(20 * voice.sampleRate))
            let late = folder.appendingPathComponent("late.wav"), silent = folder.appendingPathComponent("silent.wav")
            let (one, short) = (folder.appendingPathComponent("one.wav"), folder.appendingPathComponent("short.wav"))
            func write(_ samples: [Float], _ file: URL) throws {
                try AudioFile.write(AudioClip(samples: samples, sampleRate: voice.sampleRate), to: file)
            }
            try write(silence + voice.samples + silence, late)
            try write(silence, silent)
            try write([0.5], one)
            try write(Array(voice.samples.prefix(Int(0.02 * voice.sampleRate))), short)
            let run = try await Command.run(["predict", model, clip.path, late.path, silent.path, one.path, short.path])
            let lines = run.output.split(separator: "\n")
            try #require(run.code == 0 && lines.count == 5, "\(run.errors)")
            #expect(!lines[0].contains("(") && lines[1].contains("(heard ") && lines[1].contains(" s of "))
            #expect(!lines[1].contains("no speech"))
            #expect(lines[2].contains("(heard 0.00 to 3.00 s of 20.00 s; no speech found)"))
            #expect(lines[3].contains("too short, ") && lines[4].contains("(no speech found: too short, 20 ms)"))

            let json = try object(try await Command.run(["predict", model, late.path, "--json"]).output)
            let heard = try #require(json["heard"] as? [String: Double])
            #expect((heard["start"] ?? 0) > 17 && (heard["duration"] ?? 0) > 40 && json["speechFound"] as? Bool == true)
            let explained = try await Command.run(["explain", model, late.path, "--method", "gradient"])
            #expect(explained.output.contains("(heard ") && explained.output.contains("The model reads "))

            // Evaluation tells of clips that are heard in part.
            try write(silence + voice.samples + silence, clip)
            let corpus = folder.appendingPathComponent("corpus").path
            let evaluated = try await Command.run(["evaluate", model, corpus, "--resamples", "100"])
            #expect(evaluated.output.contains("1 of 42 clips is longer than the 3.00 s that the model hears"))
            let results = try object(
                try await Command.run(["evaluate", model, corpus, "--json", "--resamples", "100"]).output)
            #expect(
                (results["partlyHeard"] as? [Any])?.count == 1 && (results["withoutSpeech"] as? [Any])?.isEmpty == true)

            // So does training, of clips of any part.
            let again = folder.appendingPathComponent("again").path, short1 = ["--epochs", "1", "--skip-copy-search"]
            let train = ["train", corpus, "--model", "ann", "--output", again + ".safetensors"] + short1
            let told = "1 of 42 clips is longer than the 3.00 s that the model hears"
            #expect(try await Command.run(train).output.contains(told))
            let trained = try object(try await Command.run(train + ["--json"]).output)
            #expect((trained["partlyHeard"] as? [Any])?.count == 1)
            let compared = try await Command.run(["compare", corpus, "--models", "ann", "--output", again] + short1)
            #expect(compared.output.contains(told), "\(compared.errors)")
            let page = try String(contentsOfFile: again + "/report.html", encoding: .utf8)
            #expect(page.contains("Clips heard in part") && page.contains(told))
        }
    }

    @Test func standardInputAndPipesAreRead() async throws {
        try await withFolder { folder in
            let (model, clip) = try await trained(in: folder)
            let direct = try await Command.run(["predict", model, clip.path])
            let answer = try #require(direct.output.split(separator: ": ").last)
            func shell(_ command: String) throws -> String {
                let process = Process(), output = Pipe()
                process.executableURL = URL(fileURLWithPath: "/bin/bash")
                process.arguments = ["-c", command, "bash", Command.executable("ser").path, model, clip.path]
                process.standardOutput = output
                try process.run()
                return String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            }
            for command in [
                #"cat "$3" | "$1" predict "$2" -"#, #""$1" predict "$2" - < "$3""#, #""$1" predict "$2" <(cat "$3")"#,
            ] { #expect(try shell(command).hasSuffix(": \(answer)"), "\(command)") }
            #expect(try shell(#"cat "$3" | "$1" features --json -"#).contains(#""file":"-""#))
            #expect(try shell(#"cat "$3" | "$1" explain --method gradient "$2" -"#).hasPrefix("standard input: "))
            #expect(try shell(#"echo text | "$1" predict --json "$2" -"#).contains("standard input: this is text"))
            let twice = try await Command.run(["predict", model, "-", clip.path, "-"])
            #expect(twice.code == 64 && twice.errors.contains("named several times"), "\(twice.errors)")
        }
    }

    /// What never ends is held up to a limit, which is told with what to do.
    @Test func endlessInputIsRefusedWithARemedy() async throws {
        try await withFolder { folder in
            let (model, _) = try await trained(in: folder)
            for command in [["predict", model, "-"], ["features", "-"]] {
                let run = try await Command.run(command, input: "/dev/zero")
                #expect(
                    run.code == 1 && run.errors.contains("more than 512 MiB came through the pipe"), "\(run.errors)")
                #expect(run.errors.contains("write the sound to a file") && !run.errors.contains("permissions"))
            }
            // A model is a file.
            let other = try await Command.run(["predict", "/dev/stdin", model], input: "/dev/zero")
            #expect(other.code == 1 && other.errors.hasPrefix("Error: /dev/stdin"), "\(other.errors)")
        }
    }

    /// Ctrl-C is heard while a pipe gives nothing, by each command that reads one.
    @Test(arguments: ["predict", "features", "explain"]) func waitingForAPipeIsStopped(command: String) async throws {
        try await withFolder { folder in
            let (model, _) = try await trained(in: folder), pipe = folder.appendingPathComponent("pipe").path
            try #require(mkfifo(pipe, 0o600) == 0)
            // Opened for both, it has a writer who writes nothing.
            let writer = open(pipe, O_RDWR)
            defer { close(writer) }
            let process = Process(), errors = Pipe()
            process.executableURL = Command.executable("ser")
            process.arguments = [command] + (command == "features" ? [] : [model]) + [pipe]
            process.standardError = errors
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            try await Task.sleep(for: .seconds(1))
            #expect(process.isRunning)
            kill(process.processIdentifier, SIGINT)
            let began = ContinuousClock.now
            while process.isRunning, began.duration(to: .now) < .seconds(20) {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(!process.isRunning)
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            #expect(process.terminationReason == .exit && process.terminationStatus == 130)
        }
    }

    @Test func namesOfFilesMoveNoCursor() async throws {
        try await withFolder { folder in
            let (model, clip) = try await trained(in: folder)
            let file = folder.appendingPathComponent("\u{1b}[31mred.wav"), missing = folder.path + "/\u{1b}[2Jno.wav"
            try FileManager.default.copyItem(at: clip, to: file)
            let run = try await Command.run(["predict", model, file.path, missing])
            #expect(run.output.contains(#"/\u{1B}[31mred.wav: "#) && !run.output.contains("\u{1b}"), "\(run.output)")
            #expect(run.errors.contains(#"/\u{1B}[2Jno.wav"#) && !run.errors.contains("\u{1b}"), "\(run.errors)")
        }
    }
}
