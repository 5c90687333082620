// SPDX-License-Identifier: Apache-2.0

/// A FLAC file: how many samples its header states, and how far its last whole frame reaches.
struct FLACFile {
    private let source: ByteSource
    /// The place of the header's field of 36 bits, the length in samples.
    private let field: Int
    private let stated: Int
    private let block: Int
    private var firstFrame = 0
    /// Whether the file ends before its first frame.
    private var isCutInHeader = false
    /// Where this file ends: the end of the whole, or the beginning of another that was put behind it.
    private var limit: Int
    private static let heads: [[UInt8]] = [0, 0x80].map { Array("fLaC".utf8) + [$0, 0, 0, 34] }

    init?(_ source: ByteSource) {
        let start = ID3.end(of: source, at: 0)
        guard let head = source.bytes(at: start, count: 8 + 34), head.has("fLaC"), head[4] & 0x7f == 0
        else { return nil }
        self.source = source
        block = head.number(at: 10, bytes: 2, bigEndian: true)
        field = start + 8 + 13
        stated = head.number(at: 8 + 13, bytes: 5, bigEndian: true) & 0xf_ffff_ffff
        limit = source.count
        var position = start + 4
        for _ in 0..<4096 {
            guard let blockHead = source.bytes(at: position, count: 4) else {
                isCutInHeader = true
                return
            }
            position += 4 + blockHead.number(at: 1, bytes: 3, bigEndian: true)
            if blockHead[0] & 0x80 != 0 { break }
        }
        isCutInHeader = position > source.count || position == source.count && stated > 0
        firstFrame = position
        limit = source.firstPlace(of: Self.heads, from: firstFrame) ?? source.count
    }

    /// What the end of the file holds: the sample and the byte at which its last whole frame ends, and whether the file
    /// ends there too.
    private struct End {
        var samples: Int
        var place: Int
        var isFileEnd: Bool
    }

    private static let spans = [1 << 16, 1 << 18, 1 << 20, 1 << 22]
    /// Eight channels of 65,535 samples of 32 bits.
    private static let mostFrameBytes = 1 << 21

    private var end: End? {
        for span in Self.spans {
            let start = max(firstFrame, limit - span)
            if let end = end(from: start) { return end }
            if start == firstFrame { break }
        }
        return nil
    }

    private func end(from start: Int) -> End? {
        let tail = source.bytes(in: start..<max(start, limit))
        var frames: [FLACFrame] = []
        for place in tail.indices.dropLast(6) where tail[place] == 0xff {
            if let frame = FLACFrame(tail, at: place, block: block) { frames.append(frame) }
        }
        let ends = Self.possibleEnds(tail)
        for (index, frame) in frames.enumerated().reversed().prefix(16) {
            let nexts = frames[(index + 1)...].prefix(4).map(\.place)
            let isEnd = { (end: Int) in
                end > frame.place && end - frame.place <= Self.mostFrameBytes
                    && FLACFrame.isWhole(tail[frame.place..<end])
            }
            if let next = (ends + nexts).first(where: isEnd) {
                return End(samples: frame.end, place: start + next, isFileEnd: ends.contains(next))
            }
        }
        return nil
    }

    /// Where the last frame may end: at the end of the file, or before zeros or a tag of ID3 there.
    private static func possibleEnds(_ tail: [UInt8]) -> [Int] {
        var ends = [tail.count]
        if tail.has("TAG", at: tail.count - 128) { ends.append(tail.count - 128) }
        let zeros = tail.reversed().prefix { $0 == 0 }.count
        if zeros > 2 { ends += [tail.count - zeros, tail.count - zeros + 1, tail.count - zeros + 2] }
        return ends
    }

    var layout: SoundLayout {
        var layout = SoundLayout(pieces: [.file(0..<limit)])
        layout.joinedBytes = source.count - limit
        if isCutInHeader {
            layout.extent = .cut
            layout.promisedFrames = stated == 0 ? nil : stated
            return layout
        }
        // A stream that cannot be made out is the decoder's business: it finds out how much can be decoded.
        guard let end else { return layout }
        if end.samples == stated { return layout }
        // A file that stops within a frame is cut, whether or not its header states a length.
        layout.extent =
            stated > end.samples || !end.isFileEnd ? .cut : stated == 0 ? .notStated : .misstated
        layout.promisedFrames = stated == 0 ? nil : stated
        guard let old = source.bytes(at: field, count: 5) else { return layout }
        let kept = old.number(at: 0, bytes: 5, bigEndian: true) & ~0xf_ffff_ffff
        let field = [UInt8].number(kept | min(end.samples, 0xf_ffff_ffff), bytes: 5, bigEndian: true)
        layout.pieces = .file(upTo: end.place, replacing: [(self.field, field)])
        return layout
    }
}

/// Tags of ID3, version 2, before or among the sound.
enum ID3 {
    /// Where the tags that begin at a place end; the place itself where none does.
    static func end(of source: ByteSource, at place: Int) -> Int {
        var position = place
        for _ in 0..<64 {
            guard let head = source.bytes(at: position, count: 10), let size = length(head) else { break }
            position += size
        }
        return position
    }

    /// The length of a tag by its first ten bytes; nil for what is none.
    static func length(_ head: [UInt8]) -> Int? {
        guard head.count >= 10, head.has("ID3"), head[3] != 0xff, head[4] != 0xff, head[6...9].allSatisfy({ $0 < 0x80 })
        else { return nil }
        let size = head[6...9].reduce(0) { $0 << 7 | Int($1) }
        return 10 + size + (head[5] & 0x10 != 0 ? 10 : 0)
    }
}
