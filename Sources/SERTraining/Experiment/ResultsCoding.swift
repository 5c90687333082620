// SPDX-License-Identifier: Apache-2.0

import Foundation

/// JSON as results are kept in it: sorted keys, numbers that are none as strings.
package enum ResultsCoding {
    package static var encoder: JSONEncoder { encoder(isPretty: false) }

    /// With `isPretty`, a value a line.
    package static func encoder(isPretty: Bool) -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return encoder
    }

    package static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return decoder
    }

    private struct Header: Decodable { var version: Int }

    /// What a file of a cross-validation holds, whose version is looked at before the rest.
    static func content<Content: Decodable>(
        of file: URL, version: Int, as type: Content.Type = Content.self
    ) throws(CrossValidationError) -> Content {
        do {
            let data = try Data(contentsOf: file)
            let found = try decoder.decode(Header.self, from: data).version
            guard found == version else {
                throw CrossValidationError.version(path: file.path, found: found, known: version)
            }
            return try decoder.decode(type, from: data)
        } catch let error as CrossValidationError { throw error } catch {
            throw .unreadable(path: file.path, reason: reason(error))
        }
    }

    package static func reason(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return error.localizedDescription }
        switch error {
        case .keyNotFound(let key, _): return "\"\(key.stringValue)\" is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
        @unknown default: return "\(error)"
        }
    }
}

/// What kind of results a file holds, as its `kind` says.
public enum ResultsKind: String, Codable, Sendable, CaseIterable {
    /// Several networks trained and tested on the same parts: ``ComparisonResults``.
    case comparison
    /// Networks trained and tested fold by fold: ``CrossValidationResults``.
    case crossvalidation
    /// A saved model tested on a corpus: ``EvaluationResults``.
    case evaluation
    /// How time, memory and throughput grow: `ScalingResults`.
    case scaling
}
