// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERReports
import SERTraining

/// Options of commands that write a report.
struct ReportOptions: ParsableArguments {
    @Flag(help: "Put the sound of the hardest clips into the report, to be played; think of who may hear it.")
    var audio = false

    /// What was typed, for the report to say how it is made again.
    static var command: [String] { ["ser"] + CommandLine.arguments.dropFirst() }

    /// Where the report finds the sound of a corpus that is being tested.
    func sounds(of corpus: Corpus) -> ReportSounds { ReportSounds(of: corpus, includesAudio: audio) }
}
