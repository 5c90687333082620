import ArgumentParser
import Foundation
import SERAudio
import SERModels
import SERSupport

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure a saved model on a whole corpus.",
        discussion: """
            Every clip of the corpus is tested, those that the model was trained on included: name a corpus that it has \
            not seen.

            Intervals are by bootstrap: over speakers where the speaker of each clip is known and there are several, \
            else over clips, which takes every clip for independent of the others. "unsure below" is the confidence \
            from which on `ser predict --unsure-below` answers so many of the clips.

            With --robustness the clips are measured again in noise, babble and rooms, over the telephone, clipped, coded, \
            at other levels and rates, and shortened. Ctrl-C ends that with what is finished.

            EXAMPLE:
              ser evaluate gru.safetensors ~/EMO-DB
              ser evaluate gru.safetensors ~/EMO-DB --robustness --conditions babble,telephone
            """)

    @Argument(help: "A model file that `ser train` wrote.")
    var model: URL

    @Argument(help: "The corpus's folder, or a CSV manifest.")
    var data: URL

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

    @Flag(help: "Take a file that cannot be read for an error.")
    var strict = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if !(100...1_000_000).contains(resamples) {
            throw ValidationError("--resamples \(resamples): must be from 100 to 1000000.")
        }
        if conditions != nil && !robustness { throw ValidationError("--conditions goes with --robustness.") }
        _ = try suite
    }

    /// The conditions asked for.
    private var suite: RobustnessSuite {
        get throws {
            var suite = RobustnessSuite.standard
            suite.seed = seed
            guard let conditions else { return suite }
            let families = try conditions.split(separator: ",").map { word in
                let name = word.trimmingCharacters(in: .whitespaces)
                guard let family = DegradationFamily(rawValue: name) else {
                    let known = DegradationFamily.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("--conditions: there is no '\(name)'; choose from \(known).")
                }
                return family
            }
            guard !families.isEmpty else { throw ValidationError("--conditions: name at least one.") }
            return suite.only(Set(families))
        }
    }

    func run() throws {
        common.apply()
        let recognizer = try Recognizer(contentsOf: model)
        let corpus = try Corpus(detecting: data, strict: strict)
        for problem in corpus.problems {
            if case .unreadable = problem { note("\(problem)") }
        }
        let part = Partition(.test, of: corpus)
        let store = FeatureStore()
        let evaluation = try stoppable {
            try recognizer.evaluate(
                part, store: store, isCancelled: { Interruption.isRequested }, observe: TrainingProgress.standard())
        }
        let bootstrap = Bootstrap(resamples: resamples, seed: seed)
        var report = try Report(evaluation, corpus, bootstrap)
        report.withoutSpeech = corpus.clipsWithoutSpeech(
            within: recognizer.pipeline.span.seconds, isCancelled: { Interruption.isRequested }
        ).map(\.path.path)
        if robustness {
            report.robustness = try stoppable {
                try recognizer.robustness(
                    on: part, suite: suite, store: store, bootstrap: bootstrap,
                    isCancelled: { Interruption.isRequested }, observe: RobustnessProgress.standard())
            }
        }
        if common.json {
            try printJSON(report)
        } else {
            print(text(evaluation, report))
        }
        if report.robustness?.isComplete == false { throw ExitCode(Interruption.exitCode) }
    }

    private func text(_ evaluation: Evaluation, _ report: Report) -> String {
        let metrics = evaluation.metrics
        var parts = [
            "\(report.corpus): \(metrics.errors) \(metrics.errors == 1 ? "error" : "errors") in \(metrics.count) clips",
            "\(report.intervals)",
            metrics.classTable,
            metrics.confusion.table(labels: evaluation.labels),
        ]
        if !metrics.aucLeavesOut.isEmpty {
            parts[1] += "\nleft out of AUC, having no clip to rank against the rest: "
                + metrics.aucLeavesOut.joined(separator: ", ")
        }
        if !report.withoutSpeech.isEmpty {
            let count = report.withoutSpeech.count
            parts.append(
                (["no speech found in \(count) \(count == 1 ? "clip" : "clips"), counted all the same:"]
                    + report.withoutSpeech.prefix(20)
                    + (count > 20 ? ["and \(count - 20) more"] : [])).joined(separator: "\n  "))
        }
        if let calibration = report.calibration { parts.append("calibration by \(calibration)") }
        let curve = evaluation.riskCoverage
        parts.append("not sure (area under the risk-coverage curve \(curve.area.fixed(4))):\n\(curve.table())")
        if let robustness = report.robustness { parts.append("robustness:\n\(robustness)") }
        return parts.joined(separator: "\n\n")
    }

    private struct Report: Encodable {
        let corpus: String
        let synthetic: Bool
        let metrics: ClassificationMetrics
        let intervals: Estimates
        /// Precision, recall and F1 of each class.
        let classIntervals: Estimates
        let reliability: ReliabilityDiagram
        /// Before and after temperature scaling, where the model is calibrated.
        let calibration: CalibrationComparison?
        let riskCoverage: Curve
        /// Clips in which no speech was found, among those measured.
        var withoutSpeech: [String] = []
        /// The clips degraded, where that was asked for.
        var robustness: RobustnessResults?

        /// The risk-coverage curve at its key points.
        struct Curve: Encodable {
            let area: Double
            let points: [RiskCoverageCurve.Point]
        }

        init(_ evaluation: Evaluation, _ corpus: Corpus, _ bootstrap: Bootstrap) throws {
            self.corpus = corpus.name
            synthetic = corpus.isSynthetic
            metrics = evaluation.metrics
            intervals = try evaluation.estimates(bootstrap: bootstrap)
            classIntervals = try evaluation.estimates(
                of: Measure.perClass(evaluation.labels), bootstrap: bootstrap)
            reliability = evaluation.reliability
            calibration = evaluation.temperature == 1 ? nil : try CalibrationComparison(evaluation)
            let curve = evaluation.riskCoverage
            riskCoverage = Curve(
                area: curve.area, points: RiskCoverageCurve.keyCoverages.compactMap(curve.point(coverage:)))
        }
    }
}
