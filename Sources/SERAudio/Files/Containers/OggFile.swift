// SPDX-License-Identifier: Apache-2.0

/// An Ogg file: its last pages, which say how long the stream is and that it ends, and whether another stream follows.
struct OggFile {
    private let source: ByteSource
    /// A page, where it begins and how long it is.
    private struct Page {
        var place: Int
        var size: Int
        var bytes: [UInt8]
        var granule: Int { bytes.number(at: 6, bytes: 8, bigEndian: false) }
        var serial: Int { bytes.number(at: 14, bytes: 4, bigEndian: false) }
        var end: Int { place + size }
        var endsStream: Bool { bytes[5] & 4 != 0 }
    }

    private let isOpus: Bool
    /// Whether another stream begins where one has ended.
    private let isChained: Bool
    /// Whole pages near the end of the file, in order.
    private var pages: [Page] = []
    private static let mostPageBytes = 27 + 255 + 255 * 255

    init?(_ source: ByteSource) {
        self.source = source
        guard let first = Self.page(source, at: 0) else { return nil }
        let body = first.bytes.dropFirst(27 + Int(first.bytes[26]))
        isOpus = Array(body.prefix(8)).has("OpusHead")
        guard isOpus || Array(body.prefix(7).dropFirst()).has("vorbis") else { return nil }
        isChained = Self.isChained(source)
        guard !isChained else { return }
        var span = 2 * Self.mostPageBytes
        repeat {
            pages = Self.pages(source, from: max(0, source.count - span))
            span *= 4
        } while pages.count < 4 && span < 4 * source.count && span <= 1 << 24
        // Several streams woven into each other are the decoder's business.
        guard !pages.isEmpty, pages.allSatisfy({ $0.serial == first.serial }) else { return nil }
    }

    /// Whether a page that begins a stream stands behind one that does not; streams that are woven into each other all
    /// begin before the first page of sound.
    private static func isChained(_ source: ByteSource) -> Bool {
        let span = 1 << 18, headSize = 27 + 255
        var start = 0, position = 0, isBeginning = true
        var part: [UInt8] = []
        while position + 27 <= source.count {
            if position < start || position + headSize > start + part.count, start + part.count < source.count {
                (start, part) = (position, source.bytes(in: position..<position + span))
            }
            let place = position - start
            // Pages are walked as long as they follow each other; what comes behind damage is the decoder's business.
            guard place + 27 <= part.count, part.has("OggS", at: place) else { return false }
            let beginsStream = part[place + 5] & 2 != 0
            if beginsStream, !isBeginning { return true }
            isBeginning = beginsStream
            let segments = Int(part[place + 26])
            guard place + 27 + segments <= part.count else { return false }
            position += part[place + 27..<place + 27 + segments].reduce(27 + segments) { $0 + Int($1) }
        }
        return false
    }

    private static func pages(_ source: ByteSource, from start: Int) -> [Page] {
        let tail = source.bytes(in: start..<source.count)
        var found: [Page] = []
        var position = 0
        while position + 27 <= tail.count {
            guard tail[position] == 0x4f, tail.has("OggS", at: position),
                let page = page(tail, at: position, place: start + position)
            else {
                position += 1
                continue
            }
            found.append(page)
            position += page.size
        }
        return found
    }

    private static func page(_ source: ByteSource, at place: Int) -> Page? {
        page(source.bytes(in: place..<place + mostPageBytes), at: 0, place: place)
    }

    /// The page that begins at a position of some bytes; nil for one that is not whole or does not match its checksum.
    private static func page(_ bytes: [UInt8], at position: Int, place: Int) -> Page? {
        guard position + 27 <= bytes.count, bytes.has("OggS", at: position), bytes[position + 4] == 0
        else { return nil }
        let segments = Int(bytes[position + 26])
        guard position + 27 + segments <= bytes.count else { return nil }
        let size = bytes[position + 27..<position + 27 + segments].reduce(27 + segments) { $0 + Int($1) }
        guard position + size <= bytes.count else { return nil }
        let page = Page(place: place, size: size, bytes: Array(bytes[position..<position + size]))
        return page.bytes.number(at: 22, bytes: 4, bigEndian: false) == Int(checksum(page.bytes)) ? page : nil
    }

    /// Ogg's cyclic redundancy check over a page, its own field taken for zero.
    private static func checksum(_ page: [UInt8]) -> UInt32 {
        var register: UInt32 = 0
        for (place, byte) in page.enumerated() {
            let byte = (22..<26).contains(place) ? 0 : byte
            register = register << 8 ^ table[Int(register >> 24 ^ UInt32(byte))]
        }
        return register
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index) << 24) { value, _ in value << 1 ^ (value >> 31 == 1 ? 0x04c1_1db7 : 0) }
    }

    var layout: SoundLayout {
        var layout = SoundLayout(pieces: [.file(0..<source.count)])
        layout.isChained = isChained
        guard !isChained else { return layout }
        layout.seeking = seeking
        guard let last = pages.last else { return layout }
        let rest = source.bytes(in: last.end..<source.count)
        if last.endsStream {
            layout.skippedBytes = rest.allSatisfy { $0 == 0 } ? 0 : rest.count
            return layout
        }
        // Without its last page a stream is one that was never closed, unless the file ends within a page.
        layout.extent = rest.allSatisfy { $0 == 0 } ? .notStated : .cut
        layout.pieces = [.file(0..<last.place), .bytes(Self.ending(last.bytes))]
        return layout
    }

    /// A page marked as the last of its stream.
    private static func ending(_ page: [UInt8]) -> [UInt8] {
        var page = page
        page[5] |= 4
        page.replaceSubrange(22..<26, with: [UInt8].number(Int(checksum(page)), bytes: 4, bigEndian: false))
        return page
    }

    /// libsndfile takes the place of a frame in the last page of Vorbis from a length that is cut there; Opus needs
    /// 80 ms before its samples are those that the stream's beginning gives.
    private var seeking: SoundLayout.Seeking {
        if isOpus { return .early(by: 48_000, beforeEnd: 0) }
        let numbered = pages.filter { $0.granule != Int.max }
        guard numbered.count >= 4, let last = numbered.last else { return .fromStart }
        let safe = numbered[numbered.count - 4].granule
        return last.granule > safe ? .early(by: 16_384, beforeEnd: last.granule - safe) : .fromStart
    }
}
