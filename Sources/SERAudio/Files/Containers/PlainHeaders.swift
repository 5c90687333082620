// SPDX-License-Identifier: Apache-2.0

/// Sun's and NeXT's AU: a header of six words, of which the second is the length of the sound.
struct SunFile {
    private let source: ByteSource
    private let start: Int
    private let size: Int
    private let bigEndian: Bool

    init?(_ source: ByteSource) {
        guard let head = source.bytes(at: 0, count: 24) else { return nil }
        self.source = source
        bigEndian = head.has(".snd")
        start = head.number(at: 4, bytes: 4, bigEndian: bigEndian)
        size = head.number(at: 8, bytes: 4, bigEndian: bigEndian)
        guard start >= 24, start <= source.count else { return nil }
    }

    var layout: SoundLayout {
        let length = StatedLength(
            stated: size, available: source.count - start,
            isPlaceholder: size == 0 || StatedLength.isPlaceholder(size))
        var layout = SoundLayout(pieces: [.file(0..<source.count)])
        let usable = length.describe(&layout)
        guard layout.extent != .stated else {
            layout.joinedBytes = source.bytesJoined(at: [start + size], alike: [0..<8])
            layout.pieces = [.file(0..<source.count - layout.joinedBytes)]
            return layout
        }
        let field = [UInt8].number(min(usable, 0xffff_ffff), bytes: 4, bigEndian: bigEndian)
        layout.pieces = .file(upTo: start + usable, replacing: [(8, field)])
        return layout
    }
}

/// NIST's SPHERE: a header of lines of text, `name -type value`.
struct SphereFile {
    private let source: ByteSource
    private let header: [UInt8]
    private var fields: [String: String] = [:]

    init?(_ source: ByteSource) {
        guard let head = source.bytes(at: 0, count: 16),
            let size = Int(String(decoding: head[8..<16], as: UTF8.self).filter { $0.isNumber }),
            (16...65_536).contains(size), let header = source.bytes(at: 0, count: size)
        else { return nil }
        self.source = source
        self.header = header
        for line in String(decoding: header, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 2)
            if words.count == 3 { fields[String(words[0])] = String(words[2]) }
        }
    }

    private func number(_ name: String) -> Int? {
        fields[name].flatMap { Int($0) }.flatMap { (0...1 << 40).contains($0) ? $0 : nil }
    }

    var layout: SoundLayout {
        var layout = SoundLayout(pieces: [.file(0..<source.count)])
        // Compressed sound is not decoded; its length in bytes is not stated.
        guard !(fields["sample_coding"] ?? "").contains("shorten") else { return layout }
        let width = number("sample_n_bytes") ?? 1
        let block = max(1, min(width, 64) * min(number("channel_count") ?? 1, 65_536))
        let samples = number("sample_count")
        let length = StatedLength(
            stated: (samples ?? 0) * block, available: source.count - header.count, isPlaceholder: (samples ?? 0) == 0)
        let usable = length.describe(&layout, block: block)
        if layout.extent != .notStated { layout.promisedFrames = samples }
        guard layout.extent != .stated else { return layout }
        layout.pieces = [.bytes(rewritten(samples: usable / block)), .file(header.count..<header.count + usable)]
        return layout
    }

    /// The header with another number of samples, as long as before: lines of comment make room.
    private func rewritten(samples: Int) -> [UInt8] {
        let line = "sample_count -i \(samples)"
        var lines = String(decoding: header, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
        if let place = lines.firstIndex(where: { $0.hasPrefix("sample_count ") }) {
            lines[place] = line
        } else {
            lines.insert(line, at: min(2, lines.count))
        }
        let text = Array(lines.joined(separator: "\n").utf8)
        let room = header.count - text.count
        return room >= 0 ? text + [UInt8](repeating: 0x20, count: room) : Array(text.prefix(header.count))
    }
}
