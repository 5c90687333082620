// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERSupport

/// What the parts of a model file's metadata are called.
package enum MetadataKey {
    static let format = "ser.format"
    static let library = "ser.library"
    static let graph = "ser.graph"
    static let features = "ser.features"
    package static let standardization = "ser.standardization"
    static let labels = "ser.labels"
    /// The name of the output that gives the emotions; absent where it is the first.
    static let output = "ser.output"
    /// Absent where confidences are not calibrated.
    static let calibration = "ser.calibration"
    static let unsureBelow = "ser.unsureBelow"
    static let provenance = "ser.provenance"
    /// Marks of the recordings that the model was trained on; only where they are known.
    static let heard = "ser.heard"
    package static let checkpoint = "ser.checkpoint"
    /// In front of the names of tensors that only a training that goes on needs.
    package static let checkpointPrefix = "checkpoint:"
    /// The paths of frozen tensors; only where there are any.
    static let frozen = "ser.frozen"
}

/// A part of the metadata: a value as JSON text.
package enum MetadataPart {
    /// The longest text that is read, in bytes. Decoding it takes some forty times its size.
    static let longest = 1 << 20
    /// The newest version of the format of a recognizer's file that is read.
    static let newestFormat = 4

    /// A value as JSON text, always the same for the same value.
    package static func text(_ value: some Encodable, userInfo: [CodingUserInfoKey: any Sendable] = [:]) throws
        -> String
    {
        let encoder = JSONEncoder()
        encoder.userInfo = userInfo
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Makes sure that the file holds a model of a format that is known.
    package static func checkFormat(of file: SafetensorsReader) throws(ModelFileError) {
        guard let text = file.metadata[MetadataKey.format] else {
            throw .foreign(path: file.path, missing: "'\(MetadataKey.format)' in its metadata")
        }
        guard let version = Int(text), version >= 1 else {
            throw .inconsistent(
                path: file.path, part: MetadataKey.format, reason: "\(quoted(text)) is no version of the format")
        }
        guard version <= newestFormat else {
            throw .newerFormat(
                path: file.path, version: version, known: newestFormat,
                library: file.metadata[MetadataKey.library].flatMap { isVersion($0) ? $0 : nil })
        }
    }

    private static func isVersion(_ text: String) -> Bool {
        text.utf8.count <= 32 && text.first?.isNumber == true
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || ".-+".contains($0)) }
    }

    /// A part of the metadata as a value, decoded with the registries of `userInfo`.
    package static func value<Value: Decodable>(
        _ name: String, as type: Value.Type, in file: SafetensorsReader,
        userInfo: [CodingUserInfoKey: any Sendable] = [:]
    ) throws(ModelFileError) -> Value {
        let text = try checked(name, in: file)
        do { return try value(of: text, as: type, userInfo: userInfo) } catch {
            switch Self.unknown(in: error) {
            case .layer(let layer):
                throw .unknownLayer(path: file.path, layer: layer.place, kind: layer.kind, known: layer.known)
            case .features(let features):
                throw .unknownFeatures(path: file.path, kind: features.kind, known: features.known)
            case nil: throw .inconsistent(path: file.path, part: name, reason: reason(error))
            }
        }
    }

    /// A value of the text that was made of it.
    package static func value<Value: Decodable>(
        of text: String, as type: Value.Type, userInfo: [CodingUserInfoKey: any Sendable]
    ) throws -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        decoder.userInfo = userInfo
        return try decoder.decode(type, from: Data(text.utf8))
    }

    /// Makes sure that a value is read back as it was written.
    /// - Throws: What is wrong with its coding, ``NotReadBack`` where it comes back as another.
    package static func check<Value: Codable>(
        _ value: Value, userInfo: [CodingUserInfoKey: any Sendable]
    ) throws {
        let text = try text(value)
        try JSONScanner.check(text)
        let copy = try Self.value(of: text, as: Value.self, userInfo: userInfo)
        guard try Self.text(copy) == text else { throw NotReadBack() }
    }

    /// A value that coding changes.
    struct NotReadBack: Error, CustomStringConvertible {
        var description: String {
            "it is read back with other settings than were written; let Codable write and read all of them"
        }
    }

    /// A kind that a file names and a registry does not know.
    private enum Unknown {
        case layer(UnknownLayerError)
        case features(UnknownFeaturesError)
    }

    private static func unknown(in error: any Error) -> Unknown? {
        guard case DecodingError.dataCorrupted(let context) = error else { return nil }
        if let layer = context.underlyingError as? UnknownLayerError { return .layer(layer) }
        return (context.underlyingError as? UnknownFeaturesError).map { .features($0) }
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

    /// The reason in an error of coding, without the types it names.
    package static func reason(_ error: any Error) -> String {
        switch error {
        case let error as ShapeError: return error.description
        case let error as FeatureError: return error.description
        case let error as JSONScanner.Fault: return "\(error.reason), at byte \(error.offset)"
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
