// SPDX-License-Identifier: Apache-2.0

/// Creative's VOC: blocks of a type and a length of 24 bits each, the last of type 0.
///
/// libsndfile takes the heads of all blocks after the first for sound; it is shown one block.
struct VoiceFile {
    private let source: ByteSource
    /// Where the first block of sound stands, and its head with what it says of the sound.
    private var firstPlace = 0
    private var firstHead: [UInt8] = []
    private var sound: [Range<Int>] = []
    private var stated = 0
    private var isOpen = false
    private var overruns = false
    private var changesKind = false
    /// The types of blocks that hold sound, and how many bytes say of which kind: none in one that continues another.
    private static let kinds = [1: 2, 2: 0, 9: 12]

    init?(_ source: ByteSource) {
        guard let head = source.bytes(at: 0, count: 26) else { return nil }
        self.source = source
        walk(from: head.number(at: 20, bytes: 2, bigEndian: false))
        guard !sound.isEmpty else { return nil }
    }

    private mutating func walk(from first: Int) {
        var position = first
        for _ in 0..<1 << 20 {
            guard !overruns, let head = source.bytes(at: position, count: 4), head[0] != 0 else { return }
            let size = head.number(at: 1, bytes: 3, bigEndian: false)
            let end = position + 4 + size
            if let lead = Self.kinds[Int(head[0])], let kind = source.bytes(at: position + 4, count: lead) {
                overruns = size == 0 || end > source.count
                isOpen = size == 0 || size == 0xff_ffff && overruns
                note(head + kind, at: position)
                stated += max(0, size - lead)
                let start = position + 4 + lead
                sound.append(start..<max(start, overruns ? source.count : end))
            }
            position = end
        }
    }

    private mutating func note(_ head: [UInt8], at position: Int) {
        guard head[0] != 2 else { return }
        if firstHead.isEmpty {
            firstHead = head
            firstPlace = position
        } else {
            changesKind = changesKind || head[0] != firstHead[0] || head[4...] != firstHead[4...]
        }
    }

    var layout: SoundLayout {
        var layout = SoundLayout(pieces: [.file(0..<source.count)])
        let found = sound.reduce(0) { $0 + $1.count }
        let length = StatedLength(stated: stated, available: found, isPlaceholder: isOpen)
        let usable = length.describe(&layout)
        layout.changesKind = changesKind
        let size = usable + firstHead.count - 4
        guard layout.extent != .stated || sound.count > 1, !firstHead.isEmpty, size < 1 << 24 else { return layout }
        var head = firstHead
        head.replaceSubrange(1..<4, with: [UInt8].number(size, bytes: 3, bigEndian: false))
        layout.pieces = [.file(0..<firstPlace), .bytes(head)] + sound.map { .file($0) } + [.bytes([0])]
        return layout
    }
}
