// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels
import SERSupport

/// What a cross-validation measured: the contents of `results.json`, with every clip's prediction.
public struct CrossValidationResults: Codable, Sendable, Equatable {
    /// The version that is written, and the only one that is read.
    public static let currentVersion = 2

    /// What a network made of a clip that it was not trained on.
    public struct ClipResult: Codable, Sendable, Equatable {
        /// The file's path below the folder that all clips lie in, and of a part of a file its times.
        public var clip: String
        /// The part of the file; nil for all of it.
        public var segment: Segment?
        /// The corpus it is from.
        public var corpus: String
        /// Who speaks and what is said, where known.
        public var speaker, sentence: String?
        /// The true and the predicted class, positions in the labels.
        public var target, prediction: Int
        /// One probability a class.
        public var probabilities: [Float]
        /// The outputs of the network before they are divided by the fold's temperature, one a class.
        public var logits: [Float]
    }

    /// How a candidate did within the training part of a fold.
    public struct Choice: Codable, Sendable, Equatable {
        /// The candidate.
        public var name: String
        /// Mean UAR over the inner folds.
        public var unweightedAverageRecall: Double
    }

    /// One fold with one seed.
    public struct Fold: Codable, Sendable, Equatable {
        /// The seed of the weights and the order of clips.
        public var seed: UInt64
        /// The fold, from 1.
        public var fold: Int
        /// How it was cut, in words.
        public var name: String
        /// The network that was tested: where several were to choose among, the one chosen.
        public var network: String
        /// What the choice was made by; nil where there was none.
        public var choices: [Choice]?
        /// The epoch whose weights were tested, from 1, and how many there were.
        public var bestEpoch, epochs: Int
        /// Accuracy on the validation part after the best epoch; nil where there was no such part.
        public var validationAccuracy: Double?
        /// Duration of the training, in seconds.
        public var seconds: Double
        /// What the logits were divided by; 1 where confidences were not calibrated.
        public var temperature: Double
        /// One record an epoch.
        public var history: [EpochRecord]
        /// The clips of the test part.
        public var clips: [ClipResult]
        /// Clips without features, which were left out.
        public var skipped: [String]

        /// Fraction of the test part that was classified correctly.
        public var accuracy: Double {
            Double(clips.count { $0.target == $0.prediction }) / Double(max(clips.count, 1))
        }
    }

    /// What the parts of a fold's split hold and share.
    public struct Cut: Codable, Sendable, Equatable {
        /// How it was cut, in words.
        public var name: String
        /// Number of clips of each part.
        public var train, validation, test: Int
        /// What the parts have in common.
        public var audit: SplitAudit

        package init(name: String, train: Int, validation: Int, test: Int, audit: SplitAudit) {
            self.name = name
            self.train = train
            self.validation = validation
            self.test = test
            self.audit = audit
        }
    }

    /// All folds of one seed together: every clip that was tested, once.
    public struct Run: Codable, Sendable, Equatable {
        /// The seed.
        public var seed: UInt64
        /// Measures over the clips of all folds.
        public var metrics: ClassificationMetrics
        /// The same without the folds' temperatures; nil where nothing was calibrated.
        public var uncalibrated: ClassificationMetrics?
        /// How much of the calibration error is not due to chance.
        public var calibrationExcess: CalibrationExcess
    }

    /// Some values' mean, standard deviation (with n - 1; 0 for one value), least and greatest.
    public struct Spread: Codable, Sendable, Equatable {
        /// The mean, the standard deviation, the least and the greatest value.
        public var mean, deviation, least, greatest: Double

        /// The spread of values; all zeros for none.
        public init(_ values: [Double]) {
            mean = values.reduce(0, +) / Double(max(values.count, 1))
            let mean = mean
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : 0
            least = values.min() ?? 0
            greatest = values.max() ?? 0
        }
    }

    /// What these results are.
    public var kind: ResultsKind
    /// The version of this format.
    public var version: Int
    /// The library's version.
    public var library: String
    /// The command that made the results, as it was typed; nil where a program of its own did.
    public var command: [String]?
    /// The name of the corpus.
    public var corpus: String
    /// Whether its sounds were made by the library's own synthesiser.
    public var synthetic: Bool
    /// The names of the classes.
    public var labels: [String]
    /// The protocol in words.
    public var `protocol`: String
    /// The seed of the folds.
    public var foldSeed: UInt64
    /// The share of each class that validates.
    public var validation: Double
    /// What validation parts have to themselves; nil for nothing.
    public var validatedBy: Grouping?
    /// The seeds of the runs.
    public var seeds: [UInt64]
    /// How the inner folds were cut that chose among several networks; nil where there was one.
    public var inner: String?
    /// How each network was trained.
    public var settings: [TrainingSettings]
    /// The folds' parts and what they share.
    public var cuts: [Cut]
    /// What a reader of the results must know, in sentences.
    public var warnings: [String]
    /// Recordings that nobody could listen to in the search for copies; nil where there was no search.
    public var unheard: [UnreadableFile]?
    /// Each seed's measures over all folds.
    public var runs: [Run]
    /// Measures over all folds, their mean over the seeds, with intervals: over speakers where no fold's test part has
    /// a speaker of its training part, else over clips.
    public var estimates: Estimates
    /// Accuracy, UAR and macro F1 of the runs.
    public var accuracy, unweightedAverageRecall, macroF1: Spread
    /// Each fold's network with the prediction for every clip, by seed, then by fold.
    public var folds: [Fold]

    /// The results as JSON, keys sorted.
    public func json() throws -> Data { try ResultsCoding.encoder.encode(self) + Data("\n".utf8) }

    /// Results from a file that ``CrossValidation`` wrote.
    /// - Throws: ``CrossValidationError`` for a file that cannot be read or has another version.
    public init(contentsOf file: URL) throws(CrossValidationError) {
        self = try ResultsCoding.content(of: file, version: Self.currentVersion)
    }

    package init(_ plan: CrossValidationPlan, copies: NearCopies?, folds: [Fold]) throws(CrossValidationError) {
        let settings = plan.settings, corpus = plan.corpus
        kind = .crossvalidation
        version = Self.currentVersion
        library = LibraryVersion.current
        command = settings.command
        self.corpus = corpus.name
        synthetic = corpus.isSynthetic
        labels = corpus.labels
        self.protocol = settings.folds.summary
        foldSeed = settings.foldSeed
        validation = settings.validation
        validatedBy = settings.validatedBy
        seeds = settings.seeds
        inner = settings.candidates.count > 1 ? settings.inner.summary : nil
        self.settings = try plan.trainingSettings()
        cuts = plan.splits.map { split in
            Cut(
                name: split.summary, train: split.train.count, validation: split.validation.count,
                test: split.test.count, audit: copies.map { split.audit(with: $0) } ?? split.audit)
        }
        warnings = Self.warnings(of: cuts)
        unheard = copies?.unread
        self.folds = folds
        // Clips where a test part has a voice of its training part.
        let unit: ResamplingUnit? = cuts.allSatisfy { $0.audit.tested?.speakers.isEmpty ?? true } ? nil : .clips
        var runs: [Run] = []
        do throws(EvaluationError) {
            var evaluations: [Evaluation] = []
            for seed in settings.seeds {
                let own = folds.filter { $0.seed == seed }
                let evaluation = try Evaluation(pooling: own, labels: corpus.labels)
                let isCalibrated = own.contains { $0.temperature != 1 }
                evaluations.append(evaluation)
                runs.append(
                    Run(
                        seed: seed, metrics: evaluation.metrics,
                        uncalibrated: isCalibrated
                            ? try Evaluation(pooling: own, labels: corpus.labels, isCalibrated: false).metrics : nil,
                        calibrationExcess: try evaluation.calibrationExcess(bootstrap: Bootstrap(unit: unit))))
            }
            estimates = try Estimates.mean(over: evaluations, bootstrap: Bootstrap(unit: unit))
        } catch { throw .training(.evaluation(error), fold: "all folds") }
        self.runs = runs
        accuracy = Spread(runs.map(\.metrics.accuracy))
        unweightedAverageRecall = Spread(runs.map(\.metrics.unweightedAverageRecall))
        macroF1 = Spread(runs.map(\.metrics.macroF1))
    }

    /// What the networks of one seed made of all clips, each divided by its fold's temperature.
    /// - Throws: ``EvaluationError/empty`` where there is no such seed.
    public func evaluation(ofSeed seed: UInt64) throws(EvaluationError) -> Evaluation {
        try Evaluation(pooling: folds.filter { $0.seed == seed }, labels: labels)
    }

    /// The folds' warnings, each once.
    private static func warnings(of cuts: [Cut]) -> [String] {
        var seen = Set<String>()
        return cuts.flatMap(\.audit.warnings).filter { seen.insert($0).inserted }
    }
}

extension Evaluation {
    /// The test parts of all folds of one seed, each divided by its fold's temperature.
    package init(
        pooling folds: [CrossValidationResults.Fold], labels: [String], isCalibrated: Bool = true
    ) throws(EvaluationError) {
        let clips = folds.flatMap(\.clips)
        let logits = folds.flatMap { fold in
            fold.clips.map { clip in
                isCalibrated && fold.temperature != 1
                    ? clip.logits.map { Float(Double($0) / fold.temperature) } : clip.logits
            }
        }
        try self.init(
            logits: logits, targets: clips.map(\.target), labels: labels,
            speakers: TestedClip.speakers(of: clips.map(TestedClip.init)))
    }
}

extension CrossValidationResults: CustomStringConvertible {
    /// What was asked, what came out, a row a fold, and the warnings.
    public var description: String {
        let runsText = seeds.count == 1 ? "seed \(seeds[0])" : "seeds \(seeds.map(String.init).joined(separator: ", "))"
        let names = settings.map(\.name).joined(separator: ", ")
        let network =
            settings.count == 1
            ? names : "the best of \(names), chosen within each training part (\(inner ?? ""))"
        var lines = ["\(network) on \(corpus)\(synthetic ? ", which is synthetic" : ""): \(self.protocol), \(runsText)"]
        lines += foldTable
        for run in runs where seeds.count > 1 {
            lines.append(
                "seed \(run.seed): accuracy \(run.metrics.accuracy.fixed(4)), UAR "
                    + "\(run.metrics.unweightedAverageRecall.fixed(4)), macro F1 \(run.metrics.macroF1.fixed(4))")
        }
        let tested = runs.first?.metrics.count ?? 0
        lines.append("")
        lines.append(
            "over all folds, \(tested) clips\(seeds.count > 1 ? ", mean of \(seeds.count) seeds" : ""): "
                + "accuracy \(text(accuracy)), UAR \(text(unweightedAverageRecall)), macro F1 \(text(macroF1))")
        lines += ["", estimates.description, ""] + calibrationLines
        if seeds.count == 1, let run = runs.first { lines += ["", run.metrics.confusion.table(labels: labels)] }
        let skipped = Set(folds.flatMap(\.skipped))
        if !skipped.isEmpty { lines.append("\(skipped.count) clips without features were left out") }
        return (lines + warnings.map { "Warning: \($0)" }).joined(separator: "\n")
    }

    private var calibrationLines: [String] {
        runs.map { run in
            let excess = run.calibrationExcess
            let interval = excess.interval.map { " (\($0.lower.fixed(4)) to \($0.upper.fixed(4)))" } ?? ""
            let change =
                run.uncalibrated.map {
                    "; log-loss \($0.loss.fixed(4)) without temperatures, \(run.metrics.loss.fixed(4)) with them"
                } ?? ""
            return "calibration error of seed \(run.seed): \(excess.expectedCalibrationError.fixed(4)), beyond chance "
                + "\(excess.value.fixed(4))\(interval)\(change)"
        }
    }

    private func text(_ spread: Spread) -> String {
        seeds.count == 1 ? spread.mean.fixed(4) : "\(spread.mean.fixed(4)) (deviation \(spread.deviation.fixed(4)))"
    }

    private var foldTable: [String] {
        var table = TextTable(
            ["fold", "train", "validation", "test", "shared speakers", "shared sentences", "copies", "accuracy"]
                + (inner == nil ? [] : ["chosen"]))
        for (index, cut) in cuts.enumerated() {
            let own = folds.filter { $0.fold == index + 1 }
            let shared = cut.audit.tested
            let copies = shared.map { $0.identicalAudio.count + ($0.nearlyIdenticalAudio?.count ?? 0) } ?? 0
            table.append(
                [
                    cut.name, "\(cut.train)", "\(cut.validation)", "\(cut.test)", "\(shared?.speakers.count ?? 0)",
                    "\(shared?.sentences.count ?? 0)", unheard == nil ? "\(copies) (bytes only)" : "\(copies)",
                    Spread(own.map(\.accuracy)).mean.fixed(4),
                ] + [own.map(\.network).joined(separator: ", ")])
        }
        return table.lines
    }
}
