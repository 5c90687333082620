// SPDX-License-Identifier: Apache-2.0

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
    package init(
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
    package func with(weightsOf model: Model, provenance: [String: String]) -> Recognizer {
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
    package func matrix(ofBeginningOf clip: AudioClip) throws(FeatureError) -> FeatureMatrix {
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
        let scaled = logProbabilities(of: scores, temperature: calibration.temperature)
        return Prediction(
            labels: labels, logits: scores, probabilities: scaled.map { Float(exp($0)) }, heard: heard)
    }
}
