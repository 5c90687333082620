import Foundation
import SERAudio
import SERCore

/// Sound in, emotions out: a network with its features, standardisation and labels, in one value and one file.
public struct Recognizer: Sendable {
    /// The network. To use another, make another recognizer of it.
    public let model: Model
    /// How sound becomes what the network reads.
    public let pipeline: FeaturePipeline
    /// How features are brought to the scale of the training part.
    public let standardization: Standardization
    /// The emotions, in the order of the network's outputs.
    public let labels: [String]
    /// Brings confidences in line with accuracy; `nil` leaves them as the network gives them.
    public var calibration: TemperatureScaling?
    /// Where the model comes from: corpus, split, seed, metrics; free text by name.
    public var provenance: [String: String]

    /// A recognizer of the given parts, found to fit each other.
    /// - Parameters:
    ///   - model: The network: one input, one output with a logit for each label.
    ///   - pipeline: Features of the shape that the network reads.
    ///   - standardization: Of as many columns as the pipeline's features have.
    ///   - labels: The emotions, each once, in the order of the network's outputs.
    ///   - calibration: Brings confidences in line with accuracy; nil leaves them as the network gives them.
    ///   - provenance: Where the model comes from.
    /// - Throws: ``RecognizerError`` where the parts do not fit.
    public init(
        model: Model, pipeline: FeaturePipeline, standardization: Standardization, labels: [String],
        calibration: TemperatureScaling? = nil, provenance: [String: String] = [:]
    ) throws(RecognizerError) {
        try Self.check(model.graph, pipeline, standardization, labels)
        self.init(
            checked: model, pipeline: pipeline, standardization: standardization, labels: labels,
            calibration: calibration, provenance: provenance)
    }

    /// A recognizer of parts that ``check(_:_:_:_:)`` has found to fit.
    init(
        checked model: Model, pipeline: FeaturePipeline, standardization: Standardization, labels: [String],
        calibration: TemperatureScaling?, provenance: [String: String]
    ) {
        var model = model
        model.standardization = standardization
        self.model = model
        self.pipeline = pipeline
        self.standardization = standardization
        self.labels = labels
        self.calibration = calibration
        self.provenance = provenance
    }

    /// Makes sure that parts make a recognizer.
    static func check(
        _ graph: Graph, _ pipeline: FeaturePipeline, _ standardization: Standardization, _ labels: [String]
    ) throws(RecognizerError) {
        guard graph.inputs.count == 1, graph.outputs.count == 1 else {
            throw .ports(inputs: graph.inputs.count, outputs: graph.outputs.count)
        }
        guard graph.output == Shape([labels.count]) else { throw .labels(count: labels.count, output: graph.output) }
        var seen = Set<String>()
        if let repeated = labels.first(where: { !seen.insert($0).inserted }) { throw .repeatedLabel(repeated) }
        try pipeline.check(for: graph.input)
        guard standardization.mean.count == pipeline.columns else {
            throw .standardization(columns: standardization.mean.count, features: pipeline.columns)
        }
    }

    /// The same recognizer with other weights of its network.
    func with(weightsOf model: Model, provenance: [String: String]) -> Recognizer {
        Recognizer(
            checked: model, pipeline: pipeline, standardization: standardization, labels: labels,
            calibration: calibration, provenance: provenance)
    }

    /// What the emotion of a clip is.
    /// - Throws: ``RecognitionError`` for sound that has no features, such as an empty clip, and where the network's
    ///   outputs are not finite.
    public func recognize(_ clip: AudioClip) throws(RecognitionError) -> Prediction {
        let heard: HeardSound
        do throws(FeatureError) { heard = try pipeline.hear(clip) } catch { throw .features(error) }
        return try prediction(of: heard)
    }

    /// What the emotion of a sound file is. Of a long file, ``Prediction/heard`` tells which part was listened to.
    /// - Parameters:
    ///   - file: The file, or a named pipe, which is read to its end.
    ///   - truncated: What is done with a file whose end is missing.
    /// - Throws: ``RecognitionError``, which wraps the `AudioError` of a file that cannot be read.
    public func recognize(
        contentsOf file: URL, truncated: TruncatedFiles = .refuse
    ) throws(RecognitionError) -> Prediction {
        let heard: HeardSound
        do throws(AudioError) { heard = try pipeline.hear(file, truncated: truncated) } catch {
            throw .features(.audio(error))
        }
        var prediction = try prediction(of: heard)
        prediction.remarks = heard.remarks
        return prediction
    }

    private func prediction(of heard: HeardSound) throws(RecognitionError) -> Prediction {
        let matrix: FeatureMatrix
        do throws(FeatureError) {
            let features = try pipeline.summarized(try pipeline.features(of: heard.clip))
            matrix = try model.fitted(features, as: pipeline.arrangement)
        } catch { throw .features(error) }
        let examples = Examples(
            [matrix], targets: [0], arrangement: pipeline.arrangement, standardization: standardization)
        let batch = examples.batch([0])
        return try prediction(from: model(batch.values, lengths: batch.lengths), heard: heard.part)
    }

    /// The features of a clip's beginning, whichever part the pipeline would hear, found to fit the network.
    func matrix(ofBeginningOf clip: AudioClip) throws(FeatureError) -> FeatureMatrix {
        var pipeline = pipeline
        pipeline.window = .beginning
        return try model.fitted(try pipeline.matrix(of: clip), as: pipeline.arrangement)
    }

    /// The prediction that the logits of a part, [1, classes], stand for.
    func prediction(from logits: Tensor, heard: HeardPart) throws(RecognitionError) -> Prediction {
        let scores = logits.scalars
        guard scores.allSatisfy(\.isFinite) else { throw .outputNotFinite }
        guard let calibration else {
            return Prediction(
                labels: labels, logits: scores, probabilities: softmax(logits).scalars, heard: heard)
        }
        let scaled = Scores(checked: [scores]).softmaxed(temperature: calibration.temperature)
        return Prediction(
            labels: labels, logits: scores, probabilities: scaled.probabilities[0].map(Float.init), heard: heard)
    }

    /// Measures the recognizer on clips with known emotions. The clips need not have all of the recognizer's labels.
    /// - Throws: ``TrainingError`` when a clip has a label that the recognizer does not know, or no clip can be used.
    public func evaluate(
        _ part: Partition, store: FeatureStore = FeatureStore(),
        observe: @escaping @Sendable (Trainer.Event) -> Void = { _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws(TrainingError) -> Evaluation {
        try measured(part, store: store, observe: observe, isCancelled: isCancelled).evaluation
    }

    /// The same, with the clips that could be used, in the order of the predictions, and those that could not.
    func measured(
        _ part: Partition, store: FeatureStore, isStrict: Bool = false,
        observe: @escaping @Sendable (Trainer.Event) -> Void = { _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws(TrainingError) -> (evaluation: Evaluation, clips: [Clip], failures: [FeatureStore.Failure]) {
        let places = part.labels.compactMap { labels.firstIndex(of: $0) }
        guard places.count == part.labels.count else { throw .labels(model: labels, data: part.labels) }
        let loader = ExampleLoader(
            network: model, pipeline: pipeline, store: store, isStrict: isStrict, isCancelled: isCancelled,
            progress: { observe(.extracting(done: $0, total: $1)) })
        let loaded = try loader.examples(part, standardization)
        let rows = try logits(of: loaded.examples, from: loaded.clips)
        do throws(EvaluationError) {
            let evaluation = try Evaluation(
                logits: rows, targets: loaded.examples.targets.map { places[$0] }, labels: labels,
                temperature: calibration?.temperature ?? 1,
                speakers: GroupIdentity.names(of: loaded.clips.map { $0.identity(by: .speaker) }))
            return (evaluation, loaded.clips, loaded.failures)
        } catch { throw .evaluation(error) }
    }

    /// The network's outputs, a row for each clip, found to be finite.
    func logits(of examples: Examples, from clips: [Clip]) throws(TrainingError) -> [[Float]] {
        let rows = model.logits(of: examples).rows
        let broken = rows.indices.filter { !rows[$0].allSatisfy(\.isFinite) }
        if let first = broken.first {
            throw .outputNotFinite(path: clips[first].name, failed: broken.count, clips: rows.count)
        }
        return rows
    }
}
