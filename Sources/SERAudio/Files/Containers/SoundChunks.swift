// SPDX-License-Identifier: Apache-2.0

/// A chunk of a container: a name, a length, and so many bytes.
struct SoundChunk {
    /// Where its head begins.
    let start: Int
    /// Where what it holds begins.
    let body: Int
    /// How many bytes it says that it holds; negative where it says less than its head takes.
    let size: Int
    fileprivate let head: [UInt8]

    /// Whether it goes by a name of four characters.
    func isNamed(_ name: String) -> Bool { head.has(name) }
}

/// How a container writes the heads of its chunks.
struct ChunkForm {
    /// Bytes of a head, which begins with the name.
    let headSize: Int
    /// Where in it the length stands, and how many bytes that takes.
    let sizePlace, sizeBytes: Int
    let bigEndian: Bool
    /// Whether the length counts the head in.
    var countsHead = false
    /// Chunks begin at multiples of this.
    var alignment = 1

    /// RIFF, its big-endian kin, and AIFF.
    static func riff(bigEndian: Bool) -> ChunkForm {
        ChunkForm(headSize: 8, sizePlace: 4, sizeBytes: 4, bigEndian: bigEndian, alignment: 2)
    }

    /// Wave64, whose names are GUIDs.
    static let wave64 = ChunkForm(
        headSize: 24, sizePlace: 16, sizeBytes: 8, bigEndian: false, countsHead: true, alignment: 8)
    static let coreAudio = ChunkForm(headSize: 12, sizePlace: 4, sizeBytes: 8, bigEndian: true)
}

/// The chunks of a file, one after the other, up to one that reaches beyond its end.
struct ChunkWalk: Sequence, IteratorProtocol {
    private let source: ByteSource
    private let form: ChunkForm
    /// Where the next head begins; nil behind the last.
    private var place: Int?
    /// A file of nothing but tiny chunks is no sound.
    private var left = 1024

    init(_ source: ByteSource, from start: Int, _ form: ChunkForm) {
        self.source = source
        self.form = form
        place = start
    }

    mutating func next() -> SoundChunk? {
        guard left > 0, let start = place, let head = source.bytes(at: start, count: form.headSize) else { return nil }
        left -= 1
        let stated = head.number(at: form.sizePlace, bytes: form.sizeBytes, bigEndian: form.bigEndian)
        let size = form.countsHead ? stated - form.headSize : stated, body = start + form.headSize
        let end = size >= 0 && size <= source.count ? body + size : nil
        place = end.map { ($0 + form.alignment - 1) / form.alignment * form.alignment }
        return SoundChunk(start: start, body: body, size: size, head: head)
    }
}
