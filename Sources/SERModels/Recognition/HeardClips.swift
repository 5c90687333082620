// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Which recordings a model was trained on, those that chose its epoch included: so much of the fingerprint of each that
/// they are known again, whatever their files are called. Nothing else is told of them.
package struct HeardClips: Sendable, Hashable {
    /// 40 bits of each recording's fingerprint, each once, in order: two of a million recordings hardly share them.
    package let marks: [UInt64]

    private static let bytes = 5
    /// More are not kept: their text would be longer than a part of a model file may be.
    private static let most = 150_000

    /// The recordings of some fingerprints; nil where there are none, or more than are kept.
    /// - Parameter fingerprints: Of which the lowest 40 bits are kept.
    package init?(_ fingerprints: some Sequence<UInt64>) {
        let marks = Set(fingerprints.map(Self.mark))
        guard !marks.isEmpty, marks.count <= Self.most else { return nil }
        self.marks = marks.sorted()
    }

    private static func mark(_ fingerprint: UInt64) -> UInt64 { fingerprint & (1 << (8 * UInt64(bytes)) - 1) }

    /// Whether a recording of a fingerprint is among them.
    package func contains(_ fingerprint: UInt64) -> Bool {
        let mark = Self.mark(fingerprint)
        var low = 0, high = marks.count
        while low < high {
            let middle = (low + high) / 2
            if marks[middle] < mark { low = middle + 1 } else { high = middle }
        }
        return low < marks.count && marks[low] == mark
    }
}

extension HeardClips: Codable {
    /// The marks as one text: five bytes each, the lowest first, in Base64.
    package func encode(to encoder: any Encoder) throws {
        var data = Data(capacity: marks.count * Self.bytes)
        for mark in marks {
            for byte in 0..<Self.bytes { data.append(UInt8(truncatingIfNeeded: mark >> (8 * UInt64(byte)))) }
        }
        var container = encoder.singleValueContainer()
        try container.encode(data.base64EncodedString())
    }

    /// - Throws: `DecodingError` for a text that is not of marks in their order.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let data = Data(base64Encoded: try container.decode(String.self)) ?? Data()
        marks = stride(from: 0, to: data.count - data.count % Self.bytes, by: Self.bytes).map { start in
            (0..<Self.bytes).reduce(0) { $0 | UInt64(data[start + $1]) << (8 * UInt64($1)) }
        }
        guard !marks.isEmpty, data.count % Self.bytes == 0, marks.count <= Self.most,
            zip(marks, marks.dropFirst()).allSatisfy({ $0 < $1 })
        else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "these are no marks of recordings")
        }
    }
}
