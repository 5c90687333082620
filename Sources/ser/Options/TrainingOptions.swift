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

    @Option(
        help: ArgumentHelp(
            "Keep whole speakers or sentences apart, so that the test is of voices or words never heard. (default: each "
                + "emotion in proportion, whoever speaks)", valueName: "group"))
    var by: Grouping?

    @Option(
        help: ArgumentHelp("Which shares of the clips train, validate and test.", valueName: "shares"),
        transform: Shares.init)
    var shares = Shares(train: 0.8, validation: 0.1, test: 0.1)

    @Option(
        help: ArgumentHelp(
            "The speakers or sentences to test on, with commas between them; --by says which they are.",
            valueName: "names"))
    var testOn: NameList?

    @Option(
        help: ArgumentHelp(
            "Those that choose the best epoch. (default: by chance, a tenth of what is not tested)", valueName: "names")
    )
    var validateOn: NameList?

    @Flag(help: "Bring confidences in line with accuracy: fit a temperature on the validation part.")
    var calibrate = false

    @OptionGroup var recipe: RecipeOptions

    func validate() throws {
        if testOn != nil, by == nil {
            throw ValidationError("--test-on names speakers or sentences: add --by speaker or --by sentence.")
        }
        if validateOn != nil, testOn == nil {
            throw ValidationError("--validate-on goes with --test-on: name what is tested, too.")
        }
    }

    func candidate(_ architecture: Architecture) throws -> Candidate {
        try recipe.candidate(architecture, calibrates: calibrate)
    }

    /// Reads the corpora, tells what is wrong with them, and cuts them as one.
    func split(_ data: [URL]) throws -> DataSplit {
        let corpus = try recipe.reading.corpus(at: data)
        guard let by else {
            return try corpus.split(
                .stratified(train: shares.train, validation: shares.validation, test: shares.test), seed: seed)
        }
        if let testOn {
            return try corpus.split(by: by, testing: testOn.names, validating: validateOn?.names, seed: seed)
        }
        return try corpus.split(
            .grouped(by: by, train: shares.train, validation: shares.validation, test: shares.test), seed: seed)
    }
}

/// Names separated by commas.
struct NameList: ExpressibleByArgument {
    let names: [String]

    init?(argument: String) {
        names = argument.split(separator: ",", omittingEmptySubsequences: false)
            .map { $0.trimmingCharacters(in: .whitespaces) }
        guard names.allSatisfy({ !$0.isEmpty }) else { return nil }
    }
}

/// Which shares of the clips train, validate and test: `0.8,0.1,0.1`.
struct Shares: CustomStringConvertible {
    var train, validation, test: Double

    init(train: Double, validation: Double, test: Double) {
        self.train = train
        self.validation = validation
        self.test = test
    }

    /// - Throws: `ValidationError`, which says what is wrong.
    init(_ text: String) throws {
        let words = text.split(separator: ",", omittingEmptySubsequences: false)
        guard words.count == 3 else {
            throw ValidationError(
                "\(words.count) \(words.count == 1 ? "number" : "numbers") where there are three parts; give three with "
                    + "commas between them, such as 0.8,0.1,0.1")
        }
        let numbers = try words.map { word in
            guard let number = Double(word.trimmingCharacters(in: .whitespaces)) else {
                throw ValidationError("'\(word)' is no number; write it as in 0.8,0.1,0.1")
            }
            return number
        }
        guard numbers.allSatisfy({ $0 > 0 && $0 < 1 }) else {
            throw ValidationError("each share must be above 0 and below 1, as in 0.8,0.1,0.1")
        }
        let sum = numbers.reduce(0, +)
        guard sum <= 1 + 1e-9 else {
            throw ValidationError("together they are \(sum.significant(4)), more than all clips; let them add up to 1")
        }
        self.init(train: numbers[0], validation: numbers[1], test: numbers[2])
    }

    var description: String { "\(train),\(validation),\(test)" }
}

/// What is told of a model in its file: `licence=CC BY 4.0`.
struct ModelFact: ExpressibleByArgument {
    let name, text: String

    init?(argument: String) {
        guard let sign = argument.firstIndex(of: "="), sign != argument.startIndex else { return nil }
        name = String(argument[..<sign])
        text = String(argument[argument.index(after: sign)...])
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
