// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Options that do not go together, and names that mean two things: refused or told, and never passed over.
@Suite struct OptionTests {
    private func train(_ more: [String], _ model: String = "ann", data: String = "x") async throws -> Command {
        try await Command.run(
            ["train", data, "--model", model, "--output", "/tmp/none/x.safetensors", "--skip-copy-search"] + more)
    }

    @Test func sharesDealNothingWhereSpeakersAreNamed() async throws {
        let named = ["--by", "speaker", "--test-on", "OAF"]
        let both = try await train(named + ["--shares", "0.6,0.2,0.2"])
        #expect(both.code == 64 && both.errors.contains("leave one of them out"), "\(both.errors)")
        #expect(try await train(named).errors.contains("There is nothing at"))
    }

    @Test func marginsAreNoProbabilities() async throws {
        try await withFolder { folder in
            let (corpus, model) = (folder.path + "/corpus", folder.path + "/svm.safetensors")
            let made = try await Command.run(["synthesize", corpus, "--words", "4"])
            try #require(made.code == 0, "\(made.errors)")
            func run(_ architecture: String, _ more: [String]) async throws -> Command {
                try await Command.run(
                    ["train", corpus, "--model", architecture, "--output", model, "--skip-copy-search"] + more)
            }
            let margins = try await run("linear-svm", ["--unsure-below", "0.5"])
            #expect(margins.code == 64 && margins.errors.contains("add --calibrate"), "\(margins.errors)")
            // Both remedies work.
            #expect(try await run("logistic-regression", ["--unsure-below", "0.5"]).code == 0)
            #expect(try await run("linear-svm", ["--unsure-below", "0.5", "--calibrate"]).code == 0)
            let sound = try #require(FileManager.default.subpaths(atPath: corpus)?.first { $0.hasSuffix(".wav") })
            let predict = ["predict", model, corpus + "/" + sound, "--unsure-below", "0.5"]
            #expect(try await !Command.run(predict).errors.contains("margins"))
            #expect(try await run("linear-svm", []).code == 0)
            let told = try await Command.run(predict)
            #expect(told.code == 0 && told.errors.contains("with --calibrate"), "\(told.errors)")
        }
    }

    /// Speakers are named once, and not all of them.
    @Test func speakersThatAreNamedLeaveSome() async throws {
        try await withFolder { folder in
            let corpus = folder.path + "/corpus"
            try #require(try await Command.run(["synthesize", corpus, "--words", "4"]).code == 0)
            func run(_ more: [String]) async throws -> String {
                try await Command.run(
                    ["train", corpus, "--model", "ann", "--by", "speaker", "--output", folder.path + "/m.safetensors"]
                        + ["--skip-copy-search"] + more
                ).errors
            }
            #expect(try await run(["--test-on", "OAF,YAF"]).contains("has 2 speakers, and too few are left"))
            #expect(try await run(["--test-on", "OAF", "--validate-on", "YAF"]).contains("too few are left"))
            #expect(try await run(["--test-on", "OAF", "--validate-on", "OAF"]).contains("OAF is named twice"))
            #expect(try await run(["--test-on", "OAF", "--test-on", "YAF"]).contains("too few are left"))
            #expect(try await run([]).contains("Leave out --by, or test on each speaker in turn: ser crossvalidate"))
        }
    }

    /// The library's own recognizer and a file of its name are told apart by how they are written.
    @Test func theLibrarysOwnAndAFileOfItsNameAreToldApart() async throws {
        try await withFolder { folder in
            try tone().write(to: folder.appendingPathComponent("a.wav"))
            func run(_ arguments: [String]) async throws -> Command { try await Command.run(arguments, in: folder) }
            let plain = try await run(["predict", "english", "a.wav"])
            #expect(plain.code == 0 && plain.errors.isEmpty, "\(plain.errors)")
            try FileManager.default.createDirectory(
                at: folder.appendingPathComponent("english"), withIntermediateDirectories: true)
            let beside = try await run(["predict", "english", "a.wav"])
            #expect(beside.code == 0 && beside.output == plain.output)
            #expect(beside.errors.contains("comes with the library; the file of that name is ./english"))
            let file = try await run(["predict", "./english", "a.wav"])
            #expect(file.code == 1 && file.output.isEmpty && file.errors.contains("/english"), "\(file.errors)")
            #expect(try await run(["predict", "a.wav"]).errors.isEmpty)
        }
    }

    /// Bands of 8 kHz sound are bands that networks take, and masks that do not fit say which would.
    @Test func aLowRateHasBandsThatAreHeard() async throws {
        try await withFolder { folder in
            let corpus = folder.path + "/corpus"
            try #require(try await Command.run(["synthesize", corpus, "--words", "4"]).code == 0)
            func run(_ more: [String]) async throws -> Command {
                try await Command.run(
                    [
                        "train", corpus, "--epochs", "1", "--output", folder.path + "/m.safetensors",
                        "--skip-copy-search",
                    ]
                        + ["--batch-size", "8", "--rate", "8000"] + more)
            }
            let network = try await run(["--model", "sernet"])
            #expect(network.code == 0 && !network.errors.contains("empty"), "\(network.errors)")
            let bands = ["--model", "gru", "--features", "logmel", "--augmentation", "voices", "--coefficients"]
            let few = try await run(bands + ["6"])
            #expect(few.code == 1 && few.errors.contains("(--coefficients 8)"), "\(few.errors)")
            #expect(try await run(bands + ["8"]).code == 0)
            let lines = try await run(["--model", "sernet", "--augmentation", "anywhere"])
            #expect(lines.code == 0, "\(lines.errors)")
        }
    }
}
