import ArgumentParser
import Foundation
import SERModels
import SERSupport

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Audit a corpus: what it holds against what it should hold.",
        discussion: """
            Known layouts are TESS, EMO-DB, RAVDESS, CREMA-D and SAVEE, also several of them in one folder, folders named \
            by emotion, and CSV manifests (path,label[,start,end,speaker,sentence,corpus]).

            Every clip is listened to from its beginning to its end. Files that cannot be read or decoded are listed and \
            left out; clips that are nearly silent or without speech are listed.

            EXAMPLE:
              ser inspect ~/TESS
            """)

    @Argument(help: "The corpus's folder, or a CSV manifest.")
    var path: URL

    @Flag(help: "Print the table of clips as CSV, which is also a manifest.")
    var csv = false

    @Flag(help: "Take a file that cannot be read or decoded to its end for an error.")
    var strict = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if csv && common.json { throw ValidationError("--csv and --json exclude each other.") }
    }

    func run() throws {
        common.apply()
        let corpus = try Corpus(detecting: path, strict: strict).audited(
            strict: strict, isCancelled: { Interruption.isRequested })
        if Interruption.isRequested { throw ExitCode(Interruption.exitCode) }
        if csv {
            for problem in corpus.problems where problem.concernsReading { note("\(problem)") }
            return try printText(corpus.table.csv(), terminator: "")
        }
        if common.json {
            try printJSON(CorpusReport(corpus))
        } else {
            try printText(CorpusReport(corpus))
        }
    }
}
