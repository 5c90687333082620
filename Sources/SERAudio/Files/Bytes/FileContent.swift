// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What stands in a file that is not what was looked for: sound that libsndfile does not read, or no sound at all; and,
/// for readers of other files, sound.
package enum FileContent: Equatable {
    case placeholder(SoundPlaceholder)
    case text(TextContent)
    case foreign(ForeignFormat)
    case unknown

    /// Bytes that are looked at.
    private static let looked = 4096

    /// What the first bytes of a file tell.
    init(_ source: ByteSource) {
        let bytes = source.bytes(at: 0, count: min(Self.looked, source.count)) ?? []
        self.init(bytes, Self.afterTags(of: bytes, in: source))
    }

    /// - Parameters:
    ///   - bytes: The first bytes of the file.
    ///   - sound: The first bytes after an ID3 tag, where there is one.
    package init(_ bytes: [UInt8], _ sound: [UInt8]? = nil) {
        if let format = ForeignFormat(sound ?? bytes) {
            self = .foreign(format)
        } else if let text = Self.text(in: bytes) {
            self = text
        } else {
            self = .unknown
        }
    }

    /// Whether a file that begins so is sound of any kind, whoever decodes it.
    package static func isSound(_ bytes: [UInt8]) -> Bool {
        let marks = ["RIFF", "RIFX", "RF64", "riff", "FORM", "fLaC", "OggS", "ID3", ".snd", "caff", "NIST_1A"]
        return marks.contains { bytes.has($0) } || ForeignFormat(bytes) != nil
    }

    private static func text(in bytes: [UInt8]) -> FileContent? {
        guard let text = decoded(bytes) else { return nil }
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines.union(["\u{feff}"]))
        if trimmed.hasPrefix("version https://git-lfs.github.com/spec/") { return .placeholder(.gitLFS) }
        if trimmed.split(separator: "\n").first?.contains("/annex/objects/") == true { return .placeholder(.gitAnnex) }
        let beginning = trimmed.prefix(200).lowercased()
        if beginning.hasPrefix("<!doctype html") || beginning.contains("<html") { return .text(.webPage) }
        let line = trimmed.split(whereSeparator: \.isNewline).first ?? ""
        return .text(.plain(beginning: String(line.prefix(40))))
    }

    /// The bytes as text, where they are text and nothing else.
    private static func decoded(_ bytes: [UInt8]) -> String? {
        guard !bytes.contains(where: { $0 < 32 && $0 != 9 && $0 != 10 && $0 != 13 || $0 == 127 }) else { return nil }
        // The last character may be cut.
        for end in stride(from: bytes.count, through: max(0, bytes.count - 3), by: -1) {
            if let text = String(bytes: bytes[..<end], encoding: .utf8) {
                return text.contains(where: { !$0.isWhitespace }) ? text : nil
            }
        }
        return nil
    }

    /// What follows an ID3 tag at the beginning, whose length stands in four bytes of seven bits.
    private static func afterTags(of bytes: [UInt8], in source: ByteSource) -> [UInt8]? {
        guard bytes.count > 10, bytes.starts(with: "ID3".utf8) else { return nil }
        let length = bytes[6..<10].reduce(0) { $0 << 7 | Int($1 & 0x7f) }
        return source.bytes(at: 10 + length, count: min(16, max(0, source.count - 10 - length)))
    }
}
