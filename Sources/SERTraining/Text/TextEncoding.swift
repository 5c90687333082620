// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How the bytes of a table stand for text.
public enum TextEncoding: String, Sendable, Codable, CaseIterable {
    /// UTF-8, with or without a byte order mark.
    case utf8 = "UTF-8"
    /// UTF-16, the lower byte first, as Excel writes "Unicode text".
    case utf16LittleEndian = "UTF-16LE"
    /// UTF-16, the higher byte first.
    case utf16BigEndian = "UTF-16BE"
    /// Windows-1252, of which the letters of Latin-1 are a part.
    case windows1252 = "Windows-1252 (Latin-1)"

    /// The bytes of a text as UTF-8 without a mark, where it can be told how they were written.
    static func decoded(_ bytes: [UInt8]) throws(CSV.Failure) -> (text: [UInt8], encoding: TextEncoding) {
        if bytes.starts(with: [0xff, 0xfe, 0, 0]) || bytes.starts(with: [0, 0, 0xfe, 0xff]) {
            throw CSV.Failure(line: 1, reason: "the text is UTF-32; save the file as UTF-8")
        }
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { return try decoded(Array(bytes.dropFirst(3))) }
        if let encoding = utf16(bytes) { return (try fromUTF16(bytes, encoding), encoding) }
        guard let line = firstLineThatIsNotUTF8(bytes) else { return (bytes, .utf8) }
        guard bytes.allSatisfy(isLatin) else {
            throw CSV.Failure(
                line: line,
                reason:
                    "the text is neither UTF-8 nor Latin-1 or UTF-16; save the file as UTF-8 (in Excel, \"CSV UTF-8\")")
        }
        let scalars = bytes.map { UnicodeScalar(punctuation[$0] ?? UInt32($0)) ?? UnicodeScalar($0) }
        return (Array(String(String.UnicodeScalarView(scalars)).utf8), .windows1252)
    }

    /// UTF-16 by its mark, or by the zeros that every other byte of Latin letters is.
    private static func utf16(_ bytes: [UInt8]) -> TextEncoding? {
        if bytes.starts(with: [0xff, 0xfe]) { return .utf16LittleEndian }
        if bytes.starts(with: [0xfe, 0xff]) { return .utf16BigEndian }
        let head = bytes.prefix(64)
        guard head.count >= 4 else { return nil }
        let zeros = [0, 1].map { parity in head.indices.count { $0 % 2 == parity && head[$0] == 0 } }
        if zeros[0] == 0, zeros[1] * 2 == head.count { return .utf16LittleEndian }
        if zeros[1] == 0, zeros[0] * 2 == head.count { return .utf16BigEndian }
        return nil
    }

    private static func fromUTF16(_ bytes: [UInt8], _ encoding: TextEncoding) throws(CSV.Failure) -> [UInt8] {
        let low = encoding == .utf16LittleEndian ? 0 : 1
        let units = stride(from: 0, to: bytes.count - 1, by: 2).map { place in
            UInt16(bytes[place + 1 - low]) << 8 | UInt16(bytes[place + low])
        }
        let text = units.first == 0xfeff ? units.dropFirst() : units[...]
        let string = String(decoding: text, as: UTF16.self)
        // Halves of pairs that stand alone are replaced by this character.
        let isBroken = string.unicodeScalars.contains("\u{fffd}") && !text.contains(0xfffd)
        guard bytes.count % 2 == 0, !isBroken else {
            throw CSV.Failure(
                line: 1, reason: "the text begins as UTF-16 and does not go on so; save the file as UTF-8")
        }
        return Array(string.utf8)
    }

    private static func firstLineThatIsNotUTF8(_ bytes: [UInt8]) -> Int? {
        guard String(bytes: bytes, encoding: .utf8) == nil else { return nil }
        var line = 1
        for part in bytes.split(separator: 10, omittingEmptySubsequences: false) {
            if String(bytes: part, encoding: .utf8) == nil { return line }
            line += 1
        }
        return line
    }

    /// Whether a byte is what names and labels are written with in Latin-1: ASCII, letters of Western European languages,
    /// and a little punctuation. Bytes beyond are more likely of another encoding.
    private static func isLatin(_ byte: UInt8) -> Bool {
        switch byte {
        case 9, 10, 13, 0x20...0x7e: true
        case 0xc0...0xfd: byte != 0xd7 && byte != 0xf7
        case 0xa0, 0xab, 0xb0, 0xb4, 0xb7, 0xbb: true
        default: punctuation[byte] != nil
        }
    }

    /// Quotes and dashes, which Windows-1252 has where Latin-1 has control characters.
    private static let punctuation: [UInt8: UInt32] = [
        0x91: 0x2018, 0x92: 0x2019, 0x93: 0x201c, 0x94: 0x201d, 0x96: 0x2013, 0x97: 0x2014,
    ]
}

/// What stands between the fields of a table.
public enum ColumnSeparator: String, Sendable, Codable, CaseIterable {
    /// `,`
    case comma = ","
    /// `;`, as spreadsheets write it where the comma is the decimal mark.
    case semicolon = ";"
    /// A tab.
    case tab = "\t"
    /// `|`
    case bar = "|"

    /// Its name in words.
    public var name: String {
        switch self {
        case .comma: "commas"
        case .semicolon: "semicolons"
        case .tab: "tabs"
        case .bar: "bars (|)"
        }
    }

    var byte: UInt8 { rawValue.utf8.first ?? 0x2c }
}
