// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERAudio
import SERModels
import SERReports
import SERSupport
import SERTraining

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure a saved model on a whole corpus.",
        discussion: """
            Every clip of the corpus is tested, those that the model was trained on included: name a corpus that it has \
            not seen. Without a model, \(ModelInput.standard.name) is measured, which comes with the library.

            Intervals are by bootstrap: over speakers where the speaker of each clip is known and there are several, \
            else over clips, which takes every clip for independent of the others. "unsure below" is the confidence \
            from which on `ser predict --unsure-below` answers so many of the clips.

            With --robustness the clips are measured again in noise, babble and rooms, over the telephone, clipped, coded, \
            at other levels and rates, and shortened. Ctrl-C ends that with what is finished.

            With --output, report.html, results.json, results.csv and clips.csv are written to a folder.

            EXAMPLE:
              ser evaluate ~/RAVDESS
              ser evaluate gru.safetensors ~/EMO-DB --output gru-emodb
              ser evaluate gru.safetensors ~/EMO-DB --robustness --conditions babble,telephone
            """)

    @Argument(
        help: ArgumentHelp(
            "The corpus's folder, or a CSV manifest, and before it perhaps a model: a file that `ser train` wrote, or "
                + "`\(ModelInput.standard.name)`.", valueName: "data"))
    var inputs: [String]

    @Option(help: ArgumentHelp("How often clips or speakers are drawn anew for the intervals.", valueName: "count"))
    var resamples = 2000

    @Option(help: ArgumentHelp("Decides what is drawn.", valueName: "number"))
    var seed: UInt64 = 1

    @Flag(help: "Measure on degraded clips as well.")
    var robustness = false

    @Option(
        help: ArgumentHelp(
            "Which of \(DegradationFamily.allCases.map(\.rawValue).joined(separator: ", ")), with commas between them.",
            valueName: "list"))
    var conditions: String?

    @Option(help: ArgumentHelp("Folder for report.html and results.", valueName: "folder"))
    var output: URL?

    @OptionGroup var reading: CorpusReadingOptions
    @OptionGroup var report: ReportOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard inputs.count <= 2, !inputs.contains("") else {
            throw ValidationError("Name one corpus, and before it perhaps a model.")
        }
        if report.audio, output == nil {
            throw ValidationError("--audio is for the report: name a folder by --output.")
        }
        if conditions != nil && !robustness { throw ValidationError("--conditions goes with --robustness.") }
        _ = try suite
        if !(100...1_000_000).contains(resamples) {
            throw ValidationError("--resamples \(resamples): must be from 100 to 1000000.")
        }
    }

    /// The conditions asked for.
    private var suite: RobustnessSuite {
        get throws {
            var suite = RobustnessSuite.standard
            suite.seed = seed
            guard let conditions else { return suite }
            let words = conditions.split(separator: ",", omittingEmptySubsequences: false)
            let families = try words.map { word in
                let name = word.trimmingCharacters(in: .whitespaces)
                guard let family = DegradationFamily(rawValue: name) else {
                    let known = DegradationFamily.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("--conditions: there is no '\(name)'; choose from \(known).")
                }
                return family
            }
            guard Set(families).count == families.count else {
                throw ValidationError("--conditions: name each once.")
            }
            return suite.only(Set(families))
        }
    }

    func run() throws {
        common.apply()
        let model = inputs.count > 1 ? ModelInput(argument: inputs[0]) ?? .standard : .standard
        let data = URL(fileURLWithPath: inputs[inputs.count - 1])
        if inputs.count == 1, data.pathExtension.lowercased() == "safetensors" {
            throw ValidationError("\(data.lastPathComponent.onOneLine) is a model: name the corpus after it.")
        }
        let recognizer = try model.recognizer()
        let corpus = try reading.corpus(at: [data])
        if let output { try AtomicFile.prepare(folder: output) }
        let store = FeatureStore(), bootstrap = Bootstrap(resamples: resamples, seed: seed)
        var results = try stoppable {
            try EvaluationResults(
                recognizer, model: model.title, on: corpus, bootstrap: bootstrap, command: ReportOptions.command,
                store: store, isStrict: reading.strict, observe: TrainingProgress.standard(), stop: .interruption)
        }
        if robustness {
            results.robustness = try stoppable {
                try recognizer.robustness(
                    on: Partition(.test, of: corpus), suite: suite, store: store, bootstrap: bootstrap,
                    observe: RobustnessProgress.standard(), stop: .interruption)
            }
        }
        if let output {
            try results.write(to: output.appendingPathComponent("results.json"))
            try Report(results, sounds: report.sounds(of: corpus)).write(to: output)
        }
        if common.json {
            try printJSON(results)
        } else {
            try printText(try text(results))
            if let output { try printText("\nreport: \(output.appendingPathComponent("report.html").path)") }
        }
        if results.robustness?.isComplete == false {
            note("Stopped; the conditions that were not measured are missing.")
            throw ExitCode(Interruption.exitCode)
        }
    }

    /// How many clips were measured, and of how many.
    private func measured(_ results: EvaluationResults) -> String {
        let count = results.metrics.count, missing = results.unreadable?.count ?? 0
        return (missing == 0 ? "" : "\(count) of ") + counted(count + missing, "clip")
            + (results.hearsVoices ? ", \(HeardVoices.mark)" : "")
    }

    private func list(_ heading: String, _ items: [String]) -> String {
        ([heading] + items.prefix(20) + (items.count > 20 ? ["and \(items.count - 20) more"] : []))
            .joined(separator: "\n  ")
    }

    private func text(_ results: EvaluationResults) throws -> String {
        let metrics = results.metrics, evaluation = try results.evaluation
        var parts =
            [
                "\(results.corpus): \(counted(metrics.errors, "error")) in "
                    + measured(results),
                "\(results.intervals)",
                metrics.classTable,
                metrics.confusion.table(labels: evaluation.labels),
            ] + (results.groups ?? []).map(\.description)
        if !metrics.aucLeavesOut.isEmpty {
            parts[1] +=
                "\nleft out of AUC, having no clip to rank against the rest: "
                + metrics.aucLeavesOut.joined(separator: ", ")
        }
        if let unreadable = results.unreadable, !unreadable.isEmpty {
            parts.append(list("not measured:", unreadable.map { "\($0.path): \($0.reason)" }))
        }
        if !results.withoutSpeech.isEmpty {
            let count = results.withoutSpeech.count
            parts.append(
                list(
                    "no speech found in \(counted(count, "clip")), counted all the same:",
                    results.withoutSpeech))
        }
        if let text = results.partlyHeardText { parts.append(text) }
        if let calibration = results.calibration { parts.append("calibration by \(calibration)") }
        let curve = evaluation.riskCoverage
        parts.append("not sure (area under the risk-coverage curve \(curve.area.fixed(4))):\n\(curve.table())")
        if let robustness = results.robustness { parts.append("robustness:\n\(robustness)") }
        parts += results.warnings.map { "Warning: \($0)" }
        return parts.joined(separator: "\n\n")
    }
}
