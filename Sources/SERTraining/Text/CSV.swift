// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Comma-separated values after RFC 4180, also with another separator.
package enum CSV {
    /// A record with the number of the line on which it begins, counted from 1.
    struct Record: Equatable {
        let line: Int
        let fields: [String]
    }

    struct Failure: Error, Equatable {
        let line: Int
        let reason: String
    }

    /// The records of a text: lines end in CRLF, LF or CR, quoted fields may hold commas, line ends and doubled quotes,
    /// a byte order mark is passed over, and so are empty lines.
    static func records(of bytes: [UInt8], separator: ColumnSeparator = .comma) throws(Failure) -> [Record] {
        var reader = Reader(bytes: bytes, separator: separator)
        return try reader.records(atMost: .max)
    }

    /// The first record of a text; nil where there is none.
    static func firstRecord(of bytes: [UInt8], separator: ColumnSeparator) throws(Failure) -> Record? {
        var reader = Reader(bytes: bytes, separator: separator)
        return try reader.records(atMost: 1).first
    }

    /// A field as it is written: within quotes where it needs them.
    package static func quoted(_ field: String) -> String {
        guard field.utf8.contains(where: { [0x22, 0x2c, 0x0a, 0x0d].contains($0) }) else { return field }
        return "\"" + field.replacing("\"", with: "\"\"") + "\""
    }

    private struct Reader {
        let bytes: [UInt8]
        var place = 0
        var line = 1

        private let separator: UInt8
        private static let quote = UInt8(ascii: "\""), cr: UInt8 = 13, lf: UInt8 = 10

        init(bytes: [UInt8], separator: ColumnSeparator) {
            self.bytes = bytes
            self.separator = separator.byte
            if bytes.starts(with: [0xef, 0xbb, 0xbf]) { place = 3 }
        }

        mutating func records(atMost most: Int) throws(Failure) -> [Record] {
            var records: [Record] = []
            while place < bytes.count, records.count < most {
                let record = try record()
                if record.fields != [""] { records.append(record) }
            }
            return records
        }

        private mutating func record() throws(Failure) -> Record {
            let start = line
            var fields = [try field()]
            while place < bytes.count && bytes[place] == separator {
                place += 1
                fields.append(try field())
            }
            passLineEnd()
            return Record(line: start, fields: fields)
        }

        private mutating func passLineEnd() {
            guard place < bytes.count else { return }
            if bytes[place] == Self.cr && place + 1 < bytes.count && bytes[place + 1] == Self.lf { place += 1 }
            place += 1
            line += 1
        }

        private mutating func field() throws(Failure) -> String {
            place < bytes.count && bytes[place] == Self.quote ? try quotedField() : try plainField()
        }

        private mutating func plainField() throws(Failure) -> String {
            let start = place
            while place < bytes.count, !endsField(bytes[place]) {
                guard bytes[place] != Self.quote else {
                    throw Failure(
                        line: line,
                        reason: "a quote stands inside a field that does not begin with one; write \"\" in a quoted "
                            + "field")
                }
                place += 1
            }
            return try text(bytes[start..<place])
        }

        private mutating func quotedField() throws(Failure) -> String {
            let start = line
            var content: [UInt8] = []
            place += 1
            while place < bytes.count {
                let byte = bytes[place]
                place += 1
                if byte == Self.quote {
                    guard place < bytes.count, bytes[place] == Self.quote else { return try closed(content) }
                    place += 1
                }
                let endsLine = byte == Self.lf || (byte == Self.cr && (place == bytes.count || bytes[place] != Self.lf))
                if endsLine { line += 1 }
                content.append(byte)
            }
            throw Failure(line: start, reason: "a quoted field begins here and never ends")
        }

        private func closed(_ content: [UInt8]) throws(Failure) -> String {
            if place < bytes.count, !endsField(bytes[place]) {
                throw Failure(line: line, reason: "something follows the closing quote of a field")
            }
            return try text(content[...])
        }

        private func endsField(_ byte: UInt8) -> Bool { byte == separator || byte == Self.cr || byte == Self.lf }

        private func text(_ bytes: ArraySlice<UInt8>) throws(Failure) -> String {
            guard let text = String(bytes: bytes, encoding: .utf8) else {
                throw Failure(line: line, reason: "the text is not UTF-8; save the file as UTF-8")
            }
            return text
        }
    }
}
