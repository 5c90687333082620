// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERSupport

/// Options that every subcommand takes.
struct CommonOptions: ParsableArguments {
    @Flag(help: "Print JSON instead of text.")
    var json = false

    @Option(help: ArgumentHelp("Threads to use; results do not depend on it. (default: all cores)", valueName: "count"))
    var threads: Int?

    func validate() throws {
        if let threads, !(1...256).contains(threads) {
            throw ValidationError("--threads \(threads): must be from 1 to 256.")
        }
    }

    /// Puts the options into effect; the first thing that a subcommand does.
    func apply() {
        if let threads { Parallelism.threads = threads }
        Interruption.watch()
    }
}

extension URL: @retroactive ExpressibleByArgument {
    /// A path as it was typed; `~` is the shell's affair.
    public init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        self.init(fileURLWithPath: argument)
    }

    /// A default as one would type it: help is not to depend on the folder it is asked for in.
    public var defaultValueDescription: String { relativePath }
}
