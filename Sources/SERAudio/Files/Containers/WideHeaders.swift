// SPDX-License-Identifier: Apache-2.0

/// Sony's Wave64: chunks whose names are GUIDs and whose lengths, of 64 bits, count their own heads.
struct Wave64File {
    private let source: ByteSource
    private let fileSize: Int
    private var sound: SoundChunk?
    private var block = 1
    /// Where the tag of an extensible format stands, and the encoding that the format extends; libsndfile takes them all
    /// for integers.
    private var extended: (place: Int, tag: [UInt8])?
    /// The GUID of an encoding, behind its tag.
    private static let encoding: [UInt8] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]
    private static let tail: [UInt8] = [0xf3, 0xac, 0xd3, 0x11, 0x8c, 0xd1, 0x00, 0xc0, 0x4f, 0x8e, 0xdb, 0x8a]

    init?(_ source: ByteSource) {
        guard let head = source.bytes(at: 0, count: 40), head.has("wave", at: 24), Array(head[28...]) == Self.tail
        else { return nil }
        self.source = source
        fileSize = head.number(at: 16, bytes: 8, bigEndian: false)
        guard walk() else { return nil }
    }

    private mutating func walk() -> Bool {
        for chunk in ChunkWalk(source, from: 40, .wave64) {
            if chunk.isNamed("fmt "), let format = source.bytes(at: chunk.body, count: 16) {
                block = max(1, format.number(at: 12, bytes: 2, bigEndian: false))
                let isExtensible = format.number(at: 0, bytes: 2, bigEndian: false) == 0xfffe && chunk.size >= 40
                if isExtensible, let guid = source.bytes(at: chunk.body + 24, count: 16),
                    Array(guid[2...]) == Self.encoding
                {
                    extended = (chunk.body, Array(guid[..<2]))
                }
            } else if chunk.isNamed("data") {
                sound = chunk
                return true
            }
        }
        return false
    }

    /// The tag of an extensible format replaced by that of its encoding.
    private var tags: [(place: Int, bytes: [UInt8])] { extended.map { [($0.place, $0.tag)] } ?? [] }

    var layout: SoundLayout {
        var layout = SoundLayout(pieces: [.file(0..<source.count)])
        guard let sound else { return layout }
        let length = StatedLength(
            stated: max(0, sound.size), available: source.count - sound.body,
            isPlaceholder: sound.size <= 0 || sound.size >= 1 << 61, isWholeFile: fileSize == source.count)
        let usable = length.describe(&layout, block: block)
        guard layout.extent != .stated else {
            layout.joinedBytes = source.bytesJoined(at: [fileSize], alike: [0..<16, 24..<40])
            layout.pieces = .file(upTo: source.count - layout.joinedBytes, replacing: tags)
            return layout
        }
        func number(_ value: Int) -> [UInt8] { .number(value, bytes: 8, bigEndian: false) }
        let lengths = [(16, number(sound.body + usable)), (sound.start + 16, number(usable + 24))]
        layout.pieces = .file(upTo: sound.body + usable, replacing: lengths + tags)
        return layout
    }
}

/// Apple's CAF: chunks with lengths of 64 bits; that of the sound may be -1, to the end of the file.
struct CoreAudioFile {
    private let source: ByteSource
    private var sound: SoundChunk?
    private var block = 0
    private var framesAPacket = 0

    init?(_ source: ByteSource) {
        self.source = source
        guard walk() else { return nil }
    }

    private mutating func walk() -> Bool {
        for chunk in ChunkWalk(source, from: 8, .coreAudio) {
            if chunk.isNamed("desc"), let description = source.bytes(at: chunk.body, count: 32) {
                block = description.number(at: 16, bytes: 4, bigEndian: true)
                framesAPacket = description.number(at: 20, bytes: 4, bigEndian: true)
            } else if chunk.isNamed("data") {
                sound = chunk
                return true
            }
        }
        return false
    }

    var layout: SoundLayout {
        var layout = SoundLayout(pieces: [.file(0..<source.count)])
        guard let sound else { return layout }
        // A count of edits stands before the sound.
        let soundStart = sound.body + 4
        let length = StatedLength(
            stated: max(0, sound.size - 4), available: max(0, source.count - soundStart),
            // -1, read without its sign, is the largest number; a length of 0 or 4 is that of a file never closed.
            isPlaceholder: sound.size == Int.max || sound.size <= 4 && source.count > soundStart)
        let usable = length.describe(&layout, block: max(1, block))
        guard layout.extent != .stated else { return layout }
        if layout.extent == .cut, block > 0 {
            let (frames, isTooMany) = (length.stated / block).multipliedReportingOverflow(by: max(1, framesAPacket))
            layout.promisedFrames = isTooMany ? nil : frames
        }
        layout.pieces = .file(
            upTo: soundStart + usable,
            replacing: [(sound.start + 4, .number(usable + 4, bytes: 8, bigEndian: true))])
        return layout
    }
}
