import Foundation
import SERAudio
import SERCore

/// Sound in, emotions out: a network with its features, standardisation and labels, in one value and one file.
public struct Recognizer: Sendable {
    /// The network.
    public var model: Model
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

    /// A recognizer of the given parts.
    public init(
        model: Model, pipeline: FeaturePipeline, standardization: Standardization, labels: [String],
        calibration: TemperatureScaling? = nil, provenance: [String: String] = [:]
    ) {
        self.model = model
        self.pipeline = pipeline
        self.standardization = standardization
        self.labels = labels
        self.calibration = calibration
        self.provenance = provenance
    }

    /// What the emotion of a clip is.
    /// - Throws: `FeatureError` for sound that has no features, such as an empty clip.
    public func recognize(_ clip: AudioClip) throws(FeatureError) -> Prediction {
        let matrix = try pipeline.matrix(of: clip)
        let examples = Examples(
            [matrix], targets: [0], arrangement: pipeline.arrangement, standardization: standardization)
        let batch = examples.batch([0])
        return prediction(from: model(batch.values, lengths: batch.lengths))
    }

    /// The prediction that a clip's logits, [1, classes], stand for.
    func prediction(from logits: Tensor) -> Prediction {
        let scores = logits.scalars
        guard let calibration else {
            return Prediction(labels: labels, logits: scores, probabilities: softmax(logits).scalars)
        }
        let scaled = Scores(checked: [scores]).softmaxed(temperature: calibration.temperature)
        return Prediction(labels: labels, logits: scores, probabilities: scaled.probabilities[0].map(Float.init))
    }

    /// What the emotion of a sound file is; of a long file, only as much is decoded as the features are taken from.
    /// - Throws: `FeatureError`, which wraps the `AudioError` of a file that cannot be read.
    public func recognize(contentsOf file: URL) throws(FeatureError) -> Prediction {
        let clip: AudioClip
        do { clip = try pipeline.sound(at: file) } catch { throw .audio(error) }
        return try recognize(clip)
    }

    /// Measures the recognizer on clips with known emotions.
    /// - Throws: ``TrainingError`` when the labels differ or no clip can be used.
    public func evaluate(
        _ part: Partition, store: FeatureStore = FeatureStore(), isCancelled: @escaping @Sendable () -> Bool = { false },
        observe: @escaping @Sendable (Trainer.Event) -> Void = { _ in }
    ) throws(TrainingError) -> Evaluation {
        try measured(part, store: store, isCancelled: isCancelled, observe: observe).evaluation
    }

    /// The same, with the clips that could be used, in the order of the predictions.
    func measured(
        _ part: Partition, store: FeatureStore, isCancelled: @escaping @Sendable () -> Bool = { false },
        observe: @escaping @Sendable (Trainer.Event) -> Void = { _ in }
    ) throws(TrainingError) -> (evaluation: Evaluation, clips: [Clip]) {
        guard part.labels == labels else { throw .labels(model: labels, data: part.labels) }
        let loader = ExampleLoader(
            pipeline: pipeline, store: store, isStrict: false, isCancelled: isCancelled,
            progress: { observe(.extracting(done: $0, total: $1)) })
        let loaded = try loader.examples(part, standardization)
        let flat = model.logits(of: loaded.examples).scalars
        let rows = loaded.clips.indices.map { Array(flat[$0 * labels.count..<($0 + 1) * labels.count]) }
        do throws(EvaluationError) {
            let evaluation = try Evaluation(
                logits: rows, targets: loaded.examples.targets, labels: labels,
                temperature: calibration?.temperature ?? 1, speakers: Self.speakers(of: loaded.clips))
            return (evaluation, loaded.clips)
        } catch { throw .evaluation(error) }
    }

    /// Who speaks in each clip, where that is known for all. Speakers of two corpora are two, whatever their names.
    private static func speakers(of clips: [Clip]) -> [String]? {
        let names = clips.compactMap(\.speaker)
        guard names.count == clips.count else { return nil }
        guard Set(clips.map(\.corpus)).count > 1 else { return names }
        return zip(clips, names).map { "\($0.corpus) \($1)" }
    }
}
