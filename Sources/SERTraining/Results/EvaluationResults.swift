// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERModels
import SERSupport

/// What a saved model made of a corpus: the contents of `results.json`, with every clip's prediction.
public struct EvaluationResults: ResultsDocument {
    public static let kind = ResultsKind.evaluation
    public static let currentVersion = 2

    /// The risk-coverage curve at its key points.
    public struct Curve: Codable, Sendable, Equatable {
        /// The area under the whole curve.
        public var area: Double
        /// Where 100, 95, 90, 80, 70 and 50 % are answered.
        public var points: [RiskCoverageCurve.Point]
    }

    /// What these results are.
    public let header: ResultsHeader
    /// The model's file, as it was named.
    public var model: String
    /// How many numbers the network has learned.
    public var parameters: Int
    /// Where the model comes from, as its file says.
    public var provenance: Provenance
    /// The features with all their settings, as JSON text.
    public var features: String
    /// The name of the corpus.
    public var corpus: String
    /// Whether its sounds were made by the library's own synthesiser.
    public var synthetic: Bool
    /// The names of the classes.
    public var labels: [String]
    /// What a reader of the results must know, in sentences.
    public var warnings: [String]
    /// Over which sound features were brought to one scale, `speaker` or `clip`; nil for the training part.
    public var standardizedBy: String?
    /// What is to be known of how the corpus was read, in sentences; nil in results that do not tell.
    public var remarks: [String]?
    /// What logits are divided by; 1 where confidences are not calibrated.
    public var temperature: Double
    /// How intervals were made.
    public var bootstrap: Bootstrap
    /// Measures over all clips.
    public var metrics: ClassificationMetrics
    /// The measures with their intervals.
    public var intervals: Estimates
    /// Precision, recall and F1 of each class.
    public var classIntervals: Estimates
    /// How well each group of clips was recognised, such as women's and men's; nil where no groups are known.
    public var groups: [GroupComparison]?
    /// Confidence against accuracy.
    public var reliability: ReliabilityDiagram
    /// Before and after temperature scaling, where the model is calibrated.
    public var calibration: CalibrationComparison?
    /// What refusing to answer buys.
    public var riskCoverage: Curve
    /// Clips in which no speech was found (SERAudio's `SpeechActivity`); they are measured all the same.
    public var withoutSpeech: [String]
    /// Clips that are longer than the model hears, with the part that it heard.
    public var partlyHeard: [HeardClip]
    /// The same clips degraded, where that was asked for.
    public var robustness: RobustnessResults?
    /// The clips, in the order of ``logits``.
    public var clips: [TestedClip]
    /// The outputs of the network for each clip, before they are divided by ``temperature``.
    public var logits: [[Float]]
    /// Clips without features, which were left out.
    public var skipped: [String]
    /// All files and clips of the corpus that could not be measured, and why; nil in results that do not tell.
    public var unreadable: [UnreadableFile]?

    /// Tests a model on all clips of a corpus.
    /// - Parameters:
    ///   - recognizer: The model.
    ///   - model: The name of its file, for the results.
    ///   - corpus: The clips.
    ///   - bootstrap: How intervals are made.
    ///   - command: The command that is run, for the results.
    ///   - store: Keeps features, for several evaluations.
    ///   - isStrict: Whether a clip without features is an error.
    ///   - observe: Told what happens.
    /// - Throws: ``TrainingError`` when the labels differ or no clip can be used, or the bootstrap cannot be.
    public init(
        _ recognizer: Recognizer, model: String, on corpus: Corpus, bootstrap: Bootstrap = Bootstrap(),
        command: [String]? = nil, store: FeatureStore = FeatureStore(), isStrict: Bool = false,
        observe: @escaping @Sendable (Trainer.Event) -> Void = { _ in }
    ) throws(TrainingError) {
        try self.init(
            recognizer, model: model, on: corpus, bootstrap: bootstrap, command: command, store: store,
            isStrict: isStrict, observe: observe, stop: .never)
    }

    /// The same, until it is to stop: asked between files.
    package init(
        _ recognizer: Recognizer, model: String, on corpus: Corpus, bootstrap: Bootstrap, command: [String]?,
        store: FeatureStore, isStrict: Bool, observe: @escaping @Sendable (Trainer.Event) -> Void, stop: StopSignal
    ) throws(TrainingError) {
        let part = Partition(.test, of: corpus)
        let measured = try recognizer.measured(part, store: store, isStrict: isStrict, observe: observe, stop: stop)
        let (evaluation, used, failures) = (measured.evaluation, measured.clips, measured.failures)
        header = ResultsHeader(of: Self.self, command: command)
        self.model = model
        parameters = recognizer.model.parameterCount
        provenance = recognizer.provenance
        self.corpus = corpus.name
        synthetic = corpus.isSynthetic
        labels = evaluation.labels
        let absent = labels.indices.filter { !evaluation.targets.contains($0) }
        warnings =
            Self.warnings(of: recognizer, on: corpus) + Self.warning(ofHeardVoices: recognizer)
            + Self.warning(ofAbsent: absent.map { evaluation.labels[$0] })
        let scope = recognizer.adaptsToVoices ? .speaker : recognizer.standardization.scope
        standardizedBy = scope == .corpus ? nil : scope.rawValue
        remarks = corpus.remarks
        temperature = evaluation.temperature
        self.bootstrap = bootstrap
        metrics = evaluation.metrics
        reliability = evaluation.reliability
        let curve = evaluation.riskCoverage
        riskCoverage = Curve(
            area: curve.area, points: RiskCoverageCurve.keyCoverages.compactMap(curve.point(coverage:)))
        clips = TestedClip.list(used, targets: evaluation.targets, in: corpus)
        logits = evaluation.logits
        let known = Set(used.map(\.source))
        let root = commonFolder(of: corpus.clips.map(\.path.path))
        skipped = corpus.clips.filter { !known.contains($0.source) }.map { $0.name(below: root) }
        unreadable =
            corpus.problems.compactMap(\.unreadable)
            + failures.map { UnreadableFile(path: $0.clip.name(below: root), reason: $0.reason) }
        let heard = try store.heard(used, of: corpus, pipeline: recognizer.pipeline)
        withoutSpeech = heard.filter { !$0.part.hasSpeech }.map(\.clip)
        partlyHeard = heard.filter { !$0.part.isWhole }
        do throws(EvaluationError) {
            intervals = try evaluation.estimates(bootstrap: bootstrap)
            classIntervals = try evaluation.estimates(of: Measure.perClass(evaluation.labels), bootstrap: bootstrap)
            groups = try TestedClip.groups(of: clips, over: [evaluation], bootstrap: bootstrap)
            calibration = evaluation.temperature == 1 ? nil : try CalibrationComparison(evaluation)
        } catch { throw .evaluation(error) }
        do { features = try MetadataPart.text(recognizer.pipeline) } catch {
            throw .setting("the features of the model cannot be written: \(error)")
        }
    }

    /// A model that learned from a corpus of that name has perhaps learned from these very clips.
    private static func warnings(of recognizer: Recognizer, on corpus: Corpus) -> [String] {
        let consequence =
            " Where it has heard these clips or their speakers in training, the result says nothing about voices never "
            + "heard."
        if let known = recognizer.provenance.heard?.told(corpus.clips, of: corpus) { return ["The model \(known)"] }
        if let trained = recognizer.provenance.corpus, trained == corpus.name {
            return ["The model was trained on clips of \(trained) too.\(consequence)"]
        }
        return TrainedCorpora(recognizer.provenance).found(among: corpus.clips).map { name, clips in
            "\(clips) of the \(counted(corpus.clips.count, "clip")) \(clips == 1 ? "is" : "are") of \(name), or named as its "
                + "clips are, and the model was "
                + "trained on \(name), as its file says.\(consequence)"
        }
    }

    /// What a recognizer was told beside each clip.
    private static func warning(ofHeardVoices recognizer: Recognizer) -> [String] {
        guard recognizer.adaptsToVoices else { return [] }
        return [
            "Features are standardised by speaker: all clips of a speaker here were heard, without their labels, before any "
                + "of them was recognised. Of a voice that is heard for the first time the model knows less."
        ]
    }

    /// Labels of the model that no clip has.
    private static func warning(ofAbsent labels: [String]) -> [String] {
        guard !labels.isEmpty else { return [] }
        let names = labels.joined(separator: ", ")
        return [
            "No clip that was measured is \(names). UAR and AUC are over the other emotions; macro precision, recall and "
                + "F1 count a missing one as 0."
        ]
    }

    /// Whether features were standardised by speaker.
    package var hearsVoices: Bool { standardizedBy == Standardization.Scope.speaker.rawValue }

    /// What the model made of the clips, made anew of its outputs.
    public var evaluation: Evaluation {
        get throws(EvaluationError) {
            try TestedClip.evaluation(of: clips, logits: logits, temperature: temperature, labels: labels)
        }
    }
}
