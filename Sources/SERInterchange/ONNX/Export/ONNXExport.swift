// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERSupport
import SwiftProtobuf

/// How a network is written as ONNX.
public struct ONNXOptions: Sendable, Hashable {
    /// Whether the features are part of the graph, so that it takes samples and gives probabilities.
    public var includesFeatures: Bool
    /// Whether a batch normalisation that follows a convolution is taken into its weights.
    public var foldsBatchNorm: Bool

    /// The usual: the network alone, batch normalisation taken into the convolutions.
    public init(includesFeatures: Bool = false, foldsBatchNorm: Bool = true) {
        self.includesFeatures = includesFeatures
        self.foldsBatchNorm = foldsBatchNorm
    }
}

/// What SER is called in files of other formats.
enum Producer {
    static let name = "SER"
}

extension Model {
    /// The network as an ONNX file (opset 20).
    ///
    /// The input `input` is [batch, ...] as the network's, with batch and time of any length; a network with a time axis
    /// has the input `lengths` too, int64 [batch]: how many steps of each row are valid. The output `logits` is what
    /// the network gives. Inputs and outputs of a network that has several have their own names, and lengths the input's
    /// with `_lengths` behind it.
    /// - Parameter foldingBatchNorm: Whether a batch normalisation that follows a convolution is taken into its weights.
    /// - Throws: ``InterchangeError/layer(path:kind:reason:hint:)`` for a layer without a counterpart in ONNX.
    public func onnx(foldingBatchNorm: Bool = true) throws(InterchangeError) -> Data {
        var writer = ONNXWriter(name: "network")
        let inputs = graph.inputs.map { writer.networkInput($0.shape, $0.name, isOnly: graph.inputs.count == 1) }
        let outputs = try writer.network(self, folding: foldingBatchNorm, from: inputs)
        for (output, signal) in zip(graph.outputs, outputs) {
            writer.finish(signal, as: outputs.count == 1 ? "logits" : output.name, last: "Identity")
        }
        return try writer.file(metadata: [])
    }
}

extension Recognizer {
    /// The recognizer as an ONNX file (opset 20), with labels, sample rate, features and standardisation in its metadata.
    ///
    /// Without features as ``SERModels/Model/onnx(foldingBatchNorm:)``: the network takes standardised features and gives
    /// `logits` [batch, labels]. With them the input is `samples` [1, samples], mono at the model's rate, and the output
    /// `probabilities` [1, labels], calibrated where the recognizer is; `logits` never are.
    /// - Throws: ``InterchangeError`` for layers or features without a counterpart in ONNX.
    public func onnx(_ options: ONNXOptions = ONNXOptions()) throws(InterchangeError) -> Data {
        var writer = ONNXWriter(name: options.includesFeatures ? "recognizer" : "network")
        let input =
            options.includesFeatures
            ? try writer.features(pipeline, standardization, input: model.graph.input)
            : writer.networkInput(model.graph.input, "input", isOnly: true)
        var output = try writer.network(model, folding: options.foldsBatchNorm, from: [input])[0]
        if options.includesFeatures {
            if let calibration {
                output.name = writer.add("Div", [output.name, writer.constant(Float(calibration.temperature))])
            }
            writer.finish(output, as: "probabilities", last: "Softmax", batch: .length(1))
        } else {
            writer.finish(output, as: "logits", last: "Identity")
        }
        return try writer.file(metadata: try metadata())
    }

    /// Writes ``onnx(_:)`` to a file, which appears whole or not at all.
    /// - Throws: ``InterchangeError``.
    public func exportONNX(to file: URL, _ options: ONNXOptions = ONNXOptions()) throws(InterchangeError) {
        let data = try onnx(options)
        do { try AtomicFile.write(data, to: file) } catch { throw .unwritable(path: error.path, reason: error.reason) }
    }

    private func metadata() throws(InterchangeError) -> [(String, String)] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func json(_ value: some Encodable) throws(InterchangeError) -> String {
            do { return String(decoding: try encoder.encode(value), as: UTF8.self) } catch {
                throw .features(reason: "they have no form in a file", hint: "Use MFCC or LogMel.")
            }
        }
        return [
            ("ser.labels", try json(labels)), ("ser.sampleRate", "\(pipeline.extractor.sampleRate)"),
            ("ser.features", try json(pipeline)), ("ser.standardization", try json(standardization)),
            ("ser.provenance", try json(provenance)),
        ]
    }
}

extension ONNXWriter {
    /// An input of a network alone, and its lengths where it has time.
    mutating func networkInput(_ shape: Shape, _ name: String, isOnly: Bool) -> ONNXSignal {
        let name = isOnly ? "input" : name
        input(name, .float, [.named("batch")] + shape.dimensions.map { .init($0, of: isOnly ? "" : name) })
        guard shape.timeAxis != nil else { return ONNXSignal(name, shape: shape) }
        let lengths = isOnly ? "lengths" : "\(name)_lengths"
        input(lengths, .int64, [.named("batch")])
        return ONNXSignal(name, shape: shape, lengths: lengths)
    }

    /// All nodes of a network.
    mutating func network(
        _ model: Model, folding: Bool, from inputs: [ONNXSignal]
    ) throws(InterchangeError) -> [ONNXSignal] {
        parameters = model.parameters
        state = model.state
        let nodes = model.graph.nodes
        let affines = folding ? Self.foldable(model.graph) : [:]
        var signals: [ONNXSignal] = []
        for (index, node) in nodes.enumerated() {
            (path, kind) = (node.path, type(of: node.layer).kind)
            let sources = node.inputs.map { Self.signal($0, inputs, signals) }
            if affines.values.contains(index) {
                signals.append(sources[0])
                continue
            }
            guard let layer = node.layer as? any ONNXExportable else {
                throw unfit(
                    "it does not say what it is there",
                    hint: "Let \(type(of: node.layer)) conform to ONNXExportable, or replace the layer.")
            }
            folded = affines[index].flatMap { follower in
                (nodes[follower].layer as? BatchNorm)?
                    .affine(in: parameters, state: state, path: nodes[follower].path)
            }
            var output = try layer.export(sources, to: &self)
            folded = nil
            guard output.shape == node.shape else {
                throw unfit(
                    "it gives \(node.shape), and its export \(output.shape)", hint: "Correct the layer's export.")
            }
            if node.shape.timeAxis == nil { output.lengths = nil }
            signals.append(output)
        }
        path = ""
        return model.graph.outputs.map { Self.signal($0.source, inputs, signals) }
    }

    private static func signal(
        _ source: Graph.Source, _ inputs: [ONNXSignal], _ nodes: [ONNXSignal]
    ) -> ONNXSignal {
        switch source {
        case .input(let place): inputs[place]
        case .node(let place): nodes[place]
        }
    }

    /// For each convolution that alone feeds a batch normalisation, the number of the latter.
    private static func foldable(_ graph: Graph) -> [Int: Int] {
        let nodes = graph.nodes
        var readers: [Graph.Source: [Int]] = [:]
        // An output is read by whoever runs the network.
        for output in graph.outputs { readers[output.source, default: []].append(nodes.count) }
        // A layer that is used twice has one set of weights, and another normalisation behind each use.
        let uses = Dictionary(nodes.map { ($0.path, 1) }, uniquingKeysWith: +)
        for (index, node) in nodes.enumerated() {
            for source in node.inputs { readers[source, default: []].append(index) }
        }
        var result: [Int: Int] = [:]
        for (index, node) in nodes.enumerated() where node.layer is Conv1D || node.layer is Conv2D {
            guard uses[node.path] == 1, let reader = readers[.node(index)], reader.count == 1 else { continue }
            if reader[0] < nodes.count, nodes[reader[0]].layer is BatchNorm {
                result[index] = reader[0]
            }
        }
        return result
    }

    /// Names the output.
    mutating func finish(_ signal: ONNXSignal, as name: String, last: String, batch: Onnx_Dimension = .named("batch")) {
        var node = Onnx_NodeProto()
        node.opType = last
        node.name = name
        node.input = [signal.name]
        node.output = [name]
        if last == "Softmax" { node.attribute = [Onnx_AttributeProto("axis", .int(-1))] }
        append(node)
        output(name, [batch] + signal.shape.dimensions.map { .init($0, of: "") })
    }

    /// The bytes of the file.
    func file(metadata: [(String, String)]) throws(InterchangeError) -> Data {
        var model = Onnx_ModelProto()
        model.irVersion = 9
        model.producerName = Producer.name
        model.producerVersion = LibraryVersion.current
        var opset = Onnx_OperatorSetIdProto()
        opset.domain = ""
        opset.version = Self.opset
        model.opsetImport = [opset]
        model.graph = graph
        model.metadataProps = (metadata + [("ser.version", LibraryVersion.current)]).map { key, value in
            var entry = Onnx_StringStringEntryProto()
            (entry.key, entry.value) = (key, value)
            return entry
        }
        do { return try model.serializedData() } catch {
            throw .malformed(path: graph.name, reason: "the graph is larger than the 2 GB an ONNX file holds")
        }
    }
}
