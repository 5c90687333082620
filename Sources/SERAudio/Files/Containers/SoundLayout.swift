// SPDX-License-Identifier: Apache-2.0

/// Where the sound of a file lies, whether as much is there as the header promises, and what a decoder is shown of it.
///
/// libsndfile corrects or believes lengths in silence, each format in a way of its own. Here they are all judged by one
/// rule, ``StatedLength``, and the decoder is shown a file whose lengths are right.
struct SoundLayout {
    /// How the length that the header states compares with what is there.
    enum Extent: Equatable {
        /// It is there, or the format states none.
        case stated
        /// The header was left open: the sound goes on to the end of the file.
        case notStated
        /// The header is wrong and the file whole.
        case misstated
        /// The end of the file is missing.
        case cut
    }

    /// How a decoder comes to a frame in the middle so that it gives what it gives when it reads from the beginning.
    enum Seeking: Equatable {
        /// By going there.
        case direct
        /// By going to a place so many frames before, and never nearer to the end than a number of frames.
        case early(by: Int, beforeEnd: Int)
        /// By decoding from the beginning.
        case fromStart
    }

    /// What a decoder is shown.
    var pieces: [SoundPiece]
    /// How the header's length compares with what is there.
    var extent = Extent.stated
    /// The frames that the header promises, where it can be told.
    var promisedFrames: Int?
    /// Bytes of sound that the header promises and that are there, where the length is one in bytes.
    var promisedBytes = 0
    var foundBytes = 0
    /// The frames that are there, where they were counted; otherwise the decoder's number holds.
    var frames: Int?
    /// Bytes among or after the sound that are neither sound nor tags.
    var skippedBytes = 0
    /// Bytes of another file after the first, which are not read.
    var joinedBytes = 0
    /// Whether several streams stand one after the other, of which libsndfile reads the first alone.
    var isChained = false
    /// Whether the rate or the number of channels changes within the stream.
    var changesKind = false
    var seeking = Seeking.direct

    /// The frames promised, given how many were found.
    func expectedFrames(found: Int) -> Int? {
        if let promisedFrames { return promisedFrames }
        guard found > 0, foundBytes > 0, promisedBytes > 0 else { return nil }
        // Whole bytes a frame, where that is what the format has; otherwise in proportion.
        let bytesAFrame = foundBytes / found
        if bytesAFrame > 0, foundBytes - found * bytesAFrame < bytesAFrame { return promisedBytes / bytesAFrame }
        return Int(clamping: Int64(min(Double(promisedBytes) / Double(foundBytes) * Double(found), 1e15)))
    }

    /// The layout of a file, told by its first bytes; for a format without lengths to judge, the file as it is.
    init(of source: ByteSource) {
        let head = source.bytes(in: 0..<64)
        let known: SoundLayout? =
            if head.has("RIFF") || head.has("RIFX") || head.has("RF64") || head.has("BW64") {
                RIFFFile(source)?.layout
            } else if head.has("FORM") {
                AIFFFile(source)?.layout
            } else if head.has("riff") {
                Wave64File(source)?.layout
            } else if head.has(".snd") || head.has("dns.") {
                SunFile(source)?.layout
            } else if head.has("NIST_1A") {
                SphereFile(source)?.layout
            } else if head.has("Creative Voice File") {
                VoiceFile(source)?.layout
            } else if head.has("caff") {
                CoreAudioFile(source)?.layout
            } else if head.has("OggS") {
                OggFile(source)?.layout
            } else {
                FLACFile(source)?.layout ?? MPEGStream(source, in: 0..<source.count, within: 0)?.layout
            }
        self = known ?? SoundLayout(pieces: [.file(0..<source.count)])
    }

    init(pieces: [SoundPiece]) { self.pieces = pieces }
}

/// The rule by which a stated length is found right, left open, wrong, or promising sound that is cut off.
struct StatedLength {
    /// Bytes of sound that the header states.
    var stated: Int
    /// Bytes from the beginning of the sound to the end of the file.
    var available: Int
    /// Whether the header's length is one that programs write before they know it.
    var isPlaceholder = false
    /// Whether the length of the whole file, stated elsewhere in the header, is that of the file.
    var isWholeFile = false

    /// So many bytes too many are a miscount: programs that count the header or a padding byte in.
    static let slack = 64

    var extent: SoundLayout.Extent {
        if isPlaceholder { return available > 0 ? .notStated : .stated }
        if stated <= available { return .stated }
        if available <= 0 { return .cut }
        if isWholeFile || stated - available <= min(Self.slack, available / 8) { return .misstated }
        return .cut
    }

    /// Whether a length of 32 bits is near one of those that are written to pipes: all ones, the largest with and
    /// without a sign, and sox's 0x7f000000.
    static func isPlaceholder(_ length: Int) -> Bool {
        [0x7f00_0000...0x7f00_00ff, 0x7fff_f000...0x8000_0fff, 0xffff_f000...0xffff_ffff]
            .contains { $0.contains(length) }
    }

    /// Fills in what a layout says of lengths in bytes; the sound that is there, in whole blocks.
    func describe(_ layout: inout SoundLayout, block: Int = 1) -> Int {
        layout.extent = extent
        let usable = min(extent == .notStated ? available : stated, max(0, available))
        let whole = usable - usable % max(1, block)
        layout.promisedBytes = extent == .notStated ? 0 : stated
        layout.foundBytes = usable
        return whole
    }
}
