// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERModels
import SERReports
import SERSupport
import SERTraining

struct TuneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune",
        abstract: "Search settings of a training: many for a few epochs, the best of them for more.",
        discussion: """
            Settings are drawn by chance from what --search names: numbers from one end to another (learning-rate, \
            weight-decay and clip-norm by factors), or one of several, with / between them. Each draw is a trial: the \
            command line that ser train would take with those settings (--from too), trained for the epochs of the first rung. Of \
            each rung one in --reduction goes on to the next, from where it stood. A trial's score is the UAR of the \
            validation part, or with --nested the mean over inner folds. The test part is cut off first, as ser train \
            cuts it with the same options, and no trial reads it.

            At the end the command that trains with the best settings is printed; it tests them, once, on clips that no \
            trial has seen. The best score itself is too high: it is the best of many.

            Finished rungs are kept in the output folder. After Ctrl-C, a crash or a power cut, the same command goes on \
            from there and ends in the same results; --trials may grow.

            EXAMPLE:
              ser tune ~/CREMA-D --model sernet --by speaker --trials 20 --epochs 27 \
            --search learning-rate=1e-4..1e-2,dropout=0.1..0.5,batch-size=16/32/64 --output tuned
            """)

    @Argument(help: CorpusReadingOptions.dataHelp)
    var data: [URL]

    @Option(help: "The network. (with --from that of the model)")
    var model: Architecture?

    @Option(
        help: ArgumentHelp(
            "Settings to draw, with commas between them: NAME=FROM..TO or NAME=ONE/OTHER. Any of "
                + SearchedSettings.names.joined(separator: ", ") + ".", valueName: "settings"))
    var search: [SearchedSettings]

    @Option(help: ArgumentHelp("How many draws are tried.", valueName: "count"))
    var trials = 20

    @Option(
        help: ArgumentHelp(
            "The epochs after which trials are compared, such as 3,9,27; the last is the whole training. (default: up to "
                + "three, from --epochs)", valueName: "counts"))
    var rungs: RungList?

    @Option(help: ArgumentHelp("One of so many trials goes on from each rung.", valueName: "count"))
    var reduction = 3

    @Option(
        help: ArgumentHelp(
            "Score trials by the mean over so many folds of all that is not tested.", valueName: "count"))
    var nested: Int?

    @Option(help: ArgumentHelp("Folder for report.html, results and finished trials.", valueName: "folder"))
    var output: URL

    @OptionGroup var start: StartOptions
    @OptionGroup var training: TrainingOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let fault = search.lazy.compactMap(\.fault).first { throw ValidationError("--search \(fault)") }
        guard model != nil || start.start != nil else {
            throw ValidationError("Name a network by --model, or a model to train on from by --from.")
        }
        if let model, model.isLinear {
            throw ValidationError(
                "--model \(model.rawValue): it is solved for at once, and has no epochs after which trials are compared."
            )
        }
        if trials < 1 { throw ValidationError("--trials \(trials): must be at least 1.") }
        if reduction < 2 { throw ValidationError("--reduction \(reduction): must be at least 2.") }
        if let nested, nested < 2 { throw ValidationError("--nested \(nested): must be at least 2.") }
        if let epochs = training.recipe.epochs, let rungs, rungs.epochs.last != epochs {
            throw ValidationError(
                "--epochs \(epochs): the last of --rungs is the whole training. Make them equal, or leave out --epochs."
            )
        }
        let named = Set(Self.typed.compactMap { $0.hasPrefix("--") ? String($0.prefix { $0 != "=" }) : nil })
        if let both = search.flatMap(\.settings).first(where: { named.contains("--\($0.name)") }) {
            throw ValidationError("--\(both.name) is drawn by --search: leave it out.")
        }
    }

    func run() throws {
        common.apply()
        let space: SearchSpace
        do throws(SearchSpaceError) { space = try SearchSpace(search.flatMap(\.settings)) } catch {
            throw ValidationError("--search: \(error)")
        }
        let split = try training.split(data), parts = try part(of: split), rungs = try rungEpochs
        let base = Self.base + ["--epochs", "\(rungs[rungs.count - 1])"]
        var tuning = Tuning(
            parts, space: space, trials: trials, rungs: rungs, reduction: reduction, seed: training.seed
        ) { drawn in
            try Self.trained(by: base + Self.arguments(drawn, of: space))
        }
        tuning.command = ReportOptions.command
        // What cannot be trained is told before anybody listens.
        try tuning.check()
        tuning.copies = try stoppable { try training.recipe.copySearch.copies(in: parts.corpus) }
        var results = try tuning.run(in: output, observe: TuningProgress.standard(), stop: .interruption)
        if let best = results.best {
            results.next = ["ser", "train"] + base + Self.arguments(best.settings, of: space) + goingOn(from: best)
            try results.write(to: output.appendingPathComponent("results.json"))
        }
        if !results.trials.isEmpty { try Report(results).write(to: output) }
        try tell(results)
        guard results.isComplete else {
            note(
                "Stopped; \(results.trials.count) of \(trials) trials have been scored. The same command goes on from "
                    + "\(output.path).")
            throw ExitCode(Interruption.exitCode)
        }
    }

    private func tell(_ results: TuningResults) throws {
        guard !common.json else { return try printJSON(results) }
        guard !results.trials.isEmpty else { return }
        try printText(results)
        if let best = results.best, let next = results.next {
            try printText("\nbest: trial \(best.number) (\(best.settings.text(in: results.space)))")
            try printText("The command that trains it, and tests it once on clips that no trial has seen:")
            try printText("  " + ReportSubject.shellText(next))
        }
        try printText("results: \(output.appendingPathComponent("results.json").path)")
        try printText("report: \(output.appendingPathComponent("report.html").path)")
    }

    /// What trials may look at.
    private func part(of split: DataSplit) throws -> TuningData {
        guard let nested else { return try TuningData(split) }
        let folds = training.by.map { Folds.grouped(by: $0, nested) } ?? .stratified(nested)
        return try TuningData(split, folds: folds, validatedBy: training.by, seed: training.seed)
    }

    private var rungEpochs: [Int] {
        get throws {
            if let rungs { return rungs.epochs }
            let epochs = try training.recipe.epochs ?? Self.trained(by: Self.base).trainer.epochs
            return RungList(upTo: epochs, trials: trials, reduction: reduction).epochs
        }
    }
}

extension TuneCommand {
    /// What was typed after the command's name.
    private static var typed: [String] { Array(CommandLine.arguments.dropFirst(2)) }

    /// What `ser train` takes of what was typed, but for the number of epochs.
    private static var base: [String] {
        let own: Set = ["--search", "--trials", "--rungs", "--reduction", "--nested", "--output", "--epochs"]
        return TypedArguments(typed).without(options: own, flags: ["--json"])
    }

    /// The settings of a trial as options.
    private static func arguments(_ drawn: DrawnSettings, of space: SearchSpace) -> [String] {
        space.settings.flatMap { ["--\($0.name)", drawn.text($0.name)] }
    }

    /// What `ser train` would train with these arguments.
    private static func trained(by arguments: [String]) throws -> Candidate {
        let command: TrainCommand
        do { command = try TrainCommand.parse(arguments + ["--output", "model.safetensors"]) } catch {
            throw Told(description: TrainCommand.message(for: error))
        }
        return try command.candidate()
    }

    /// Where the printed command writes its model, and the checkpoint that it goes on from; a trial of several folds has
    /// none of the whole training part.
    private func goingOn(from best: TuningResults.Trial) -> [String] {
        let model = ["--output", output.appendingPathComponent("best.safetensors").relativePath]
        guard nested == nil else { return model }
        let kept = output.appendingPathComponent("trials/trial-\(best.number)-fold-1.checkpoint").relativePath
        return model + ["--checkpoint", kept, "--resume"]
    }
}
