// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERSupport

/// The recognizer's file, field by field: Docs/ModelFile.md.
extension Recognizer {
    /// The version of the format that the recognizer needs. Readers of format 1 hear the beginning of every recording,
    /// whatever window the file names, those of format 2 the silence around a voice, and those of format 3 bring every
    /// voice to one scale by the same numbers.
    private static func format(of pipeline: FeaturePipeline, _ standardization: Standardization) -> (
        Int, because: String
    ) {
        if standardization.scope != .corpus {
            return (4, "features are standardised by \(standardization.scope.rawValue)")
        }
        if pipeline.trimming != nil { return (3, "silence is left out") }
        return pipeline.window == .beginning ? (1, "") : (2, "the part with most speech is heard")
    }

    /// Writes the whole recognizer into one safetensors file: weights and running state under their paths, and in the
    /// metadata graph, features, standardisation, labels and provenance as JSON. The file appears whole or not at all.
    /// - Parameters:
    ///   - file: The file, such as `gru.safetensors`.
    ///   - storage: How weights are held; running statistics are always 32-bit floats.
    /// - Throws: ``ModelFileError/unwritable(path:reason:)``, also where layers or features of your own could not be
    ///   read back as they are; nothing is written then.
    public func save(to file: URL, storage: WeightStorage = .float32) throws(ModelFileError) {
        var writer = SafetensorsWriter(metadata: try metadata(for: file))
        writer.add(model.parameters, storage: storage)
        writer.add(model.state)
        try writer.write(to: file)
    }

    /// The metadata of the recognizer's file.
    package func metadata(for file: URL) throws(ModelFileError) -> [String: String] {
        if let unsureBelow, !(0...1).contains(unsureBelow) {
            throw .unwritable(path: file.path, reason: "unsureBelow is \(unsureBelow); it must be from 0 to 1")
        }
        var metadata: [String: String]
        let layers = LayerCollector()
        do {
            metadata = [
                MetadataKey.format: "\(Self.format(of: pipeline, standardization).0)",
                MetadataKey.library: LibraryVersion.current,
                MetadataKey.graph: try MetadataPart.text(model.graph, userInfo: layers.userInfo),
                MetadataKey.features: try MetadataPart.text(pipeline),
                MetadataKey.standardization: try MetadataPart.text(standardization),
                MetadataKey.labels: try MetadataPart.text(labels),
                MetadataKey.provenance: try MetadataPart.text(provenance),
            ]
            if !model.frozenPaths.isEmpty { metadata[MetadataKey.frozen] = try MetadataPart.text(model.frozenPaths) }
            if outputPlace != 0 { metadata[MetadataKey.output] = try MetadataPart.text(output) }
            if let heard = provenance.heard { metadata[MetadataKey.heard] = try MetadataPart.text([heard]) }
            if let calibration { metadata[MetadataKey.calibration] = try MetadataPart.text(calibration) }
            if let unsureBelow { metadata[MetadataKey.unsureBelow] = try MetadataPart.text(unsureBelow) }
            try MetadataPart.check(model.graph, userInfo: layers.registry().userInfo)
            try pipeline.checkCoding()
            for text in metadata.values where text.first == "{" || text.first == "[" { try JSONScanner.check(text) }
        } catch { throw .unwritable(path: file.path, reason: MetadataPart.reason(error)) }
        for (name, text) in metadata where text.utf8.count > MetadataPart.longest {
            throw .unwritable(
                path: file.path, reason: "'\(name)' has \(text.utf8.count) bytes; \(MetadataPart.longest) can be read")
        }
        return metadata
    }

    /// Reads a recognizer that ``save(to:storage:)`` wrote, or the best of a checkpoint.
    ///
    /// Nothing in the file is trusted: everything is checked before memory is taken for it.
    /// - Parameters:
    ///   - file: The file.
    ///   - layers: The layers the network may hold: the library's, and those you add.
    ///   - features: The features the file may name: the library's, and those you add.
    /// - Throws: ``ModelFileError``.
    public init(
        contentsOf file: URL, layers: LayerRegistry = .standard, features: FeatureRegistry = .standard
    ) throws(ModelFileError) {
        try self.init(SafetensorsReader(at: file), layers: layers, features: features)
    }

    init(_ file: SafetensorsReader, layers: LayerRegistry, features: FeatureRegistry) throws(ModelFileError) {
        try MetadataPart.checkFormat(of: file)
        let graph = try MetadataPart.value(MetadataKey.graph, as: Graph.self, in: file, userInfo: layers.userInfo)
        let pipeline = try MetadataPart.value(
            MetadataKey.features, as: FeaturePipeline.self, in: file, userInfo: features.userInfo)
        let standardization = try MetadataPart.value(
            MetadataKey.standardization, as: Standardization.self, in: file)
        // Readers of a lower format would use the model as another.
        let (needed, because) = Self.format(of: pipeline, standardization)
        if let version = file.metadata[MetadataKey.format].flatMap({ Int($0) }), version < needed {
            throw .inconsistent(
                path: file.path, part: MetadataKey.format,
                reason: "it is \(version), and \(because), as in files from format \(needed) on")
        }
        let labels = try MetadataPart.value(MetadataKey.labels, as: [String].self, in: file)
        let calibration =
            file.metadata[MetadataKey.calibration] == nil
            ? nil : try MetadataPart.value(MetadataKey.calibration, as: TemperatureScaling.self, in: file)
        let unsureBelow =
            file.metadata[MetadataKey.unsureBelow] == nil
            ? nil : try MetadataPart.value(MetadataKey.unsureBelow, as: Float.self, in: file)
        var provenance = try MetadataPart.value(MetadataKey.provenance, as: Provenance.self, in: file)
        if file.metadata[MetadataKey.heard] != nil {
            provenance.heard = try MetadataPart.value(MetadataKey.heard, as: [HeardClips].self, in: file).first
        }
        func inconsistent(_ part: String, _ reason: String) -> ModelFileError {
            .inconsistent(path: file.path, part: part, reason: reason)
        }
        if let unsureBelow, !(0...1).contains(unsureBelow) {
            throw inconsistent(MetadataKey.unsureBelow, "\(unsureBelow) is not from 0 to 1")
        }
        let named =
            file.metadata[MetadataKey.output] == nil
            ? nil : try MetadataPart.value(MetadataKey.output, as: String.self, in: file)
        let output: String
        do throws(RecognizerError) {
            output = try Self.check(graph, pipeline, standardization, labels, output: named)
        } catch { throw inconsistent(error.part, error.reason) }
        let isCheckpoint = file.metadata[MetadataKey.checkpoint] != nil
        let own = file.entries.filter { !isCheckpoint || !$0.name.hasPrefix(MetadataKey.checkpointPrefix) }
        var model = try Model(graph: graph, entries: own, of: file)
        if file.metadata[MetadataKey.frozen] != nil {
            let frozen = try MetadataPart.value(MetadataKey.frozen, as: [String].self, in: file)
            if let unknown = frozen.first(where: { !model.parameters.contains($0) && !model.state.contains($0) }) {
                throw inconsistent(MetadataKey.frozen, "the network has no tensor \(quoted(unknown))")
            }
            model.setFrozen(frozen, true)
        }
        self.init(
            checked: model, pipeline: pipeline, standardization: standardization, labels: labels, output: output,
            calibration: calibration, unsureBelow: unsureBelow, provenance: provenance)
    }
}

extension Model {
    /// A model whose weights and state are all in a file, each of the shape the graph declares, and nothing beside
    /// them.
    init(graph: Graph, entries: [SafetensorsReader.Entry], of file: SafetensorsReader) throws(ModelFileError) {
        let declared = graph.parameterDeclarations + graph.stateDeclarations
        let names = Set(declared.map(\.path))
        guard names.count == declared.count else {
            throw .inconsistent(path: file.path, part: MetadataKey.graph, reason: "two tensors have the same name")
        }
        if let other = entries.first(where: { !names.contains($0.name) })?.name {
            throw .inconsistent(
                path: file.path, part: "tensor \(quoted(other))", reason: "the network has no place for it")
        }
        for (path, declaration) in declared { try file.check(path, has: declaration.shape) }
        self.init(
            graph: graph,
            parameters: try file.parameters(graph.parameterDeclarations.map { ($0.path, $0.declaration.shape) }),
            state: try file.parameters(graph.stateDeclarations.map { ($0.path, $0.declaration.shape) }))
        if let path = negativeVariance {
            throw .inconsistent(path: file.path, part: "tensor \(quoted(path))", reason: "it holds a negative variance")
        }
    }

    /// The path of a running variance that is below 0 somewhere or not a number, of which no root can be taken.
    package var negativeVariance: String? {
        state.tensors.indices.lazy.map { (state.paths[$0], state.tensors[$0]) }
            .first { path, tensor in
                path.hasSuffix("." + BatchNorm.varianceName) && !tensor.scalars.allSatisfy { $0 >= 0 }
            }?.0
    }
}

extension SafetensorsReader {
    /// Makes sure that there is a tensor of floats of that name and shape.
    func check(_ name: String, has shape: [Int]) throws(ModelFileError) {
        func inconsistent(_ reason: String) -> ModelFileError {
            .inconsistent(path: path, part: "tensor \(quoted(name))", reason: reason)
        }
        guard let entry = entry(name) else { throw inconsistent("it is missing") }
        guard entry.shape == shape else {
            throw inconsistent("it has the shape \(entry.shape), and the network needs \(shape)")
        }
        guard entry.isFloatingPoint else { throw inconsistent("it holds \(entry.typeName), which are no floats") }
    }

    /// Reads tensors of given shapes, found under their paths after a prefix, into one buffer.
    ///
    /// All are checked first; memory is taken only for what the file holds.
    package func parameters(
        _ shapes: [(path: String, shape: [Int])], prefix: String = ""
    ) throws(ModelFileError) -> Parameters {
        for (path, shape) in shapes { try check(prefix + path, has: shape) }
        let layout = ParameterLayout(shapes)
        let buffer = Buffer(uninitialized: layout.scalarCount)
        layout.clearPadding(of: buffer.pointer)
        for (index, path) in layout.paths.enumerated() {
            if let entry = entry(prefix + path) { try read(entry, into: buffer.pointer + layout.offsets[index]) }
        }
        return Parameters(layout: layout, storage: buffer)
    }
}
