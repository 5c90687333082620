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
        help: ArgumentHelp(
            "Which shares of the clips train, validate and test. (default: 0.8,0.1,0.1)", valueName: "shares"))
    var shares: Shares?

    @Option(
        help: ArgumentHelp(
            "The speakers or sentences to test on, with commas between them; --by says which they are.",
            valueName: "names"))
    var testOn: [NameList] = []

    @Option(
        help: ArgumentHelp(
            "Those that choose the best epoch. (default: by chance, a tenth of what is not tested)", valueName: "names")
    )
    var validateOn: [NameList] = []

    @Flag(help: "Bring confidences in line with accuracy: fit a temperature on the validation part.")
    var calibrate = false

    @OptionGroup var recipe: RecipeOptions

    func validate() throws {
        if let fault = shares?.fault { throw ValidationError("--shares \(fault)") }
        if !testOn.isEmpty, by == nil {
            throw ValidationError("--test-on names speakers or sentences: add --by speaker or --by sentence.")
        }
        if !validateOn.isEmpty, testOn.isEmpty {
            throw ValidationError("--validate-on goes with --test-on: name what is tested, too.")
        }
        if shares != nil, !testOn.isEmpty {
            throw ValidationError("--shares deals clips out, and --test-on names them: leave one of them out.")
        }
    }

    func candidate(_ architecture: Architecture) throws -> Candidate {
        try recipe.candidate(architecture, calibrates: calibrate)
    }

    /// Reads the corpora, tells what is wrong with them, and cuts them as one.
    func split(_ data: [URL]) throws -> DataSplit {
        let corpus = try recipe.reading.corpus(at: data)
        let shares = shares ?? Shares(train: 0.8, validation: 0.1, test: 0.1)
        guard let by else {
            return try corpus.split(
                .stratified(train: shares.train, validation: shares.validation, test: shares.test), seed: seed)
        }
        if !testOn.isEmpty {
            return try corpus.split(
                by: by, testing: testOn.flatMap(\.names),
                validating: validateOn.isEmpty ? nil : validateOn.flatMap(\.names), seed: seed)
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
struct Shares: ExpressibleByArgument {
    private(set) var train = 0.0, validation = 0.0, test = 0.0
    /// What is wrong with what was typed, which the parser alone would call invalid without a reason.
    private(set) var fault: String?

    init(train: Double, validation: Double, test: Double) {
        self.train = train
        self.validation = validation
        self.test = test
    }

    init?(argument: String) {
        let words = argument.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = words.compactMap { Double($0.trimmingCharacters(in: .whitespaces)) }
        let sum = numbers.reduce(0, +)
        if words.count != 3 {
            fault =
                "\(argument): \(words.count) \(words.count == 1 ? "number" : "numbers") where there are three parts. "
                + "Give three with commas between them, such as 0.8,0.1,0.1."
        } else if numbers.count < 3 {
            fault = "\(argument): not all of them are numbers. Write them as in 0.8,0.1,0.1."
        } else if !numbers.allSatisfy({ $0 > 0 && $0 < 1 }) {
            fault = "\(argument): each must be above 0 and below 1, as in 0.8,0.1,0.1."
        } else if sum > 1 + 1e-9 {
            fault = "\(argument): together they are \(sum.significant(4)), more than all clips. Let them add up to 1."
        } else {
            (train, validation, test) = (numbers[0], numbers[1], numbers[2])
        }
    }
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
    let most = 20
    for failure in failures.prefix(most) { note("\(failure.clip.name) is left out: \(failure.reason)") }
    if failures.count > most { note("and \(failures.count - most) more clips") }
}

/// Tells that a model gives margins and no probabilities, where somebody asks for some.
func noteMargins(of recognizer: Recognizer) {
    guard recognizer.provenance.network == Architecture.linearSVM.rawValue, recognizer.calibration == nil else {
        return
    }
    note(
        "The model gives margins, which were not made probabilities: what stands below a threshold says little. Train it "
            + "with --calibrate.")
}

/// Tells that a training diverged, and what is kept of it.
func note(divergence trained: TrainedModel) {
    if let text = trained.divergence { note(text) }
}

extension TrainedModel {
    /// That the training diverged, and what is kept of it; nil where it did not.
    var divergence: String? {
        guard case .diverged = stopped else { return nil }
        return
            "The training ended early: \(stopped). The weights of epoch \(history.bestEpoch), the best before it, are "
            + "kept. Try a smaller --learning-rate or --clip-norm 1."
    }
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
