// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERSupport
import SERTraining

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Audit a corpus: what it holds against what it should hold.",
        discussion: """
            Known layouts are TESS, EMO-DB, RAVDESS, CREMA-D and SAVEE, also several of them in one folder, folders named \
            by emotion, and CSV manifests (path,label[,start,end,speaker,sentence,corpus]).

            Every clip is listened to from its beginning to its end. Files that cannot be read or decoded are listed and \
            left out; files that were read though something is wrong with them (a header that was not closed, bytes that \
            are no sound, an end that is missing and need not be there with --truncated accept) and clips that are nearly \
            silent or without speech are listed.

            With --strict, files that cannot be read or decoded are an error, after the same report; with --csv in its \
            place.

            EXAMPLE:
              ser inspect ~/TESS
            """)

    @Argument(help: "The corpus's folder, or a CSV manifest.")
    var path: URL

    @Flag(help: "Print the table of clips as CSV, which is also a manifest.")
    var csv = false

    @OptionGroup var reading: CorpusReadingOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if csv && common.json { throw ValidationError("--csv and --json exclude each other.") }
    }

    func run() throws {
        common.apply()
        let read = try Corpus(detecting: path, truncated: reading.sound.truncated)
        // As it is, where nothing is left out or named otherwise: with what it should hold.
        let isWhole = reading.exclude.isEmpty && reading.map.isEmpty
        let corpus = try (isWhole ? read : reading.chosen(of: [read])[0]).audited(stop: .interruption)
        if Interruption.isRequested { throw ExitCode(Interruption.exitCode) }
        let report = CorpusReport(corpus)
        if csv {
            note(corpus.problems)
            // A table that lacks clips is not for programs that asked for none that does.
            try requireReadable(report)
            return try printText(corpus.table.csv(), terminator: "", isForPrograms: true)
        }
        if common.json { try printJSON(report) } else { try printText(report) }
        try requireReadable(report)
    }

    /// Ends in an error where somebody reads strictly and a file was left out.
    private func requireReadable(_ report: CorpusReport) throws {
        if reading.strict, !report.unreadable.isEmpty { throw CorpusError.unreadable(report.unreadable) }
    }
}
