// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERSupport
import SERSyntheticSpeech

/// Writes a synthetic corpus with progress; what is written stays when somebody stops it.
func write(_ corpus: SyntheticCorpus, to folder: URL) throws {
    // Says in one sentence what is wrong with a folder that cannot be made.
    try AtomicFile.prepare(folder: folder)
    let progress = ProgressLine("synthesizing", total: corpus.clipCount, unit: "clips")
    try corpus.write(
        to: folder, progress: { done, _ in progress.update(completed: done) },
        stop: .interruption)
    progress.finish()
    if Interruption.isRequested {
        note("Stopped. The clips that were written stay in \(folder.path); the same command takes up from there.")
        throw ExitCode(Interruption.exitCode)
    }
}
