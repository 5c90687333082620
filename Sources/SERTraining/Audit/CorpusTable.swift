// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// A corpus as a table with one row a clip: path, emotion, speaker, sentence, duration, rate, channels, corpus; where
/// clips are parts of files, also start and end, empty for whole files.
public struct CorpusTable: Sendable, Equatable {
    /// The clips, one a row.
    public let rows: [Clip]

    /// The names of the columns, in order.
    public var columns: [String] {
        ["path"] + (hasSegments ? ["start", "end"] : [])
            + ["emotion", "speaker", "sentence", "duration", "rate", "channels", "corpus"]
    }

    private var hasSegments: Bool { rows.contains { $0.segment != nil } }

    /// One row's values in the order of ``columns``, as text; nil where a value is missing.
    public func values(of row: Clip) -> [String?] {
        values(of: row, withTimes: hasSegments)
    }

    private func values(of row: Clip, withTimes: Bool) -> [String?] {
        let times = [row.segment.map { Self.text($0.start) }, row.segment.map { Self.text($0.end) }]
        return [row.path.path] + (withTimes ? times : [])
            + [
                row.emotion, row.speaker, row.sentence, Self.text(row.duration), Self.text(row.sampleRate),
                String(row.channels), row.corpus,
            ]
    }

    /// The table as CSV (RFC 4180, lines ending in CRLF), the first line naming the columns; missing values are empty.
    ///
    /// ``Corpus/manifest(at:strict:truncated:)`` reads it back.
    public func csv() -> String {
        let withTimes = hasSegments
        var lines = [columns.joined(separator: ",")]
        lines += rows.map { values(of: $0, withTimes: withTimes).map { CSV.quoted($0 ?? "") }.joined(separator: ",") }
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    /// What each column holds: its type, and how many values there are and are missing.
    public var columnSummary: [ColumnSummary] {
        let withTimes = hasSegments
        let table = rows.map { values(of: $0, withTimes: withTimes) }
        return columns.enumerated().map { place, name in
            let values = table.compactMap { $0[place] }
            return ColumnSummary(
                name: name, type: Self.types[name] ?? .text, count: values.count, missing: rows.count - values.count,
                distinct: Set(values).count)
        }
    }

    private static let types: [String: ColumnSummary.ValueType] = [
        "start": .seconds, "end": .seconds, "duration": .seconds, "rate": .hertz, "channels": .integer,
    ]

    private static func text(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e15 ? String(Int(saturating: number)) : String(number)
    }
}

/// What one column of a ``CorpusTable`` holds.
public struct ColumnSummary: Sendable, Equatable, Codable {
    /// The kinds of values that columns hold.
    public enum ValueType: String, Sendable, Codable {
        /// Words, names and paths.
        case text
        /// Whole numbers.
        case integer
        /// Times in seconds.
        case seconds
        /// Rates in Hz.
        case hertz
    }

    /// The column's name.
    public let name: String
    /// What its values are.
    public let type: ValueType
    /// How many rows have a value.
    public let count: Int
    /// How many rows have none.
    public let missing: Int
    /// How many different values there are.
    public let distinct: Int
}

extension Corpus {
    /// The corpus as a table with one row a clip.
    public var table: CorpusTable { CorpusTable(rows: clips) }
}
