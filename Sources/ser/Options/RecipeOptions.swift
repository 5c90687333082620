// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SERAudio
import SERModels
import SERTraining

/// How the report's networks are trained, whatever they are tested on.
struct RecipeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How often every training clip is seen.", valueName: "count"))
    var epochs = 100

    @Option(help: ArgumentHelp("Rate to which all sound is resampled, in Hz.", valueName: "hertz"))
    var rate = 22_050.0

    @Option(help: ArgumentHelp("How much of each clip is used, in seconds.", valueName: "seconds"))
    var duration = 3.0

    @Option(help: ArgumentHelp("Number of MFCCs.", valueName: "count"))
    var coefficients = 40

    @Option(help: ArgumentHelp(ClipSummary.help, valueName: "summary"))
    var annInput = ClipSummary.means

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

    /// A network of the report, trained so.
    func candidate(_ architecture: Architecture, calibrates: Bool) -> Candidate {
        architecture.candidate(
            features: MFCC(.librosa, coefficients: coefficients, sampleRate: rate), duration: duration,
            summary: annInput, epochs: epochs, optimizer: optimization.optimizer,
            schedule: optimization.learningRateSchedule(epochs: epochs), clipping: optimization.clipping,
            calibrates: calibrates, isStrict: reading.strict)
    }
}

extension Architecture: ExpressibleByArgument {}

extension ClipSummary: ExpressibleByArgument {
    static let help: String = """
        What the ANN reads: the mean of each coefficient over time; deviations adds their standard deviations, extremes \
        also their least and greatest values.
        """
}
