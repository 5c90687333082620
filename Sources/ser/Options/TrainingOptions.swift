// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERAudio
import SERModels
import SERSupport
import SERTraining

/// Options that `train` and `compare` share.
struct TrainingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Decides the split, the weights and the order of clips.", valueName: "number"))
    var seed: UInt64 = 1

    @Flag(help: "Bring confidences in line with accuracy: fit a temperature on the validation part.")
    var calibrate = false

    @OptionGroup var recipe: RecipeOptions

    func candidate(_ architecture: Architecture) -> Candidate { recipe.candidate(architecture, calibrates: calibrate) }

    /// Reads the corpus, tells what is wrong with it, and cuts it.
    func split(_ data: URL) throws -> DataSplit {
        try recipe.reading.corpus(at: data).split(.stratified(train: 0.8, validation: 0.1, test: 0.1), seed: seed)
    }
}

extension WeightStorage: ExpressibleByArgument {}

/// Tells which clips were left out in training or testing, and why.
func note(skipped failures: [FeatureStore.Failure]) {
    for failure in failures { note("\(failure.clip.name) is left out: \(failure.reason)") }
}

/// Tells that a training diverged, and what is kept of it.
func note(divergence trained: TrainedModel) {
    guard case .diverged = trained.stopped else { return }
    note(
        "The training ended early: \(trained.stopped). The weights of epoch \(trained.history.bestEpoch), the best "
            + "before it, are kept. Try a smaller --learning-rate or --clip-norm 1.")
}

/// Runs work that Ctrl-C stops; stopped before anything was kept, it ends with the signal's exit code.
func stoppable<Result>(_ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch TrainingError.cancelled, CorpusError.cancelled {
        note("Stopped before anything was finished; nothing was kept.")
        throw ExitCode(Interruption.exitCode)
    }
}
