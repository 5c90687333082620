// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERAudio
import SERTraining

/// How the commands that read a corpus take files that are not as they should be.
struct CorpusReadingOptions: ParsableArguments {
    @Flag(help: "Take a file that cannot be read or decoded for an error.")
    var strict = false

    @OptionGroup var sound: SoundReadingOptions

    /// Reads a corpus, and tells on standard error what decides which clips it is made of.
    func corpus(at url: URL) throws -> Corpus {
        let corpus = try Corpus(detecting: url, strict: strict, truncated: sound.truncated)
        for problem in corpus.problems where problem.concernsReading { note("\(problem)") }
        return corpus
    }
}
