// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What `ser --experimental-dump-help` says of a command.
struct CommandHelp: Decodable {
    var commandName: String
    var arguments: [Argument]?
    var subcommands: [CommandHelp]?

    struct Root: Decodable { var command: CommandHelp }
    struct Name: Decodable { var kind, name: String }

    struct Argument: Decodable {
        var kind: String
        var names: [Name]?
        var valueName: String?
        var allValues: [String]?
        var defaultValue: String?
        var isOptional, isRepeating, shouldDisplay: Bool

        /// As usage texts write it: `--epochs <count> (default: 100)`, `[<file>...]`.
        var text: String {
            let spelled = (names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name }.joined(separator: ", ")
            let value = "<\(valueName ?? "value")>" + (isRepeating ? "..." : "")
            var text = kind == "positional" ? value : spelled + (kind == "option" ? " \(value)" : "")
            if let allValues { text += " = " + allValues.joined(separator: " | ") }
            if let defaultValue { text += " (default: \(defaultValue))" }
            return text + (isOptional ? "" : " (required)")
        }
    }

    /// The command and its subcommands, one after the other; help is everywhere and not told.
    func lines(after parents: String = "") -> [String] {
        let name = parents + commandName
        let told = (arguments ?? []).filter { argument in
            argument.shouldDisplay && !(argument.names ?? []).contains { $0.name == "help" }
        }
        let positional = told.filter { $0.kind == "positional" }.map(\.text)
        let others = told.filter { $0.kind != "positional" }.map(\.text).sorted()
        return ["", name] + (positional + others).map { "    " + $0 }
            + (subcommands ?? []).filter { $0.commandName != "help" }.sorted { $0.commandName < $1.commandName }
            .flatMap { $0.lines(after: name + " ") }
    }

    static func digest(_ json: Data) throws -> String {
        let root = try JSONDecoder().decode(Root.self, from: json)
        let head = "// The command line, written by Scripts/api. Every command has --help as well."
        return ([head] + root.command.lines()).joined(separator: "\n") + "\n"
    }
}
