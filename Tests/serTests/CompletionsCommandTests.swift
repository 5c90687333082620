// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite struct CompletionsCommandTests {
    private static let places = [
        "bash": ".local/share/bash-completion/completions/ser", "zsh": ".zfunc/_ser",
        "fish": ".config/fish/completions/ser.fish",
    ]

    @Test(arguments: places.keys.sorted()) func scriptsArePrintedAndInstalled(_ shell: String) async throws {
        try await withFolder { folder in
            let environment = ["HOME": folder.path, "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": ""]
            let printed = try await Command.run(["completions", shell], environment: environment)
            #expect(printed.code == 0 && printed.output.contains("crossvalidate"), "\(printed.errors)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
            let file = folder.appendingPathComponent(Self.places[shell] ?? "")
            for _ in 0..<2 {
                let installed = try await Command.run(["completions", shell, "--install"], environment: environment)
                #expect(installed.code == 0 && installed.output.hasPrefix(file.path + "\n"), "\(installed.errors)")
                #expect(try String(contentsOf: file, encoding: .utf8) == printed.output)
            }
            // zsh reads what a script completes in its first line.
            if shell == "zsh" { #expect(printed.output.hasPrefix("#compdef ser\n")) }
            try Data("# mine\n".utf8).write(to: file)
            let refused = try await Command.run(["completions", shell, "--install"], environment: environment)
            #expect(refused.code == 64 && refused.errors.contains("was not made by this command"), "\(refused.errors)")
            #expect(try String(contentsOf: file, encoding: .utf8) == "# mine\n")
        }
    }

    @Test func bashCanReadItsScript() async throws {
        let printed = try await Command.run(["completions", "bash"])
        // What the script does not know is a file's name.
        #expect(printed.output.contains("-o default -F _ser"))
        try await withFolder { folder in
            let file = folder.appendingPathComponent("ser")
            try Data(printed.output.utf8).write(to: file)
            let bash = URL(fileURLWithPath: "/bin/bash")
            guard FileManager.default.isExecutableFile(atPath: bash.path) else { return }
            let read = try await Command.run(["-n", file.path], at: bash)
            #expect(read.code == 0 && read.errors.isEmpty, "\(read.errors)")
        }
    }

    @Test func foldersThatTheUserNamedAreTaken() async throws {
        try await withFolder { folder in
            let environment = ["HOME": folder.path, "XDG_CONFIG_HOME": folder.appendingPathComponent("own").path]
            let installed = try await Command.run(["completions", "fish", "--install"], environment: environment)
            #expect(installed.code == 0, "\(installed.errors)")
            let file = folder.appendingPathComponent("own/fish/completions/ser.fish")
            #expect(FileManager.default.fileExists(atPath: file.path))
        }
    }
}
