// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERSupport

/// Sound in, emotions out: a network with its features, standardisation and labels, in one value and one file.
public struct Recognizer: Sendable {
    /// The network. To use another, make another recognizer of it.
    public let model: Model
    /// How sound becomes what the network reads.
    public let pipeline: FeaturePipeline
    /// How features are brought to the scale of the training part.
    public let standardization: Standardization
    /// The emotions, in the order of the logits.
    public let labels: [String]
    /// The name of the network's output that gives the emotions' logits.
    public let output: String
    /// Brings confidences in line with accuracy; `nil` leaves them as the network gives them.
    public var calibration: TemperatureScaling?
    /// The confidence below which the recognizer is not sure (``Prediction/answer``), 0...1; nil where it always answers.
    public var unsureBelow: Float?
    /// Where the model comes from: corpus, split, seed, metrics.
    public var provenance: Provenance

    /// A recognizer of the given parts, found to fit each other.
    /// - Parameters:
    ///   - model: The network: one input, and an output with a logit for each label.
    ///   - pipeline: Features of the shape that the network reads.
    ///   - standardization: Of as many columns as the pipeline's features have.
    ///   - labels: The emotions, each once, in the order of the logits.
    ///   - output: The name of the network's output that gives the emotions' logits; nil for the first.
    ///   - calibration: Brings confidences in line with accuracy; nil leaves them as the network gives them.
    ///   - provenance: Where the model comes from.
    /// - Throws: ``RecognizerError`` where the parts do not fit.
    public init(
        model: Model, pipeline: FeaturePipeline, standardization: Standardization, labels: [String],
        output: String? = nil, calibration: TemperatureScaling? = nil, provenance: Provenance = Provenance()
    ) throws(RecognizerError) {
        let output = try Self.check(model.graph, pipeline, standardization, labels, output: output)
        self.init(
            checked: model, pipeline: pipeline, standardization: standardization, labels: labels, output: output,
            calibration: calibration, provenance: provenance)
    }

    /// A recognizer of parts that ``check(_:_:_:_:output:)`` has found to fit.
    package init(
        checked model: Model, pipeline: FeaturePipeline, standardization: Standardization, labels: [String],
        output: String, calibration: TemperatureScaling?, unsureBelow: Float? = nil, provenance: Provenance
    ) {
        var model = model
        model.standardization = standardization
        self.model = model
        self.pipeline = pipeline
        self.standardization = standardization
        self.labels = labels
        self.output = output
        self.calibration = calibration
        self.unsureBelow = unsureBelow
        self.provenance = provenance
    }

    /// The same recognizer, hearing no silence before and behind a voice; nil leaves silence in.
    ///
    /// A network that was trained on clips that begin and end with the voice is lost where a recorder ran long before it.
    public func trimmingSilence(_ trimming: SilenceTrimming? = SilenceTrimming()) -> Recognizer {
        var pipeline = pipeline
        pipeline.trimming = trimming
        return Recognizer(
            checked: model, pipeline: pipeline, standardization: standardization, labels: labels, output: output,
            calibration: calibration, unsureBelow: unsureBelow, provenance: provenance)
    }

    /// The same recognizer with other numbers that bring features to one scale, of as many columns.
    func standardizing(by standardization: Standardization) -> Recognizer {
        Recognizer(
            checked: model, pipeline: pipeline, standardization: standardization, labels: labels, output: output,
            calibration: calibration, unsureBelow: unsureBelow, provenance: provenance)
    }

    /// Makes sure that parts make a recognizer.
    /// - Returns: The name of the output that gives the emotions.
    static func check(
        _ graph: Graph, _ pipeline: FeaturePipeline, _ standardization: Standardization, _ labels: [String],
        output: String?
    ) throws(RecognizerError) -> String {
        guard graph.inputs.count == 1 else { throw .inputs(graph.inputs.count) }
        let names = graph.outputs.map(\.name)
        guard let name = output ?? names.first, let shape = graph.shape(ofOutput: name) else {
            throw .output(output ?? "", outputs: names)
        }
        guard shape == Shape([labels.count]) else { throw .labels(count: labels.count, output: shape) }
        var seen = Set<String>()
        if let repeated = labels.first(where: { !seen.insert($0).inserted }) { throw .repeatedLabel(repeated) }
        guard labels.allSatisfy({ $0.contains { !$0.isWhitespace } }) else { throw .blankLabel }
        try pipeline.check(for: graph.input)
        guard standardization.mean.count == pipeline.columns else {
            throw .standardization(columns: standardization.mean.count, features: pipeline.columns)
        }
        if standardization.scope == .clip, pipeline.givesOneRow { throw .oneRowByClip }
        return name
    }

    /// The place of the emotions' logits among the network's outputs.
    package var outputPlace: Int { model.graph.outputs.firstIndex { $0.name == output } ?? 0 }

    /// The same recognizer with other weights of its network.
    package func with(weightsOf model: Model, provenance: Provenance) -> Recognizer {
        Recognizer(
            checked: model, pipeline: pipeline, standardization: standardization, labels: labels, output: output,
            calibration: calibration, unsureBelow: unsureBelow, provenance: provenance)
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

    /// What the emotion of a clip is, computed without blocking a thread of the concurrency pool.
    /// - Throws: ``RecognitionError`` for sound that has no features, and where the network's outputs are not finite.
    public func recognize(_ clip: AudioClip) async throws(RecognitionError) -> Prediction {
        try await onOwnThread { _ throws(RecognitionError) in try self.recognize(clip) }
    }

    /// What the emotion of a sound file is, read and computed without blocking a thread of the concurrency pool.
    ///
    /// ```swift
    /// let prediction = try await recognizer.recognize(contentsOf: file)
    /// ```
    /// - Parameters:
    ///   - file: The file, or a named pipe, which is read to its end.
    ///   - truncated: What is done with a file whose end is missing.
    /// - Throws: ``RecognitionError``, which wraps the `AudioError` of a file that cannot be read.
    public func recognize(
        contentsOf file: URL, truncated: TruncatedFiles = .refuse
    ) async throws(RecognitionError) -> Prediction {
        try await onOwnThread { _ throws(RecognitionError) in
            try self.recognize(contentsOf: file, truncated: truncated)
        }
    }

    /// All that the network makes of a clip, the logits of the emotions as well as what other heads give: [1, ...]
    /// each.
    /// - Throws: ``RecognitionError`` for sound that has no features, such as an empty clip.
    public func outputs(of clip: AudioClip) throws(RecognitionError) -> ModelOutputs {
        do throws(FeatureError) { return try outputs(of: try pipeline.hear(clip)) } catch { throw .features(error) }
    }

    private func prediction(of heard: HeardSound) throws(RecognitionError) -> Prediction {
        let outputs: ModelOutputs
        do throws(FeatureError) { outputs = try self.outputs(of: heard) } catch { throw .features(error) }
        return try prediction(from: outputs.values(at: outputPlace), heard: heard.part)
    }

    /// The features of sound that was heard, found to fit the network, before they are standardised.
    func matrix(of heard: HeardSound) throws(FeatureError) -> FeatureMatrix {
        let features = try pipeline.summarized(try pipeline.features(of: heard.clip))
        return try model.fitted(features, as: pipeline.arrangement)
    }

    private func outputs(of heard: HeardSound) throws(FeatureError) -> ModelOutputs {
        outputs(of: batch(of: try matrix(of: heard)))
    }

    /// One clip's features as the network reads them.
    func batch(of matrix: FeatureMatrix) -> Batch {
        Examples([matrix], targets: [0], arrangement: pipeline.arrangement, standardization: standardization).batch([0])
    }

    /// All that the network makes of a batch, in inference.
    func outputs(of batch: Batch) -> ModelOutputs { model.outputs(batch.values, lengths: batch.lengths).outputs }

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
                labels: labels, logits: scores, probabilities: softmax(logits).scalars, heard: heard,
                unsureBelow: unsureBelow)
        }
        let scaled = logProbabilities(of: scores, temperature: calibration.temperature)
        return Prediction(
            labels: labels, logits: scores, probabilities: scaled.map { Float(exp($0)) }, heard: heard,
            unsureBelow: unsureBelow)
    }
}
