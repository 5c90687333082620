// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERSupport

/// Shells that complete commands.
enum CompletingShell: String, ExpressibleByArgument, CaseIterable {
    case bash, zsh, fish

    var kind: CompletionShell {
        switch self {
        case .bash: .bash
        case .zsh: .zsh
        case .fish: .fish
        }
    }

    /// Where the shell, or its completion package, looks for a user's completions of `ser`.
    /// - Parameter environment: The variables that say where a user's files are.
    func file(_ environment: [String: String]) -> URL {
        let home = URL(fileURLWithPath: environment["HOME"] ?? NSHomeDirectory())
        func folder(_ name: String, _ usual: String) -> URL {
            let named = environment[name].flatMap { $0.hasPrefix("/") ? URL(fileURLWithPath: $0) : nil }
            return named ?? home.appendingPathComponent(usual)
        }
        switch self {
        case .bash:
            return folder("XDG_DATA_HOME", ".local/share").appendingPathComponent("bash-completion/completions/ser")
        case .zsh: return home.appendingPathComponent(".zfunc/_ser")
        case .fish: return folder("XDG_CONFIG_HOME", ".config").appendingPathComponent("fish/completions/ser.fish")
        }
    }

    /// What else the shell needs, in a sentence.
    func remark(_ file: URL) -> String {
        switch self {
        case .bash: "The package bash-completion loads it in new shells; without it, add to ~/.bashrc: . '\(file.path)'"
        case .zsh:
            "Add to ~/.zshrc, before any line with compinit, and open a new shell: "
                + "fpath=(~/.zfunc $fpath); autoload -Uz compinit; compinit"
        case .fish: "New shells load it."
        }
    }
}

struct CompletionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Let a shell complete the commands and options of ser.",
        discussion: """
            Prints the script, or with --install puts it where the shell looks for a user's own. A file of that name that \
            this command did not write is left as it is.

            EXAMPLE:
              ser completions bash --install
            """)

    @Argument(help: "The shell.")
    var shell: CompletingShell

    @Flag(help: "Put the script where the shell looks for it.")
    var install = false

    @OptionGroup var common: CommonOptions

    /// What the first lines of a script of this command say.
    private static let mark = "made by ser completions"

    func run() throws {
        common.apply()
        var script = marked(Ser.completionScript(for: shell.kind))
        // Where the script knows nothing to say, bash completes names of files, as it does for any program.
        if shell == .bash {
            script = script.replacingOccurrences(
                of: "complete -o filenames -F", with: "complete -o filenames -o bashdefault -o default -F")
        }
        guard install else {
            if common.json { return try printJSON(Told(shell: shell.rawValue, file: nil, script: script)) }
            return try printText(script, terminator: "", isForPrograms: true)
        }
        let file = shell.file(ProcessInfo.processInfo.environment)
        try checkIsOwn(file)
        try AtomicFile.prepare(file: file)
        try AtomicFile.write(Data(script.utf8), to: file)
        if common.json { return try printJSON(Told(shell: shell.rawValue, file: file.path, script: script)) }
        try printText("\(file.path)\n\(shell.remark(file))")
    }

    /// The script with a line that says who made it; zsh's first line has to stay the first.
    private func marked(_ script: String) -> String {
        var lines = script.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let place = lines.first.map { $0.hasPrefix("#") } == true ? 1 : 0
        lines.insert("# \(Self.mark) \(shell.rawValue); --install writes it anew", at: place)
        let text = lines.joined(separator: "\n")
        return text.hasSuffix("\n") ? text : text + "\n"
    }

    /// Makes sure that nothing is written over that somebody else made.
    private func checkIsOwn(_ file: URL) throws {
        guard FileManager.default.fileExists(atPath: file.path) else { return }
        let text = (try? Data(ofFile: file, most: 1 << 24)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        guard text.split(separator: "\n").prefix(3).contains(where: { $0.contains(Self.mark) }) else {
            throw ValidationError(
                "\(file.path) is there and was not made by this command. Move it away, or print the script without "
                    + "--install and put it elsewhere.")
        }
    }

    private struct Told: Encodable {
        let shell: String
        /// Where it was put; nil where it was printed.
        let file: String?
        let script: String
    }
}
