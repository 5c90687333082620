/// Sony's Wave64: chunks whose names are GUIDs and whose lengths, of 64 bits, count their own heads.
struct Wave64File {
    private let source: ByteSource
    private let fileSize: Int
    private var soundChunk = 0
    private var soundSize = 0
    private var block = 1
    private static let tail: [UInt8] = [0xf3, 0xac, 0xd3, 0x11, 0x8c, 0xd1, 0x00, 0xc0, 0x4f, 0x8e, 0xdb, 0x8a]

    init?(_ source: ByteSource) {
        guard let head = source.bytes(at: 0, count: 40), head.has("wave", at: 24), Array(head[28...]) == Self.tail
        else { return nil }
        self.source = source
        fileSize = head.number(at: 16, bytes: 8, bigEndian: false)
        guard walk() else { return nil }
    }

    private mutating func walk() -> Bool {
        var position = 40
        for _ in 0..<1024 {
            guard let chunk = source.bytes(at: position, count: 24) else { return false }
            let size = chunk.number(at: 16, bytes: 8, bigEndian: false)
            if chunk.has("fmt "), let format = source.bytes(at: position + 24, count: 16) {
                block = max(1, format.number(at: 12, bytes: 2, bigEndian: false))
            } else if chunk.has("data") {
                soundChunk = position
                soundSize = size
                return true
            }
            guard size >= 24, size <= source.count else { return false }
            position += (size + 7) & ~7
        }
        return false
    }

    var layout: SoundLayout {
        let start = soundChunk + 24
        let length = StatedLength(
            stated: max(0, soundSize - 24), available: source.count - start,
            isPlaceholder: soundSize <= 24 || soundSize >= 1 << 62, isWholeFile: fileSize == source.count)
        var layout = SoundLayout(pieces: [.file(0..<source.count)])
        let usable = length.describe(&layout, block: block)
        guard layout.extent != .stated else { return layout }
        func number(_ value: Int) -> [UInt8] { .number(value, bytes: 8, bigEndian: false) }
        layout.pieces = .file(
            upTo: start + usable, replacing: [(16, number(start + usable)), (soundChunk + 16, number(usable + 24))])
        return layout
    }
}

/// Apple's CAF: chunks with lengths of 64 bits; that of the sound may be -1, to the end of the file.
struct CoreAudioFile {
    private let source: ByteSource
    private var soundChunk = 0
    private var soundSize = 0
    private var block = 0
    private var framesAPacket = 0

    init?(_ source: ByteSource) {
        self.source = source
        guard walk() else { return nil }
    }

    private mutating func walk() -> Bool {
        var position = 8
        for _ in 0..<1024 {
            guard let chunk = source.bytes(at: position, count: 12) else { return false }
            let size = chunk.number(at: 4, bytes: 8, bigEndian: true)
            if chunk.has("desc"), let description = source.bytes(at: position + 12, count: 32) {
                block = description.number(at: 16, bytes: 4, bigEndian: true)
                framesAPacket = description.number(at: 20, bytes: 4, bigEndian: true)
            } else if chunk.has("data") {
                soundChunk = position
                soundSize = size
                return true
            }
            guard size <= source.count else { return false }
            position += 12 + size
        }
        return false
    }

    /// The sound begins after the chunk's head and a count of edits.
    private var soundStart: Int { soundChunk + 16 }

    var layout: SoundLayout {
        let length = StatedLength(
            stated: max(0, soundSize - 4), available: max(0, source.count - soundStart),
            // -1, read without its sign, is the largest number; a length of 0 or 4 is that of a file never closed.
            isPlaceholder: soundSize == Int.max || soundSize <= 4 && source.count > soundStart)
        var layout = SoundLayout(pieces: [.file(0..<source.count)])
        let usable = length.describe(&layout, block: max(1, block))
        guard layout.extent != .stated else { return layout }
        if layout.extent == .cut, block > 0 { layout.promisedFrames = length.stated / block * max(1, framesAPacket) }
        layout.pieces = .file(
            upTo: soundStart + usable,
            replacing: [(soundChunk + 4, .number(usable + 4, bytes: 8, bigEndian: true))])
        return layout
    }
}
