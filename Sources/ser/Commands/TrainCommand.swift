// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERAudio
import SERModels
import SERReports
import SERSupport
import SERTraining

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train one network on a corpus and save it with its features and labels.",
        discussion: """
            Clips are dealt out by chance, each emotion in proportion: 80 % to train, 10 % to choose the best epoch, \
            10 % to test once at the end; with --by speaker, no voice stands in two parts. Ctrl-C saves the best weights \
            so far.

            With --checkpoint, what it takes to go on is kept after every epoch. After Ctrl-C, a crash or a power cut, \
            the same command with --resume goes on from there and ends with the same model, bit for bit. --epochs may \
            grow; everything else, the recordings included, must be as it was.

            A training whose loss becomes infinite or not a number ends there, says so, and keeps the best weights it \
            had.

            With --from, it trains on from a model: a few clips of your own voices then do what takes thousands from nothing. \
            The test is only worth its name where the model has heard none of the voices before.

            With --live, a page with curves, times and the newest epochs can be looked at while it trains, at the address \
            that is printed. It is served to this machine only, until the command ends.

            EXAMPLE:
              ser train ~/TESS --model gru --output gru.safetensors --checkpoint gru.checkpoint --resume
              ser train ~/CREMA-D --model sernet --by speaker --calibrate --output voices.safetensors
              ser train my-voices --from english --by speaker --calibrate --output mine.safetensors
            """)

    @Argument(help: CorpusReadingOptions.dataHelp)
    var data: [URL]

    @Option(help: "The network. (with --from that of the model)")
    var model: Architecture?

    @Option(help: ArgumentHelp("The model file to write.", valueName: "file"))
    var output: URL

    @Option(help: ArgumentHelp("Keep what it takes to resume in this file, after every epoch.", valueName: "file"))
    var checkpoint: URL?

    @Flag(help: "Go on from the checkpoint, where there is one. (default file: the model's, with .checkpoint)")
    var resume = false

    @Option(help: "How the weights are held in the model file.")
    var storage = WeightStorage.float32

    @Option(
        help: ArgumentHelp(
            "Let the model say \"not sure\" where no emotion is this probable, from 0 to 1.", valueName: "number"))
    var unsureBelow: Float?

    @Option(
        help: ArgumentHelp(
            "Let the model hear no silence before and behind a voice: what is so much softer than its loudest moment, "
                + "in dB, such as 40. Training hears clips as they are.", valueName: "decibels"))
    var trimSilence: Double?

    @Option(help: ArgumentHelp("Tell this in the model file, such as licence=CC0.", valueName: "name=text"))
    var about: [ModelFact] = []

    @OptionGroup var start: StartOptions
    @OptionGroup var view: LiveOptions
    @OptionGroup var training: TrainingOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard model != nil || start.start != nil else {
            throw ValidationError("Name a network by --model, or a model to train on from by --from.")
        }
        try start.validate(training.recipe)
        try training.recipe.validate(for: [model].compactMap { $0 })
        if let model, model.isLinear, checkpoint != nil || resume {
            throw ValidationError(
                "\(resume ? "--resume" : "--checkpoint"): \(model.rawValue) is solved for at once, and has nothing to go on "
                    + "from: leave it out.")
        }
        if let trimSilence, !(1...200).contains(trimSilence) {
            throw ValidationError("--trim-silence \(trimSilence): must be from 1 to 200 dB.")
        }
        if let unsureBelow, !(0...1).contains(unsureBelow) {
            throw ValidationError("--unsure-below \(unsureBelow): must be from 0 to 1.")
        }
        if unsureBelow != nil, let model, model == .linearSVM, !training.calibrate {
            throw ValidationError(
                "--unsure-below is of probabilities, and \(model.rawValue) gives margins: add --calibrate, which makes "
                    + "probabilities of them, or take logistic-regression.")
        }
    }

    func run() throws {
        common.apply()
        let read = data + training.recipe.reading.exclude + [start.start?.file].compactMap { $0 }
        try prepare(output: output, besides: read)
        if let kept = keptCheckpoint {
            try prepare(output: kept.file, option: "--checkpoint", besides: read + [output])
        }
        let start = try startModel(), trimming = try silence(for: start)
        let split = try training.split(data)
        try prepare(output: output, besides: split.corpus.clips.map(\.path))
        let candidate = try candidate(from: start)
        var experiment = Experiment([candidate], on: .split(split), seeds: [training.seed])
        // What cannot be trained is told before anybody listens.
        try experiment.check()
        experiment.copies = try stoppable { try training.recipe.copySearch.copies(in: split.corpus) }
        let audit = split.audit(searched: experiment.copies)
        let live = try view.report(on: split, audit: audit)
        let outcome = try stoppable {
            try candidate.tested(
                on: split, seed: training.seed, checkpoint: keptCheckpoint,
                observe: progress(of: candidate.name, live: live), stop: .interruption)
        }
        note(skipped: outcome.skipped)
        note(divergence: outcome.trained)
        var recognizer = outcome.recognizer
        recognizer.unsureBelow = unsureBelow
        if let trimming { recognizer = recognizer.trimmingSilence(trimming) }
        for fact in about { recognizer.provenance.extra[fact.name] = fact.text }
        try recognizer.save(to: output, storage: storage)
        let warnings = audit.warnings + experiment.startWarnings
        if common.json {
            try printJSON(Summary(outcome, split, start, warnings: warnings, self))
        } else {
            try printText(text(outcome, split, start, warnings: warnings))
        }
        if let live, !outcome.trained.wasCancelled {
            live.finish(try Report(experiment.results(of: outcome)).html)
            live.waitForLastLook()
        }
        if outcome.trained.wasCancelled {
            let epochs = outcome.trained.history.epochs.count
            note("Stopped after epoch \(epochs); the best weights so far are saved. \(howToGoOn)")
            throw ExitCode(Interruption.exitCode)
        }
    }

    /// What is trained: the network with all that the options say of its training.
    func candidate() throws -> Candidate { try candidate(from: startModel()) }

    /// The model to train on from.
    private func startModel() throws -> StartModel? {
        let found = try start.model(training.recipe)
        guard let found, let model, model != found.network else { return found }
        throw ValidationError(
            "--model \(model.rawValue) beside --from: the network is that of \(found.name), "
                + "\(found.recognizer.provenance.network ?? "one of its own"). Leave out one of them.")
    }

    private func candidate(from start: StartModel?) throws -> Candidate {
        if let start { return try start.candidate(training.recipe, calibrates: training.calibrate) }
        return try training.candidate(model ?? .serNet)
    }

    /// The silence that the trained model leaves out.
    private func silence(for start: StartModel?) throws -> SilenceTrimming? {
        if let start { return try start.trimming(asked: trimSilence) }
        return trimSilence.map { SilenceTrimming(decibels: $0) }
    }

    private var isLinear: Bool { model?.isLinear == true }

    private var keptCheckpoint: Checkpoint? {
        guard let file = checkpoint ?? (resume ? output.appendingPathExtension("checkpoint") : nil) else { return nil }
        return Checkpoint(at: file, resume: resume)
    }

    private var howToGoOn: String {
        guard let kept = keptCheckpoint else { return "With --checkpoint it could go on from there." }
        return resume
            ? "The same command goes on from \(kept.file.path)."
            : "The same command with --resume goes on from \(kept.file.path)."
    }

    private func text(
        _ outcome: TestedNetwork, _ split: DataSplit, _ start: StartModel?, warnings: [String]
    ) throws -> String {
        let run = outcome.run, title = start?.title ?? model?.title ?? run.network
        let way = isLinear ? "solved for" : "best epoch \(run.bestEpoch) of \(run.history.count)"
        let heading = "\(title) on \(split.corpus.name), \(split.summary): \(way), \(run.seconds.fixed(1)) s"
        let partlyHeard = outcome.partlyHeard.text(of: split.partitions.reduce(0) { $0 + $1.count })
        let heard = outcome.recognizer.adaptsToVoices ? " (\(HeardVoices.mark))" : ""
        let labels = start.map { ["\($0.summary(labels: split.labels))"] } ?? []
        var lines = [heading] + labels + groups(of: split) + ["test part\(heard): \(outcome.test)"]
        if let partlyHeard { lines.append(partlyHeard) }
        lines += try calibration(outcome)
        lines += warnings.map { "Warning: \($0)" }
        return (lines + ["model: \(output.path)"]).joined(separator: "\n")
    }

    /// Who was tested and who chose the epoch, where whole speakers or sentences were kept apart.
    private func groups(of split: DataSplit) -> [String] {
        guard let by = training.by else { return [] }
        let chooses = isLinear ? "calibrated on" : "best epoch by"
        return [("tested on", split.test), (chooses, split.validation)].map { words, part in
            "\(words) \(by.rawValue) \(split.corpus.groupNames(by, of: part).joined(separator: ", "))"
        }
    }

    private func calibration(_ outcome: TestedNetwork) throws -> [String] {
        guard training.calibrate else { return [] }
        let fit = outcome.recognizer.provenance.calibration?.description ?? "none"
        guard outcome.recognizer.calibration != nil else { return ["calibration: \(fit)"] }
        return ["calibration: \(fit); on the test part, \(try CalibrationComparison(outcome.test))"]
    }

    private struct Summary: Encodable {
        let corpus: String
        let synthetic, stopped: Bool
        /// The epoch in which the loss was no longer a number; the weights are the best of those before.
        let divergedInEpoch: Int?
        let split, output: String
        let seed: UInt64
        /// What logits are divided by, where confidences were calibrated.
        let temperature: Double?
        let result: ExperimentResults.Run
        /// What a reader of the results must know, and what is to be known of how the corpus was read, in sentences.
        let warnings, remarks: [String]
        /// All files and clips that could not be used, and why.
        let unreadable: [UnreadableFile]
        /// Over which sound features were brought to one scale, `speaker` or `clip`; nil for the training part.
        let standardizedBy: String?
        /// The files of the test part, which the network has not seen.
        let testFiles: [String]
        /// The speakers or sentences that were tested and those that chose the epoch, where they were kept apart.
        let testedOn, validatedOn: [String]?
        let skipped: [String]
        /// Clips of any part that are longer than the network hears, with the part that it heard.
        let partlyHeard: [HeardClip]
        /// The model that was trained on from, and what became of its labels; nil where the first weights were fresh.
        let start: StartSummary?

        init(
            _ outcome: TestedNetwork, _ split: DataSplit, _ start: StartModel?, warnings: [String],
            _ command: TrainCommand
        ) {
            corpus = split.corpus.name
            synthetic = split.corpus.isSynthetic
            stopped = outcome.trained.wasCancelled
            divergedInEpoch = outcome.trained.stopped.divergedInEpoch
            self.split = split.summary
            output = command.output.path
            seed = command.training.seed
            temperature = outcome.recognizer.calibration?.temperature
            result = outcome.run
            testedOn = command.training.by.map { split.corpus.groupNames($0, of: split.test) }
            validatedOn = command.training.by.map { split.corpus.groupNames($0, of: split.validation) }
            testFiles = split.test.clips.map(\.name)
            skipped = outcome.skipped.map(\.clip.name)
            partlyHeard = outcome.partlyHeard
            self.warnings = warnings + [outcome.trained.divergence].compactMap { $0 }
            remarks = split.corpus.remarks
            unreadable =
                split.corpus.problems.compactMap(\.unreadable)
                + outcome.skipped.map { UnreadableFile(path: $0.clip.name, reason: $0.reason) }
            let scope = outcome.recognizer.standardization.scope
            standardizedBy =
                outcome.recognizer.adaptsToVoices
                ? Standardization.Scope.speaker.rawValue : scope == .corpus ? nil : scope.rawValue
            self.start = start?.summary(labels: split.labels)
        }
    }
}
