// SPDX-License-Identifier: Apache-2.0

import SERModels
import Testing

@Suite struct HelpTests {
    static let subcommands = [
        "inspect", "features", "synthesize", "summary", "train", "evaluate", "predict", "export", "import", "compare",
        "benchmark", "crossvalidate", "tune", "completions",
    ]

    @Test func helpListsEverySubcommand() async throws {
        let result = try await Command.run(["--help"])
        #expect(result.code == 0 && result.errors.isEmpty)
        for name in Self.subcommands { #expect(result.output.contains("\n  \(name) "), "\(name)") }
    }

    @Test func versionIsThatOfTheLibrary() async throws {
        let result = try await Command.run(["--version"])
        #expect(result.code == 0 && result.errors.isEmpty)
        #expect(result.output == LibraryVersion.current + "\n")
    }

    @Test(arguments: subcommands) func everySubcommandShowsAnExampleAndItsOptions(_ name: String) async throws {
        let result = try await Command.run([name, "--help"])
        #expect(result.code == 0)
        #expect(result.output.contains("EXAMPLE:\n  ser \(name)"))
        for option in ["--json", "--threads"] { #expect(result.output.contains(option)) }
    }

    @Test(arguments: subcommands) func badOptionsAreRefused(_ name: String) async throws {
        for arguments in [["--no-such-option"], ["--threads", "0"], ["--threads", "many"]] {
            let result = try await Command.run([name] + arguments)
            #expect(result.code == 64, "\(arguments)")
            #expect(result.output.isEmpty)
            #expect(result.errors.hasPrefix("Error: "), "\(result.errors)")
        }
    }

    @Test(arguments: [
        ("trian", "train"), ("predct", "predict"), ("crossvalidat", "crossvalidate"), ("Inspect", "inspect"),
    ])
    func aMisspeltCommandIsToldWithTheNearest(word: String, meant: String) async throws {
        let run = try await Command.run([word, "x"])
        #expect(
            run.code == 64 && run.errors.contains("There is no command '\(word)'. Did you mean '\(meant)'"),
            "\(run.errors)")
        #expect(try await Command.run(["help", meant]).code == 0)
        #expect(try await Command.run(["zzzzzz"]).errors.contains("There is nothing of a similar name."))
    }
}
