// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels

/// What a network needs beside its weights to be a recognizer.
public struct RecognizerParts: Sendable {
    /// How sound becomes what the network reads.
    public var features: any FeatureExtractor
    /// How much of each clip is used, in seconds.
    public var seconds: Double
    /// Which part is used of clips that are longer.
    public var window: ListeningWindow
    /// What silence is left out before and behind the voice; nil for none.
    public var trimming: SilenceTrimming?
    /// How features were brought to one scale when the network was trained.
    public var standardization: Standardization
    /// The emotions, in the order of the network's outputs.
    public var labels: [String]
    /// Where the model comes from.
    public var provenance: Provenance

    /// The parts of a recognizer beside its network.
    public init(
        features: any FeatureExtractor, seconds: Double, window: ListeningWindow = .speech,
        trimming: SilenceTrimming? = nil, standardization: Standardization, labels: [String],
        provenance: Provenance = Provenance()
    ) {
        self.features = features
        self.seconds = seconds
        self.window = window
        self.trimming = trimming
        self.standardization = standardization
        self.labels = labels
        self.provenance = provenance
    }

    /// The parts of a recognizer.
    public init(of recognizer: Recognizer) {
        self.init(
            features: recognizer.pipeline.extractor, seconds: recognizer.pipeline.span.seconds,
            window: recognizer.pipeline.window, trimming: recognizer.pipeline.trimming,
            standardization: recognizer.standardization, labels: recognizer.labels, provenance: recognizer.provenance)
    }
}

extension Recognizer {
    /// A recognizer of a network and what belongs to it, found to fit each other.
    /// - Throws: ``InterchangeError/malformed(path:reason:)`` where they do not; `path` is what it calls the file.
    public init(_ model: Model, _ parts: RecognizerParts, path: String) throws(InterchangeError) {
        func mismatch(_ reason: String) -> InterchangeError { .malformed(path: path, reason: reason) }
        do throws(FeatureError) { try parts.features.validate() } catch { throw mismatch("its features: \(error)") }
        var pipeline: FeaturePipeline
        do throws(ShapeError) {
            pipeline = try FeaturePipeline(
                for: model.graph.input, extractor: parts.features, seconds: parts.seconds, window: parts.window)
        } catch { throw mismatch("its features do not fit its network: \(error)") }
        pipeline.trimming = parts.trimming
        do throws(RecognizerError) {
            try self.init(
                model: model, pipeline: pipeline, standardization: parts.standardization, labels: parts.labels,
                provenance: parts.provenance)
        } catch { throw mismatch(error.reason) }
    }

    /// Reads a recognizer from an ONNX file of a network.
    /// - Parameters:
    ///   - file: The ONNX file.
    ///   - parts: Features, standardisation and labels; nil takes those that ``exportONNX(to:_:)`` has written into the
    ///     file.
    ///   - features: The features that the file may name: the library's, and those you add.
    /// - Throws: ``InterchangeError`` for nodes that cannot be read, parts that are missing, or do not fit.
    public init(
        contentsOfONNX file: URL, parts: RecognizerParts? = nil, features: FeatureRegistry = .standard
    ) throws(InterchangeError) {
        let content = try ONNXFile(contentsOf: file)
        var reader = try ONNXReader(content)
        // The probabilities are computed from logits here.
        let model = try reader.model(droppingSoftmax: true)
        let complete = if let parts { parts } else { try content.parts(features) }
        try self.init(model, complete, path: file.path)
    }
}

extension ONNXFile {
    /// Features, standardisation and labels as the metadata holds them.
    fileprivate func parts(_ features: FeatureRegistry) throws(InterchangeError) -> RecognizerParts {
        func part<Value: Decodable>(_ name: String, as type: Value.Type) throws(InterchangeError) -> Value {
            guard let text = metadata(name) else {
                throw .malformed(
                    path: path,
                    reason: "it does not say what its '\(name)' are; give features, standardisation and labels")
            }
            let decoder = JSONDecoder()
            decoder.userInfo = features.userInfo
            do {
                return try decoder.decode(Value.self, from: Data(text.utf8))
            } catch DecodingError.dataCorrupted(let context) {
                throw .malformed(path: path, reason: "its '\(name)': \(context.debugDescription)")
            } catch {
                throw .malformed(path: path, reason: "its '\(name)' is damaged")
            }
        }
        let pipeline = try part("ser.features", as: FeaturePipeline.self)
        let provenance =
            metadata("ser.provenance") == nil ? Provenance() : try part("ser.provenance", as: Provenance.self)
        return RecognizerParts(
            features: pipeline.extractor, seconds: pipeline.span.seconds, window: pipeline.window,
            trimming: pipeline.trimming, standardization: try part("ser.standardization", as: Standardization.self),
            labels: try part("ser.labels", as: [String].self), provenance: provenance)
    }
}
