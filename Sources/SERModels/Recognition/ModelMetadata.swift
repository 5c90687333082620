import Foundation
import SERAudio
import SERCore

/// What the parts of a model file's metadata are called.
enum MetadataKey {
    static let format = "ser.format"
    static let library = "ser.library"
    static let graph = "ser.graph"
    static let features = "ser.features"
    static let standardization = "ser.standardization"
    static let labels = "ser.labels"
    /// Absent where confidences are not calibrated.
    static let calibration = "ser.calibration"
    static let provenance = "ser.provenance"
    static let checkpoint = "ser.checkpoint"
    /// The paths of frozen tensors; only where there are any.
    static let frozen = "ser.frozen"
}

/// A part of the metadata: a value as JSON text.
enum MetadataPart {
    /// The longest text that is read, in bytes. Decoding it takes some forty times its size.
    static let longest = 1 << 20

    /// A value as JSON text, always the same for the same value.
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Makes sure that the file holds a model of a format that is known.
    static func checkFormat(of file: SafetensorsReader) throws(ModelFileError) {
        guard let text = file.metadata[MetadataKey.format] else {
            throw .foreign(path: file.path, missing: "'\(MetadataKey.format)' in its metadata")
        }
        guard let version = Int(text), version >= 1 else {
            throw .inconsistent(
                path: file.path, part: MetadataKey.format, reason: "\(quoted(text)) is no version of the format")
        }
        guard version <= Recognizer.formatVersion else {
            throw .newerFormat(
                path: file.path, version: version, known: Recognizer.formatVersion,
                library: file.metadata[MetadataKey.library].flatMap { isVersion($0) ? $0 : nil })
        }
    }

    private static func isVersion(_ text: String) -> Bool {
        text.utf8.count <= 32 && text.first?.isNumber == true
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || ".-+".contains($0)) }
    }

    /// The graph of the network.
    static func graph(in file: SafetensorsReader, layers: LayerRegistry) throws(ModelFileError) -> Graph {
        let text = try checked(MetadataKey.graph, in: file)
        try checkKinds(text, in: file, layers: layers)
        return try decoded(text, MetadataKey.graph, as: Graph.self, path: file.path, layers: layers)
    }

    /// A part of the metadata as a value.
    static func value<Value: Decodable>(
        _ name: String, as type: Value.Type, in file: SafetensorsReader
    ) throws(ModelFileError) -> Value {
        try decoded(try checked(name, in: file), name, as: type, path: file.path, layers: nil)
    }

    /// The text of a part, found to be well-formed.
    private static func checked(_ name: String, in file: SafetensorsReader) throws(ModelFileError) -> String {
        guard let text = file.metadata[name] else {
            throw .foreign(path: file.path, missing: "'\(name)' in its metadata")
        }
        func damaged(_ reason: String) -> ModelFileError { .damaged(path: file.path, part: name, reason: reason) }
        guard text.utf8.count <= longest else { throw damaged("\(text.utf8.count) bytes; \(longest) are read") }
        do throws(JSONScanner.Fault) { try JSONScanner.check(text) } catch {
            throw damaged("\(error.reason), at byte \(error.offset)")
        }
        return text
    }

    private static func decoded<Value: Decodable>(
        _ text: String, _ name: String, as type: Value.Type, path: String, layers: LayerRegistry?
    ) throws(ModelFileError) -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        if let layers, let key = CodingUserInfoKey.layerRegistry { decoder.userInfo[key] = layers }
        do { return try decoder.decode(type, from: Data(text.utf8)) } catch {
            throw .inconsistent(path: path, part: name, reason: reason(error))
        }
    }

    /// Tells of an unknown layer by name, before anything is made of the graph.
    private static func checkKinds(
        _ text: String, in file: SafetensorsReader, layers: LayerRegistry
    ) throws(ModelFileError) {
        struct Outline: Decodable {
            struct Node: Decodable { var path, kind: String }
            var nodes: [Node]
        }
        guard let outline = try? JSONDecoder().decode(Outline.self, from: Data(text.utf8)) else { return }
        for node in outline.nodes where layers[node.kind] == nil {
            throw .unknownLayer(path: file.path, layer: node.path, kind: node.kind, known: layers.kinds)
        }
    }

    /// The reason in an error of coding, without the types it names.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as ShapeError: return error.description
        case let error as FeatureError: return error.description
        case DecodingError.dataCorrupted(let context): return context.debugDescription
        case DecodingError.keyNotFound(let key, _): return "\(quoted(key.stringValue)) is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            let place = context.codingPath.map(\.stringValue).joined(separator: ".")
            return "\(place.isEmpty ? "it" : quoted(place)) is not of the expected kind"
        case EncodingError.invalidValue(_, let context): return context.debugDescription
        default: return "\(error)"
        }
    }
}
