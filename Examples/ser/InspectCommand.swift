import ArgumentParser
import Foundation
import SERModels
import SERSupport

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Audit a corpus: what it holds against what it should hold.",
        discussion: """
            Known layouts are TESS, EMO-DB, RAVDESS, CREMA-D and SAVEE, folders named by emotion, and CSV manifests \
            (path,label[,speaker,sentence,corpus]). Files that cannot be read are listed and left out; clips in which no \
            speech is found are listed.

            EXAMPLE:
              ser inspect ~/TESS
            """)

    @Argument(help: "The corpus's folder, or a CSV manifest.")
    var path: URL

    @Flag(help: "Print the table of clips as CSV, which is also a manifest.")
    var csv = false

    @Flag(help: "Take a file that cannot be read for an error.")
    var strict = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if csv && common.json { throw ValidationError("--csv and --json exclude each other.") }
    }

    func run() throws {
        common.apply()
        var corpus = try Corpus(detecting: path, strict: strict)
        if csv { return try printText(corpus.table.csv(), terminator: "") }
        corpus = corpus.auditedForSpeech(isCancelled: { Interruption.isRequested })
        if Interruption.isRequested { throw ExitCode(Interruption.exitCode) }
        if common.json {
            try printJSON(CorpusReport(corpus))
        } else {
            try printText(CorpusReport(corpus))
        }
    }
}
