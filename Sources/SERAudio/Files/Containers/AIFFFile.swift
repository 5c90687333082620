// SPDX-License-Identifier: Apache-2.0

/// An AIFF or AIFF-C file, or one of Amiga's 8SVX: its chunks, big-endian.
struct AIFFFile {
    private let source: ByteSource
    private let isAmiga: Bool
    private let fileSize: Int
    private var common: (place: Int, bytes: [UInt8])?
    private var soundChunk = 0
    private var soundSize = 0

    init?(_ source: ByteSource) {
        guard let head = source.bytes(at: 0, count: 12) else { return nil }
        isAmiga = head.has("8SVX", at: 8) || head.has("16SV", at: 8)
        guard isAmiga || head.has("AIFF", at: 8) || head.has("AIFC", at: 8) else { return nil }
        self.source = source
        fileSize = head.number(at: 4, bytes: 4, bigEndian: true)
        guard walk() else { return nil }
    }

    private mutating func walk() -> Bool {
        for chunk in ChunkWalk(source, from: 12, .riff(bigEndian: true)) {
            if chunk.isNamed("COMM"), let body = source.bytes(at: chunk.body, count: 18) {
                let compression = chunk.size >= 22 ? source.bytes(at: chunk.body + 18, count: 4) ?? [] : []
                common = (chunk.body, body + compression)
            } else if chunk.isNamed(isAmiga ? "BODY" : "SSND") {
                soundChunk = chunk.start
                soundSize = chunk.size
                if common != nil || isAmiga || isOpen { break }
            }
        }
        return soundChunk > 0
    }

    /// The sound begins after the chunk's header and, in AIFF, an offset and a block size.
    private var lead: Int { isAmiga ? 0 : 8 }
    private var soundStart: Int { soundChunk + 8 + lead }
    /// Sound of length 0 where the other chunk says that there are no frames either is none, if the file ends there.
    private var isOpen: Bool {
        StatedLength.isPlaceholder(soundSize) || soundSize <= lead && source.count > soundStart + 1 && !isChunkAfter
    }

    private var isChunkAfter: Bool {
        guard let next = source.bytes(at: soundChunk + 8 + soundSize, count: 8) else { return false }
        return next[..<4].allSatisfy { (32...126).contains($0) }
            && next.number(at: 4, bytes: 4, bigEndian: true) <= source.count - soundChunk - 16 - soundSize
    }

    /// Bytes a frame, or a packet of many; nil for encodings that are not known here.
    private var block: Int? {
        guard let common else { return nil }
        let channels = common.bytes.number(at: 0, bytes: 2, bigEndian: true)
        let bits = common.bytes.number(at: 6, bytes: 2, bigEndian: true)
        if common.bytes.has("ima4", at: 18) { return 34 * channels }
        if ["ulaw", "ULAW", "alaw", "ALAW"].contains(where: { common.bytes.has($0, at: 18) }) { return channels }
        if ["GSM ", "DWVW"].contains(where: { common.bytes.has($0, at: 18) }) { return nil }
        return channels * ((bits + 7) / 8)
    }

    /// Whether the number of frames, stated elsewhere, agrees with the length of the sound: then neither is a slip.
    private var isCountConfirmed: Bool {
        guard let common, let block, block > 0 else { return false }
        let frames = common.bytes.number(at: 2, bytes: 4, bigEndian: true)
        return frames == (soundSize - lead) / block
    }

    var layout: SoundLayout {
        let length = StatedLength(
            stated: max(0, soundSize - lead), available: source.count - soundStart, isPlaceholder: isOpen,
            isWholeFile: abs(fileSize + 8 - source.count) <= 1 && !isCountConfirmed)
        var layout = SoundLayout(pieces: [.file(0..<source.count)])
        let usable = length.describe(&layout, block: block ?? 1)
        guard layout.extent != .stated else {
            layout.joinedBytes = source.bytesJoined(at: [8 + fileSize, 9 + fileSize], alike: [0..<4, 8..<11])
            layout.pieces = [.file(0..<source.count - layout.joinedBytes)]
            return layout
        }
        if layout.extent != .notStated, let common, let block, block > 0 {
            let framesABlock = common.bytes.has("ima4", at: 18) ? 64 : 1
            layout.promisedFrames = length.stated / block * framesABlock
        }
        layout.pieces = pieces(sound: usable)
        return layout
    }

    /// The file with the right lengths, up to the end of the sound.
    private func pieces(sound: Int) -> [SoundPiece] {
        func number(_ value: Int) -> [UInt8] { .number(min(value, 0xffff_ffff), bytes: 4, bigEndian: true) }
        let end = soundStart + sound
        var patches: [(place: Int, bytes: [UInt8])] = [(4, number(end - 8)), (soundChunk + 4, number(sound + lead))]
        if let common, let block, block > 0 { patches.append((common.place + 2, number(sound / block))) }
        return .file(upTo: end, replacing: patches) + [.bytes([UInt8](repeating: 0, count: sound % 2))]
    }
}
