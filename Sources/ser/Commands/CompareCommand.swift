// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERModels
import SERReports
import SERSupport
import SERSyntheticSpeech
import SERTraining

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Train the report's networks on one corpus and compare them.",
        discussion: """
            Writes report.html to look at, results.json, results.csv and clips.csv, and for each network a figure \
            (NAME.svg) and the model (NAME.safetensors), and prints the table. Without DATA it makes a synthetic corpus of \
            100 words and says so. Ctrl-C keeps the networks that are finished.

            EXAMPLE:
              ser compare ~/TESS --models cnn,gru --output results
            """)

    @Argument(help: CorpusReadingOptions.dataHelp)
    var data: [URL] = []

    @Option(help: ArgumentHelp("Networks to train, each once, separated by commas.", valueName: "names"))
    var models = ArchitectureList(Architecture.report)

    @Option(help: ArgumentHelp("Folder for report.html, results and models.", valueName: "folder"))
    var output = URL(fileURLWithPath: "ser-results")

    @OptionGroup var view: LiveOptions
    @OptionGroup var report: ReportOptions
    @OptionGroup var training: TrainingOptions
    @OptionGroup var common: CommonOptions

    func validate() throws { try training.recipe.validate(for: models.architectures) }

    func run() throws {
        common.apply()
        try AtomicFile.prepare(folder: output)
        let split = try training.split(data.isEmpty ? [try syntheticCorpus()] : data)
        let candidates = try models.architectures.map(training.candidate)
        var experiment = Experiment(candidates, on: .split(split), seeds: [training.seed])
        experiment.command = ReportOptions.command
        // What cannot be trained is told before anybody listens.
        try experiment.check()
        experiment.copies = try stoppable { try training.recipe.copySearch.copies(in: split.corpus) }
        let live = try view.report(on: split, audit: split.audit(searched: experiment.copies))
        let progress = NetworksProgress(candidates, live: live), file = output.appendingPathComponent("results.json")
        var results = try experiment.run(
            observe: progress.show,
            tested: { [output] network, results in
                // All networks read the same clips.
                if results.runs.count == 1 { note(skipped: network.skipped) }
                note(divergence: network.trained)
                live?.tested(accuracy: network.test.metrics.accuracy)
                try network.write(to: output)
                try results.write(to: file)
            }, stop: .interruption)
        if !results.runs.isEmpty {
            let page = try Report(results, sounds: report.sounds(of: split.corpus))
            results.differences = page.differences
            try page.write(to: output)
            live?.finish(page.html)
        }
        try results.write(to: file)
        if common.json {
            try printJSON(results)
        } else {
            try printText(results)
            try printText("report: \(output.appendingPathComponent("report.html").path)")
        }
        guard results.isComplete else {
            note("Stopped; the networks that were finished are in \(output.path).")
            throw ExitCode(Interruption.exitCode)
        }
        live?.waitForLastLook()
    }

    /// A synthetic corpus that stays in the user's cache folder, so that a second comparison finds it.
    private func syntheticCorpus() throws -> URL {
        let caches = FileManager.default.urls(for: .cachesDirectory, in: .userDomainMask).first
        let folder = (caches ?? FileManager.default.temporaryDirectory)
            .appendingPathComponent("ser/synthetic-100-\(training.seed)")
        note("No corpus was named: using synthetic speech in \(folder.path)")
        try write(SyntheticCorpus(words: 100, seed: training.seed), to: folder)
        return folder
    }
}
