// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERAudio
import SERModels
import SERSupport
import SERTraining

/// Options that `train` and `compare` share.
struct TrainingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How often every training clip is seen.", valueName: "count"))
    var epochs = 100

    @Option(help: ArgumentHelp("Decides the split, the weights and the order of clips.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Rate to which all sound is resampled, in Hz.", valueName: "hertz"))
    var rate = 22_050.0

    @Option(help: ArgumentHelp("How much of each clip is used, in seconds.", valueName: "seconds"))
    var duration = 3.0

    @Option(help: ArgumentHelp("Number of MFCCs.", valueName: "count"))
    var coefficients = 40

    @Option(help: ArgumentHelp(ClipSummary.help, valueName: "summary"))
    var annInput = ClipSummary.means

    @Flag(help: "Bring confidences in line with accuracy: fit a temperature on the validation part.")
    var calibrate = false

    @OptionGroup var reading: CorpusReadingOptions
    @OptionGroup var optimization: OptimizationOptions
    @OptionGroup var copySearch: CopySearchOptions

    func validate() throws {
        if !(1...100_000).contains(epochs) {
            throw ValidationError("--epochs \(epochs): must be from 1 to 100000.")
        }
        if !(duration > 0 && duration <= 60) {
            throw ValidationError("--duration \(duration): must be above 0 and at most 60 seconds.")
        }
    }

    func candidate(_ architecture: Architecture) -> Candidate {
        architecture.candidate(
            features: MFCC(.librosa, coefficients: coefficients, sampleRate: rate), duration: duration,
            summary: annInput, epochs: epochs, optimizer: optimization.optimizer,
            schedule: optimization.learningRateSchedule(epochs: epochs), clipping: optimization.clipping,
            calibrates: calibrate, isStrict: reading.strict)
    }

    /// Reads the corpus, tells what is wrong with it, and cuts it.
    func split(_ data: URL) throws -> DataSplit {
        try reading.corpus(at: data).split(.stratified(train: 0.8, validation: 0.1, test: 0.1), seed: seed)
    }
}

extension Architecture: ExpressibleByArgument {}

extension ClipSummary: ExpressibleByArgument {
    static let help: String = """
        What the ANN reads: the mean of each coefficient over time; deviations adds their standard deviations, extremes \
        also their least and greatest values.
        """
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
