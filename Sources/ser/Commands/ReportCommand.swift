// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERBenchmarks
import SERReports
import SERSupport
import SERTraining

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Make the report again from results, or one report of several.",
        discussion: """
            Reads results.json files that compare, crossvalidate or evaluate wrote, and writes report.html, its figures \
            (figures/), results.csv and clips.csv. Several files are put on one page and compared with each other: they \
            must be of the same kind, over the same clips and folds. The scaling.json of ser scale may stand beside them, \
            or alone.

            With --data, the hardest clips are drawn; with --audio as well, the page holds their sound.

            EXAMPLE:
              ser report gru/results.json lstm/results.json --output both --data ~/EMO-DB
            """)

    @Argument(help: "Results of one kind.")
    var results: [URL]

    @Option(help: ArgumentHelp("Folder for the report. (default: that of the first results)", valueName: "folder"))
    var output: URL?

    @Option(help: ArgumentHelp("The folder of the recordings, for spectrograms.", valueName: "folder"))
    var data: URL?

    @Option(help: "The page's heading. (default: what was tested)")
    var title: String?

    @OptionGroup var options: ReportOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if options.audio, data == nil {
            throw ValidationError("--audio needs the recordings: name their folder by --data.")
        }
        if let data, (try? data.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory != true {
            throw ValidationError("--data \(data.relativePath): there is no such folder.")
        }
        if results.count > 1, output == nil {
            throw ValidationError("Of several results, say with --output which folder the report goes to.")
        }
    }

    func run() throws {
        common.apply()
        let folder = output ?? results[0].deletingLastPathComponent()
        if output != nil { try AtomicFile.prepare(folder: folder) }
        let report = try Report(
            withScaling: results, title: title,
            sounds: data.map { ReportSounds(in: $0, includesAudio: options.audio) })
        try report.write(to: folder)
        let page = folder.appendingPathComponent("report.html")
        if common.json {
            try printJSON(Written(report: page.relativePath, summary: report.summary, differences: report.differences))
        } else {
            try printText(report.summary)
            try printText("report: \(page.relativePath)")
        }
    }

    private struct Written: Encodable {
        let report, summary: String
        let differences: [NetworkDifference]
    }
}
