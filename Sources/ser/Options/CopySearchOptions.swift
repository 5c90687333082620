// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SERSupport
import SERTraining

/// Whether all recordings are listened to before a training, for the same sound in different files.
struct CopySearchOptions: ParsableArguments {
    @Flag(help: "Do not listen for recordings that are the same sound in different files.")
    var skipCopySearch = false

    /// The recordings that are the same sound; nil where nobody is to listen.
    /// - Throws: `CorpusError.cancelled` on Ctrl-C.
    func copies(in corpus: Corpus) throws -> NearCopies? {
        guard !skipCopySearch else { return nil }
        let line = ProgressLine("listening for copies", total: corpus.clips.count, unit: "clips")
        let copies = try corpus.nearCopies(
            progress: { done, _ in line.update(completed: done) }, stop: .interruption)
        line.finish()
        if let example = copies.partlyCompared.first {
            note(
                "\(counted(copies.partlyCompared.count, "recording")), such as \(example), resemble more than 64 others for a "
                    + "moment, as with one signal in front of all, and were compared with the 64 that they resemble most."
            )
        }
        return copies
    }
}
