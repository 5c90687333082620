// SPDX-License-Identifier: Apache-2.0

/// A stream of MPEG audio, walked from frame to frame: its true length, and nothing of it but whole frames.
///
/// Tags, zeros and whatever else stands before, among and after the frames is left out, so that the decoder neither
/// guesses a length nor loses its way.
struct MPEGStream {
    private var window: ByteWindow
    private let end: Int
    private let kind: MPEGFrame.Kind
    private let firstFrame: Int
    private var head: [UInt8] = []
    private var info: MPEGInfo?
    private var sound: [Range<Int>] = []
    private var frames = 0
    /// Bytes of the largest frame.
    private var largest = 0
    private var skipped = 0
    private var changesKind = false

    /// Frames that must follow one another for the first to be believed.
    private static let believable = 3

    /// The stream in a range of a file; nil where none begins in its first `reach` bytes after any tags.
    init?(_ source: ByteSource, in range: Range<Int>, within reach: Int) {
        window = ByteWindow(source)
        end = range.upperBound
        let start = min(range.upperBound, ID3.end(of: source, at: range.lowerBound))
        var search = window
        let last = min(end - 4, start + reach)
        guard start <= last else { return nil }
        var place = start
        while place <= last, !Self.isBelievable(&search, at: place, end: end, count: Self.believable) { place += 1 }
        guard place <= last, let frame = search.frame(at: place) else { return nil }
        kind = frame.kind
        firstFrame = place
        skipped = place - start
        walk()
        guard frames > 0 else { return nil }
    }

    /// Whether frames of one kind follow one another from a place on, to the end if there are fewer.
    private static func isBelievable(_ window: inout ByteWindow, at place: Int, end: Int, count: Int) -> Bool {
        guard let first = window.frame(at: place) else { return false }
        var position = place
        for index in 0..<count {
            guard let frame = window.frame(at: position), frame.kind == first.kind else { return false }
            position += frame.size
            if position + 4 > end { return index > 0 || position == end }
        }
        return true
    }

    private mutating func walk() {
        var position = firstFrame
        while position + 4 <= end {
            guard let frame = window.frame(at: position), frame.kind == kind, position + frame.size <= end else {
                position = resynchronized(from: position)
                continue
            }
            take(frame, at: position)
            position += frame.size
        }
        if position < end, window.bytes(at: position, count: end - position).contains(where: { $0 != 0 }) {
            skipped += end - position
        }
    }

    private mutating func take(_ frame: MPEGFrame, at position: Int) {
        if frames == 0, info == nil, sound.isEmpty {
            head = window.bytes(at: position, count: frame.size)
            info = kind.layer == 3 ? MPEGInfo(head, kind) : nil
            if info != nil { return }
        }
        frames += 1
        largest = max(largest, frame.size)
        if let last = sound.last, last.upperBound == position {
            sound[sound.count - 1] = last.lowerBound..<position + frame.size
        } else {
            sound.append(position..<position + frame.size)
        }
    }

    /// The next place after one without a frame where frames follow one another again, or the end.
    private mutating func resynchronized(from place: Int) -> Int {
        if let tag = window.tagLength(at: place, end: end) { return min(end, place + tag) }
        var position = place
        var isZero = true
        repeat {
            isZero = isZero && window.byte(at: position) == 0
            position += 1
            if let frame = window.frame(at: position), Self.isBelievable(&window, at: position, end: end, count: 2) {
                if frame.kind == kind { break }
                changesKind =
                    changesKind
                    || Self.isBelievable(&window, at: position, end: end, count: 2 * Self.believable)
            }
        } while position + 4 <= end && window.tagLength(at: position, end: end) == nil
        if !isZero { skipped += position - place }
        return position
    }

    var layout: SoundLayout {
        var layout = SoundLayout(pieces: [])
        layout.skippedBytes = skipped
        layout.changesKind = changesKind
        layout.seeking = .early(by: 64 * 1152, beforeEnd: 0)
        let perFrame = kind.samples
        if let promised = info?.frames, promised > 0 {
            // Some programs count the frame that holds the number.
            layout.extent = promised > frames + 1 ? .cut : .stated
            if layout.extent == .cut { layout.promisedFrames = promised * perFrame }
        }
        layout.pieces = sound.map { .file($0) }
        if let own = infoShown {
            layout.pieces.insert(.bytes(own), at: 0)
        } else {
            // The decoder guesses a length from that of the file, and would stop there: it is to guess too much.
            layout.frames = frames * perFrame
            layout.pieces.append(.zeros((frames + 16) * largest))
        }
        return layout
    }

    /// The stream's own frame with a number of frames and the delays of the codec, the number put right.
    private var infoShown: [UInt8]? {
        guard let info, case .xing(let place?) = info.form else { return nil }
        var shown = head
        guard info.frames != frames else { return shown }
        shown.replaceSubrange(place..<place + 4, with: [UInt8].number(frames, bytes: 4, bigEndian: true))
        if let delays = info.delays, abs((info.frames ?? 0) - frames) > 1 {
            // Nothing is taken off the end: it is another end than LAME's.
            shown[delays + 1] &= 0xf0
            shown[delays + 2] = 0
        }
        return shown
    }
}

/// A part of a file held in memory, moved along as bytes are asked for.
struct ByteWindow {
    private let source: ByteSource
    private var start = 0
    private var held: [UInt8] = []
    private static let span = 1 << 18

    init(_ source: ByteSource) { self.source = source }

    private mutating func hold(_ place: Int, _ count: Int) -> Bool {
        if place >= start, place + count <= start + held.count { return true }
        start = max(0, place)
        held = source.bytes(in: start..<start + max(Self.span, count))
        return place >= 0 && count <= held.count
    }

    mutating func byte(at place: Int) -> UInt8? { hold(place, 1) ? held[place - start] : nil }

    mutating func bytes(at place: Int, count: Int) -> [UInt8] {
        hold(place, count) ? Array(held[place - start..<place - start + count]) : []
    }

    /// The head of a frame of MPEG audio at a place.
    mutating func frame(at place: Int) -> MPEGFrame? {
        guard hold(place, 4) else { return nil }
        let at = place - start
        return held[at] == 0xff ? MPEGFrame(held[at], held[at + 1], held[at + 2], held[at + 3]) : nil
    }

    /// The length of a tag that begins at a place: ID3, APE or Lyrics3.
    mutating func tagLength(at place: Int, end: Int) -> Int? {
        guard let first = byte(at: place), first == 0x49 || first == 0x54 || first == 0x41 || first == 0x4c else {
            return nil
        }
        let head = bytes(at: place, count: min(32, end - place))
        if head.has("TAG"), end - place == 128 || end - place == 128 + 227 { return end - place }
        if head.has("TAG"), end - place > 128, bytes(at: place + 128, count: 1).first == 0xff { return 128 }
        if head.has("APETAGEX"), head.count == 32 { return 32 + head.number(at: 12, bytes: 4, bigEndian: false) }
        if head.has("LYRICSBEGIN") { return max(1, end - place - (end - place >= 128 ? 128 : 0)) }
        return ID3.length(head)
    }
}
