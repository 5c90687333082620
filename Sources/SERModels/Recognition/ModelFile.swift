import Foundation
import SERAudio
import SERCore
import SERSupport

extension Recognizer {
    /// The version of the format that is written, and the newest that is read.
    static let formatVersion = 1

    /// Writes the whole recognizer into one safetensors file: weights and running state under their paths, and in the
    /// metadata graph, features, standardisation, labels and provenance as JSON. The file appears whole or not at all.
    /// - Throws: ``ModelFileError/unwritable(path:reason:)``.
    public func save(to file: URL) throws(ModelFileError) {
        do {
            try AtomicFile.write(try encoded(), to: file)
        } catch let error as FileWriteError {
            throw .unwritable(path: error.path, reason: error.reason)
        } catch {
            throw .unwritable(path: file.path, reason: "\(error)")
        }
    }

    /// The bytes that ``save(to:)`` writes.
    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func json(_ value: some Encodable) throws -> String { String(decoding: try encoder.encode(value), as: UTF8.self) }
        let metadata = [
            "ser.format": "\(Recognizer.formatVersion)",
            "ser.graph": try json(model.graph),
            "ser.features": try json(pipeline),
            "ser.standardization": try json(standardization),
            "ser.labels": try json(labels),
            "ser.provenance": try json(provenance),
        ]
        let named = { (parameters: Parameters) in zip(parameters.paths, parameters.tensors).map { (name: $0, tensor: $1) } }
        return try Safetensors(metadata: metadata, tensors: named(model.parameters) + named(model.state)).encoded()
    }

    /// Reads a recognizer that ``save(to:)`` wrote.
    /// - Parameter layers: The layers the network may hold: the library's, and those you add.
    /// - Throws: ``ModelFileError``.
    public init(contentsOf file: URL, layers: LayerRegistry = .standard) throws(ModelFileError) {
        let data: Data
        do { data = try Data(contentsOf: file, options: .mappedIfSafe) } catch {
            let exists = FileManager.default.fileExists(atPath: file.path)
            throw .unreadable(path: file.path, reason: exists ? error.localizedDescription : "there is no such file")
        }
        try self.init(data, path: file.path, layers: layers)
    }

    init(_ data: Data, path: String, layers: LayerRegistry) throws(ModelFileError) {
        let malformed = { (reason: String) in ModelFileError.malformed(path: path, reason: reason) }
        let content = try Safetensors(data, malformed: malformed)
        guard let version = content.metadata["ser.format"].flatMap(Int.init) else {
            throw malformed("it has no 'ser.format'; it may hold weights of another program")
        }
        guard version <= Recognizer.formatVersion else {
            throw .newerFormat(path: path, version: version, known: Recognizer.formatVersion)
        }
        let decoder = JSONDecoder()
        if let key = CodingUserInfoKey.layerRegistry { decoder.userInfo[key] = layers }
        func part<Value: Decodable>(_ name: String, as type: Value.Type) throws(ModelFileError) -> Value {
            guard let text = content.metadata[name] else { throw malformed("'\(name)' is missing") }
            do { return try decoder.decode(Value.self, from: Data(text.utf8)) } catch {
                throw malformed("'\(name)': \(plain(error))")
            }
        }
        let graph = try part("ser.graph", as: Graph.self)
        let pipeline = try part("ser.features", as: FeaturePipeline.self)
        let standardization = try part("ser.standardization", as: Standardization.self)
        let labels = try part("ser.labels", as: [String].self)
        let provenance = try part("ser.provenance", as: [String: String].self)
        guard graph.inputs.count == 1, graph.outputs.count == 1 else {
            throw malformed("a recognizer has one input and one output, and this network has others")
        }
        guard graph.output == Shape([labels.count]) else {
            throw malformed("\(labels.count) labels for a network that gives \(graph.output)")
        }
        do throws(ShapeError) {
            let expected = try FeaturePipeline(
                for: graph.input, extractor: pipeline.extractor, seconds: pipeline.span.seconds)
            guard expected.arrangement == pipeline.arrangement, expected.span == pipeline.span else {
                throw ShapeError(layer: "input", expected: "other features", got: "these", hint: "")
            }
        } catch { throw malformed("its features do not fit its network: \(error.description)") }
        guard standardization.mean.count == pipeline.columns else {
            throw malformed("a standardisation of \(standardization.mean.count) columns for \(pipeline.columns)")
        }
        let tensors = Dictionary(content.tensors.map { ($0.name, $0.tensor) }) { first, _ in first }
        let model = try Model(graph: graph, tensors: tensors, malformed: malformed)
        self.init(
            model: model, pipeline: pipeline, standardization: standardization, labels: labels, provenance: provenance)
    }
}

extension Model {
    /// A model whose weights and state are all given, each of the shape the graph declares, and nothing beside them.
    init(graph: Graph, tensors: [String: Tensor], malformed: (String) -> ModelFileError) throws(ModelFileError) {
        let declared = graph.parameterDeclarations + graph.stateDeclarations
        for (path, declaration) in declared {
            guard let tensor = tensors[path] else { throw malformed("the weights '\(path)' are missing") }
            guard tensor.shape == declaration.shape else {
                throw malformed("'\(path)' has shape \(tensor.shape), and the network needs \(declaration.shape)")
            }
        }
        if tensors.count > declared.count, let other = Set(tensors.keys).subtracting(declared.map(\.path)).min() {
            throw malformed("the network has no place for '\(other)'")
        }
        func gathered(_ list: [(path: String, declaration: Declaration)]) -> Parameters {
            Parameters(list.compactMap { entry in tensors[entry.path].map { (path: entry.path, tensor: $0) } })
        }
        self.init(
            graph: graph, parameters: gathered(graph.parameterDeclarations), state: gathered(graph.stateDeclarations))
    }
}

/// The reason in a decoding error, without the types it names.
private func plain(_ error: any Error) -> String {
    switch error {
    case let error as ShapeError: return error.description
    case DecodingError.dataCorrupted(let context): return context.debugDescription
    case DecodingError.keyNotFound(let key, _): return "'\(key.stringValue)' is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
        return "\(context.codingPath.map(\.stringValue).joined(separator: ".")) is not of the expected kind"
    default: return "\(error)"
    }
}
