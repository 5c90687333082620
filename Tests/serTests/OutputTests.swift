// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A device on which there is never room.
private let full = "/dev/full"

@Suite struct OutputTests {
    /// Runs `ser` in a shell, whose redirections decide where its output goes.
    fileprivate func shell(_ command: String, _ arguments: [String] = []) throws -> (
        code: Int32, output: String, errors: String
    ) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", command, "bash", Command.executable("ser").path] + arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let told = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let wrong = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, told, wrong)
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: full), "there is no /dev/full"))
    func aFullDeviceIsToldByEveryCommand() async throws {
        try await withFolder { folder in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            let (corpus, model, sound) = (path("corpus"), path("ann.safetensors"), path("a.wav"))
            try tone().write(to: URL(fileURLWithPath: sound))
            let made = try await Command.run(["synthesize", corpus, "--words", "2"])
            try #require(made.code == 0, "\(made.errors)")
            let trained = try await Command.run(["train", corpus, "--model", "ann", "--epochs", "1", "--output", model])
            try #require(trained.code == 0, "\(trained.errors)")
            let commands = [
                ["--help"], ["train", "--help"], ["--version"], ["features", sound], ["features", sound, "--json"],
                ["predict", model, sound], ["predict", model, sound, "--json"], ["explain", model, sound],
                ["inspect", corpus], ["inspect", corpus, "--json"], ["inspect", corpus, "--csv"],
                ["summary", model], ["summary", "--model", "gru", "--format", "mermaid"],
                ["evaluate", model, corpus, "--resamples", "100"], ["synthesize", path("more"), "--words", "1"],
                ["train", corpus, "--model", "ann", "--epochs", "1", "--output", path("b.safetensors")],
                ["export", model, "--format", "onnx", "--output", path("a.onnx")],
                ["benchmark", "--only", "step/ann", "--seconds", "0.01"],
                ["compare", corpus, "--epochs", "1", "--models", "ann", "--output", path("results")],
                ["report", path("results/results.json"), "--output", path("page")],
                [
                    "crossvalidate", corpus, "--model", "ann", "--epochs", "1", "--folds", "2", "--output",
                    path("folds"),
                ],
            ]
            for arguments in commands {
                let run = try shell(#""$@" > /dev/full"#, arguments)
                #expect(run.code == 1, "\(arguments): \(run.code) \(run.errors)")
                let told = run.errors.split(separator: "\n").filter {
                    $0.contains("standard output: cannot be written")
                }
                #expect(told.count == 1 && told.first?.hasPrefix("Error: ") == true, "\(arguments): \(run.errors)")
            }
            // What was asked for as files is there all the same.
            for name in ["b.safetensors", "a.onnx", "results/results.json", "page/report.html", "folds/results.json"] {
                #expect(FileManager.default.fileExists(atPath: path(name)), "\(name)")
            }
            // Files on a full device.
            for arguments in [
                ["features", sound, "--output", full], ["explain", model, sound, "--output", full],
                ["train", corpus, "--model", "ann", "--epochs", "1", "--output", full],
            ] {
                let run = try await Command.run(arguments)
                #expect(run.code == 1 && run.errors.contains("Error: \(full): cannot be written"), "\(run.errors)")
            }
            // Remarks that nobody can read cost no results.
            let silent = try shell(
                #""$@" 2> /dev/full"#, ["train", corpus, "--model", "ann", "--epochs", "1", "--output", model])
            #expect(silent.code == 0 && silent.output.contains("test part"))
            #expect(try shell(#""$@" 2> /dev/full"#, ["features", path("none.wav")]).code == 1)
        }
    }

    /// What is read would be lost.
    @Test func whatIsReadIsNotWrittenOver() async throws {
        try await withFolder { folder in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            let (corpus, model, sound) = (path("corpus"), path("ann.safetensors"), path("a.wav"))
            try tone().write(to: URL(fileURLWithPath: sound))
            _ = try await Command.run(["synthesize", corpus, "--words", "2"])
            let train = ["train", corpus, "--model", "ann", "--epochs", "1", "--skip-copy-search"]
            try #require(try await Command.run(train + ["--output", model]).code == 0)
            let table = try await Command.run(["inspect", corpus, "--csv"]).output, manifest = path("corpus/list.csv")
            try Data(table.utf8).write(to: URL(fileURLWithPath: manifest))
            let other = path("link.safetensors")
            try FileManager.default.createSymbolicLink(atPath: other, withDestinationPath: model)
            for (arguments, lost) in [
                (["export", model, "--format", "onnx", "--output", model], model),
                (["export", model, "--format", "onnx", "--output", other], model),
                (["explain", model, sound, "--output", sound], sound),
                (["explain", model, sound, "--output", model], model),
                (["features", sound, "--output", path("corpus/../a.wav")], sound),
                (["train", manifest, "--model", "ann", "--epochs", "1", "--output", manifest], manifest),
            ] {
                let before = try Data(contentsOf: URL(fileURLWithPath: lost))
                let run = try await Command.run(arguments)
                #expect(
                    run.code == 64 && run.errors.contains("which is read; name another file"),
                    "\(arguments): \(run.errors)")
                #expect(try Data(contentsOf: URL(fileURLWithPath: lost)) == before)
            }
            let both = try await Command.run(train + ["--output", path("b"), "--checkpoint", path("b")])
            #expect(both.code == 64 && both.errors.contains("--checkpoint"), "\(both.errors)")
            let resumed = try await Command.run(train + ["--output", path("b"), "--checkpoint", model, "--resume"])
            #expect(
                resumed.code == 1 && resumed.errors.contains("is a model, and holds nothing to go on from"),
                "\(resumed.errors)")
        }
    }

    @Test func namesInErrorsDoNotMoveTheCursor() async throws {
        try await withFolder { folder in
            let file = folder.appendingPathComponent("list.csv")
            try Data("path,label\n\u{1b}]0;x\u{7}.wav,sad\n".utf8).write(to: file)
            let run = try await Command.run(["inspect", file.path])
            #expect(run.code == 1 && !run.errors.contains("\u{1b}") && run.errors.contains("\\u{1B}"), "\(run.errors)")
        }
    }

    @Test func whoStopsReadingIsNotTold() async throws {
        try await withFolder { folder in
            let sound = folder.appendingPathComponent("a.wav").path
            try tone(seconds: 20).write(to: URL(fileURLWithPath: sound))
            let files = [String](repeating: sound, count: 20)
            for command in [
                #""$@" --json | head -c 10; exit "${PIPESTATUS[0]}""#,
                // A parent that ignores the signal of a broken pipe hands that on.
                #"trap '' PIPE; "$@" --json | head -c 10; exit "${PIPESTATUS[0]}""#,
            ] {
                let run = try shell(command, ["features"] + files)
                #expect(run.code == 141 && run.errors.isEmpty, "\(run.code) \(run.errors)")
            }
        }
    }
}

extension OutputTests {
    /// A limit on the size of files (`ulimit -f`) is an error of the write, and leaves nothing behind.
    @Test func aFileThatMayNotGrowIsTold() async throws {
        try await withFolder { folder in
            let sound = folder.appendingPathComponent("a.wav"), output = folder.appendingPathComponent("a.npy")
            try tone().write(to: sound)
            let run = try shell("ulimit -f 1; exec \"$@\"", ["features", sound.path, "--output", output.path])
            #expect(run.code == 1 && run.errors.contains(output.path), "\(run.code) \(run.errors)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.wav"])
        }
    }

    @Test func aNameOfTwoLinesStaysOnOne() async throws {
        try await withFolder { folder in
            let sound = folder.appendingPathComponent("new\nline.wav")
            try tone().write(to: sound)
            let run = try shell("exec \"$@\"", ["features", sound.path])
            #expect(run.code == 0 && run.output.contains("new\\nline.wav: "), "\(run.output) \(run.errors)")
        }
    }
}
