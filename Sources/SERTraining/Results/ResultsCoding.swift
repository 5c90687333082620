// SPDX-License-Identifier: Apache-2.0

import Foundation

/// JSON as results are kept in it: sorted keys, numbers that are none as strings.
package enum ResultsCoding {
    package static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
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

    /// Why a file could not be read or decoded, in words.
    package static func reason(_ error: any Error, in data: Data) -> String {
        guard let error = error as? DecodingError else { return error.localizedDescription }
        switch error {
        case .keyNotFound(let key, _): return "\"\(key.stringValue)\" is missing"
        case .dataCorrupted where (try? JSONSerialization.jsonObject(with: data)) == nil:
            return "it is not JSON, or its end is missing"
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            return "a number in it is larger than it can be, or not whole"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
        @unknown default: return "\(error)"
        }
    }
}
