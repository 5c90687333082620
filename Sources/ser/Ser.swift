// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERModels
import SERSupport

/// The command line: what the library does, one subcommand a task.
@main
struct Ser: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ser",
        abstract: "Speech emotion recognition: train networks on recordings, compare them, and recognise emotions.",
        discussion: """
            Results go to standard output, progress and errors to standard error. Every subcommand takes --json.

            EXAMPLE:
              ser compare ~/TESS --output results
            """,
        version: LibraryVersion.current,
        subcommands: [
            InspectCommand.self, FeaturesCommand.self, SynthesizeCommand.self, SummaryCommand.self, TrainCommand.self,
            EvaluateCommand.self, CrossValidateCommand.self, TuneCommand.self, PredictCommand.self,
            ExplainCommand.self, ExportCommand.self, ImportCommand.self, CompareCommand.self, ReportCommand.self,
            BenchmarkCommand.self, ScaleCommand.self, CompletionsCommand.self,
        ])

    static func main() {
        checkStandardOutputAtExit()
        // A file that may not grow is an error of the write, which is told and cleared away, not the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        do {
            try checkCommand()
            var command = try parseAsRoot()
            do { try command.run() } catch {
                throw inWordsOfCommands(error, cutsFolds: command is CrossValidateCommand)
            }
        } catch {
            let code = exitCode(for: error)
            if code.isSuccess { exit(withError: error) }
            let text = fullMessage(for: error)
            if !text.isEmpty { note(text) }
            exit(withError: code)
        }
    }

    /// Finds that the first word is a command, and says which is meant where it is none.
    private static func checkCommand() throws {
        let names = configuration.subcommands.compactMap { $0.configuration.commandName }
        guard let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-"),
            !(names + ["help"]).contains(word)
        else { return }
        throw ValidationError("There is no command '\(word)'. \(nearMatches(of: word, among: names).sentence)")
    }
}
