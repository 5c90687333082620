// SPDX-License-Identifier: Apache-2.0

/// A WAV file, of 32 or 64 bits, little-endian or big-endian: its chunks.
struct RIFFFile {
    private let source: ByteSource
    private let bigEndian: Bool
    private var format: [UInt8] = []
    /// Samples that the `fact` chunk states.
    private var statedSamples: Int?
    /// The lengths of 64 bits that the `ds64` chunk states, of file and sound.
    private var wide: (file: Int, sound: Int)?
    private var soundStart = 0
    private var soundSize = 0
    private let fileSize: Int

    /// MPEG audio inside of WAV.
    private static let mpegTags = [0x50, 0x55]
    private static let gsmTag = 0x31
    /// Encodings whose frames take a whole number of bytes: integers, floats, A-law, mu-law, and what is extensible.
    private static let plainTags = [1, 3, 6, 7, 0xfffe]

    init?(_ source: ByteSource) {
        guard let head = source.bytes(at: 0, count: 12), head.has("WAVE", at: 8) else { return nil }
        self.source = source
        bigEndian = head.has("RIFX")
        fileSize = head.number(at: 4, bytes: 4, bigEndian: bigEndian)
        guard walk() else { return nil }
    }

    /// Finds the chunks up to the sound.
    private mutating func walk() -> Bool {
        for chunk in ChunkWalk(source, from: 12, .riff(bigEndian: bigEndian)) {
            if chunk.isNamed("fmt ") {
                format = source.bytes(in: chunk.body..<chunk.body + min(256, chunk.size))
            } else if chunk.isNamed("fact"), let fact = source.bytes(at: chunk.body, count: 4) {
                statedSamples = fact.number(at: 0, bytes: 4, bigEndian: bigEndian)
            } else if chunk.isNamed("ds64"), let sizes = source.bytes(at: chunk.body, count: 16) {
                wide = (
                    sizes.number(at: 0, bytes: 8, bigEndian: false), sizes.number(at: 8, bytes: 8, bigEndian: false)
                )
            } else if chunk.isNamed("data") {
                soundStart = chunk.body
                soundSize = chunk.size
                return format.count >= 16
            }
        }
        return false
    }

    /// Encodings in blocks that libsndfile knows besides: two kinds of ADPCM, and those of Natural MicroSystems and G.721.
    private static let blockTags = [2, 0x11, 0x38, 0x40]

    /// Whether its sound is coded in a way that libsndfile does not know.
    var hasForeignCodec: Bool {
        !(Self.plainTags + Self.blockTags + Self.mpegTags + [Self.gsmTag]).contains(tag)
    }

    /// The coding that libsndfile does not know, or takes for plain samples: DTS as it lies on audio CDs.
    var foreignFormat: ForeignFormat? {
        ForeignFormat(waveTag: tag, sound: source.bytes(at: soundStart, count: min(4, source.count - soundStart)) ?? [])
    }

    private var tag: Int { format.number(at: 0, bytes: 2, bigEndian: bigEndian) }
    private var block: Int { format.number(at: 12, bytes: 2, bigEndian: bigEndian) }
    private var hasWideSound: Bool { wide != nil && soundSize == 0xffff_ffff }

    private var length: StatedLength {
        let available = source.count - soundStart
        let stated = hasWideSound ? wide?.sound ?? 0 : soundSize
        let file = wide.map(\.file) ?? fileSize
        let isOpen =
            hasWideSound
            ? stated == 0 || stated >= 1 << 62 : StatedLength.isPlaceholder(stated) || stated == 0
        return StatedLength(
            stated: stated, available: available,
            isPlaceholder: isOpen && !(stated == 0 && isChunkList(from: soundStart)),
            isWholeFile: abs(file - (source.count - 8)) <= 1)
    }

    /// Whether nothing but whole chunks stand between a place and the end of the file: then a sound of length 0 before
    /// them is one, and no header that was left open.
    private func isChunkList(from start: Int) -> Bool {
        var position = start
        while position + 1 < source.count {
            guard let chunk = source.bytes(at: position, count: 8), chunk[..<4].allSatisfy({ (32...126).contains($0) })
            else { return false }
            let size = chunk.number(at: 4, bytes: 4, bigEndian: bigEndian)
            guard size <= source.count - position - 8 else { return false }
            position += 8 + size + size % 2
        }
        return true
    }

    var layout: SoundLayout {
        let length = length
        var layout = SoundLayout(pieces: [.file(0..<source.count)])
        let usable = length.describe(&layout, block: block)
        if Self.mpegTags.contains(tag) {
            let sound = soundStart..<soundStart + max(0, min(source.count - soundStart, layout.foundBytes))
            if let stream = MPEGStream(source, in: sound, within: sound.count) {
                let extent = layout.extent
                let promise = (layout.promisedBytes, layout.foundBytes)
                layout = stream.layout
                layout.extent = extent == .stated ? layout.extent : extent
                (layout.promisedBytes, layout.foundBytes) = promise
            }
            return layout
        }
        guard layout.extent != .stated else {
            // libsndfile takes the beginning of another file for a damaged chunk of this one.
            layout.joinedBytes = joinedBytes
            layout.pieces = [.file(0..<source.count - joinedBytes)]
            return layout
        }
        if layout.extent != .notStated { layout.promisedFrames = promisedFrames(length.stated) }
        // libsndfile takes the byte that fills an odd length for one block of GSM more.
        if tag == Self.gsmTag, block > 0, format.count >= 20 {
            layout.frames = usable / block * format.number(at: 18, bytes: 2, bigEndian: bigEndian)
        }
        let padding = [UInt8](repeating: 0, count: usable % 2)
        layout.pieces = [.bytes(header(sound: usable)), .file(soundStart..<soundStart + usable), .bytes(padding)]
        return layout
    }

    /// The bytes of another WAV file behind this one: where the file should end, or the sound does.
    private var joinedBytes: Int {
        let sound = hasWideSound ? wide?.sound ?? 0 : soundSize
        let ends = [8 + min(wide?.file ?? fileSize, source.count), soundStart + min(sound, source.count)]
        return source.bytesJoined(at: ends + ends.map { $0 + 1 }, alike: [0..<4, 8..<12])
    }

    private func promisedFrames(_ stated: Int) -> Int? {
        Self.plainTags.contains(tag) ? (block > 0 ? stated / block : nil) : statedSamples
    }

    /// A header with the right lengths, of 64 bits where 32 do not hold them.
    private func header(sound: Int) -> [UInt8] {
        func number(_ value: Int, _ bytes: Int) -> [UInt8] { .number(value, bytes: bytes, bigEndian: bigEndian) }
        let padded = format + [UInt8](repeating: 0, count: format.count % 2)
        let chunk = Array("fmt ".utf8) + number(format.count, 4) + padded
        let size = 4 + chunk.count + 8 + sound
        if size < 0xffff_f000 || bigEndian {
            return Array((bigEndian ? "RIFX" : "RIFF").utf8) + number(min(size, 0xffff_ffff), 4) + Array("WAVE".utf8)
                + chunk + Array("data".utf8) + number(min(sound, 0xffff_ffff), 4)
        }
        return Array("RF64".utf8) + number(0xffff_ffff, 4) + Array("WAVE".utf8)
            + Array("ds64".utf8) + number(28, 4) + number(size + 36, 8) + number(sound, 8)
            + number(sound / max(1, block), 8) + number(0, 4)
            + chunk + Array("data".utf8) + number(0xffff_ffff, 4)
    }
}
