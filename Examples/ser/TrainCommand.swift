import ArgumentParser
import Foundation
import SERModels
import SERSupport

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train one network on a corpus and save it with its features and labels.",
        discussion: """
            Clips are dealt out by chance, each emotion in proportion: 80 % to train, 10 % to choose the best epoch, \
            10 % to test once at the end. Ctrl-C saves the best weights so far.

            EXAMPLE:
              ser train ~/TESS --model gru --output gru.safetensors
            """)

    @Argument(help: "The corpus's folder, or a CSV manifest.")
    var data: URL

    @Option(help: "The network.")
    var model: Architecture

    @Option(help: ArgumentHelp("The model file to write.", valueName: "file"))
    var output: URL

    @OptionGroup var training: TrainingOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        common.apply()
        try AtomicFile.prepare(file: output)
        let split = try training.split(data)
        let outcome = try stoppable {
            try training.comparison(of: [model]).train(model, on: split, isCancelled: { Interruption.isRequested })
        }
        note(skipped: outcome.trained.skipped)
        try outcome.recognizer.save(to: output)
        if common.json {
            try printJSON(Report(outcome, split, self))
        } else {
            print(text(outcome, split))
        }
        if outcome.trained.wasCancelled {
            note("Stopped after epoch \(outcome.trained.history.epochs.count); the best weights so far are saved.")
            throw ExitCode(Interruption.exitCode)
        }
    }

    private func text(_ outcome: Comparison.Outcome, _ split: DataSplit) -> String {
        let entry = outcome.entry
        return ([
            "\(model.title) on \(split.corpus.name), \(split.summary): best epoch \(entry.bestEpoch) of "
                + "\(entry.history.count), \(entry.trainSeconds.fixed(1)) s",
            "test part: \(outcome.test)",
        ] + split.audit.warnings.map { "Warning: \($0)" } + ["model: \(output.path)"]).joined(separator: "\n")
    }

    private struct Report: Encodable {
        let corpus: String
        let synthetic, stopped: Bool
        let split, output: String
        let seed: UInt64
        let result: ComparisonResults.Entry
        /// The files of the test part, which the network has not seen.
        let testFiles: [String]
        let skipped: [String]

        init(_ outcome: Comparison.Outcome, _ split: DataSplit, _ command: TrainCommand) {
            corpus = split.corpus.name
            synthetic = split.corpus.isSynthetic
            stopped = outcome.trained.wasCancelled
            self.split = split.summary
            output = command.output.path
            seed = command.training.seed
            result = outcome.entry
            testFiles = split.test.clips.map(\.path.path)
            skipped = outcome.trained.skipped.map(\.path.path)
        }
    }
}
