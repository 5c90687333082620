// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERSupport
import SERSyntheticSpeech

struct SynthesizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synthesize",
        abstract: "Write a synthetic, TESS-shaped corpus, for machines that have no recordings.",
        discussion: """
            Two made-up voices say each word in seven emotions: 14 clips a word. It is no substitute for speech; \
            results on it are called synthetic. Writing may be stopped and taken up again.

            EXAMPLE:
              ser synthesize corpus --words 100
            """)

    @Argument(help: "A new folder, or one with the same corpus, perhaps incomplete.")
    var folder: URL

    @Option(help: ArgumentHelp("Number of words.", valueName: "count"))
    var words = 100

    @Option(help: ArgumentHelp("The same words and seed make the same files.", valueName: "number"))
    var seed: UInt64 = 1

    @OptionGroup var common: CommonOptions

    func run() throws {
        common.apply()
        let corpus = SyntheticCorpus(words: words, seed: seed)
        try write(corpus, to: folder)
        if common.json {
            try printJSON(Report(folder: folder.path, clips: corpus.clipCount, words: words, seed: seed))
        } else {
            try printText(
                "\(folder.path): \(corpus.clipCount) synthetic clips (\(counted(words, "word")), seed \(seed))")
        }
    }

    private struct Report: Encodable {
        let folder: String
        let clips, words: Int
        let seed: UInt64
    }
}
