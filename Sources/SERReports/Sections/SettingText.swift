// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// A setting that results hold as JSON, for people: `{"adam":{"beta1":0.9}}` is read as `adam (beta1 0.9)`.
package struct SettingText: Decodable, CustomStringConvertible {
    package let description: String

    /// The text itself where it is no JSON.
    package static func readable(_ json: String) -> String {
        guard json.hasPrefix("{"), let setting = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)) else {
            return json
        }
        return setting.description
    }

    package init(from decoder: any Decoder) throws {
        let parts: [(name: String, value: String, isNested: Bool)]
        if let container = try? decoder.container(keyedBy: Name.self) {
            parts = try container.allKeys.sorted { $0.stringValue < $1.stringValue }.map { name in
                let value = try container.decode(Self.self, forKey: name).description
                let isNested =
                    (try? container.nestedContainer(keyedBy: Name.self, forKey: name).allKeys.isEmpty) == false
                // Swift's coding of values without a name.
                return (name.stringValue.hasPrefix("_") ? "" : name.stringValue, value, isNested)
            }
        } else if var list = try? decoder.unkeyedContainer() {
            var values: [String] = []
            while !list.isAtEnd { values.append(try list.decode(Self.self).description) }
            parts = [("", values.joined(separator: ", "), true)]
        } else {
            parts = [("", try Self.scalar(decoder.singleValueContainer()), false)]
        }
        description = parts.map { part in
            if part.name.isEmpty { return part.value }
            if part.value.isEmpty { return part.name }
            return part.isNested && part.value.contains(" ")
                ? "\(part.name) (\(part.value))" : "\(part.name) \(part.value)"
        }.joined(separator: ", ")
    }

    private static func scalar(_ container: any SingleValueDecodingContainer) throws -> String {
        if container.decodeNil() { return "none" }
        if let isTrue = try? container.decode(Bool.self) { return isTrue ? "yes" : "no" }
        if let number = try? container.decode(Double.self) { return number.significant(6) }
        return try container.decode(String.self)
    }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
