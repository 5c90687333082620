// SPDX-License-Identifier: Apache-2.0

/// Arguments of a command as they were typed, without some of its options.
struct TypedArguments {
    private(set) var arguments: [String]

    /// What was typed after the command's name.
    init(_ arguments: [String]) { self.arguments = arguments }

    /// Removes options with their values, in both forms: `--output folder` and `--output=folder`.
    func without(options: Set<String>, flags: Set<String> = []) -> [String] {
        var kept: [String] = [], skips = false, isOver = false
        for argument in arguments {
            if skips {
                skips = false
                continue
            }
            if argument == "--" { isOver = true }
            let name = argument.prefix { $0 != "=" }
            if !isOver, options.contains(String(name)) {
                skips = !argument.contains("=")
            } else if isOver || !flags.contains(argument) {
                kept.append(argument)
            }
        }
        return kept
    }
}
