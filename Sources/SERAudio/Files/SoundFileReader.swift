// SPDX-License-Identifier: Apache-2.0

import CSndFile
import Foundation

/// An open sound file, whose header has been found plausible.
final class SoundFileReader {
    let path: String
    let info: AudioFileInfo
    /// What is to be known of the file; the end of it may be found to be missing only while it is read.
    private(set) var remarks: [AudioRemark]
    private let source: ByteSource
    private let layout: SoundLayout
    private let truncated: TruncatedFiles
    private var decoder: SoundDecoder

    /// Values decoded at once, over all channels.
    private static let block = 1 << 15
    /// More pieces of sound with something else between them are those of no file that was meant to be heard.
    static let mostPieces = 1 << 18

    /// Opens a file; a named pipe is read to its end.
    convenience init(_ url: URL, truncated: TruncatedFiles, takesPipes: Bool = true) throws(AudioError) {
        try self.init(ByteSource.open(url.path, takesPipes: takesPipes), name: url.path, truncated: truncated)
    }

    /// Opens bytes under a name for messages.
    init(_ source: ByteSource, name path: String, truncated: TruncatedFiles) throws(AudioError) {
        self.path = path
        self.truncated = truncated
        let opened = try OpenedSound(source, path, truncated: truncated)
        self.source = opened.source
        layout = opened.layout
        decoder = opened.decoder
        let header = decoder.header
        var frames = layout.frames ?? Int(header.frames)
        let rate = Double(header.samplerate)
        let channels = Int(header.channels)
        guard rate >= 1000, rate <= SoundBounds.highestRate else {
            throw .implausibleHeader(path: path, reason: "\(Int(rate)) Hz")
        }
        guard channels > 0, channels <= 1024 else {
            throw .implausibleHeader(path: path, reason: "\(channels) channels")
        }
        remarks = []
        if header.frames >= SoundDecoder.unknownLength {
            frames = decoder.countFrames()
            decoder = try Self.reopened(layout, opened.source, path)
            if layout.extent == .stated { remarks.append(.lengthNotStated) }
        }
        remarks += try Self.remarks(of: layout, frames: frames, path, truncated)
        if opened.isDamaged { remarks.append(.truncated(expectedFrames: nil, foundFrames: frames)) }
        info = AudioFileInfo(
            sampleRate: rate, channels: channels, frames: frames, format: opened.formatName, remarks: remarks)
        guard frames != 0 else { throw .noSamples(path: path) }
        // The densest real case is silence in FLAC: a block of 65,535 frames in about ten bytes.
        guard frames > 0, frames / 65_536 <= opened.source.count else {
            throw .implausibleHeader(path: path, reason: "\(frames) frames in \(opened.source.count) bytes")
        }
    }

    private static func reopened(
        _ layout: SoundLayout, _ source: ByteSource, _ path: String
    ) throws(AudioError) -> SoundDecoder {
        guard let decoder = SoundDecoder(layout, source) else {
            throw .notAudio(path: path, reason: String(cString: sf_strerror(nil)))
        }
        return decoder
    }

    /// What is to be said of a layout.
    private static func remarks(
        of layout: SoundLayout, frames: Int, _ path: String, _ truncated: TruncatedFiles
    ) throws(AudioError) -> [AudioRemark] {
        var remarks: [AudioRemark] = []
        let expected = layout.expectedFrames(found: frames)
        switch layout.extent {
        case .stated: break
        case .notStated: remarks.append(.lengthNotStated)
        case .misstated: remarks.append(.lengthMisstated(frames: expected))
        case .cut:
            guard truncated == .accept else {
                throw .truncated(path: path, expectedFrames: expected, foundFrames: frames)
            }
            remarks.append(.truncated(expectedFrames: expected, foundFrames: frames))
        }
        if layout.joinedBytes > 0 { remarks.append(.joined(bytes: layout.joinedBytes)) }
        if layout.skippedBytes > 0 { remarks.append(.skipped(bytes: layout.skippedBytes)) }
        return remarks
    }

    /// A number of frames that may be reserved: no header makes the library allocate more than 16 MiB beyond need.
    func believable(_ frames: Int) -> Int { min(frames, source.count, 1 << 22) }

    /// The frames of a part given in seconds; truncating as librosa does.
    func frames(from: Double, duration: Double?) throws(AudioError) -> Range<Int> {
        let most = Double(info.frames)
        let first = from * info.sampleRate
        let count = duration.map { $0 * info.sampleRate } ?? most
        guard first >= 0, first < most, count >= 1 else {
            throw .emptyRange(path: path, from: from, duration: duration, fileDuration: info.duration)
        }
        let lower = Int(first)
        let range = lower..<min(info.frames, lower + Int(min(count, most)))
        guard range.count <= SoundBounds.mostFrames else {
            throw .tooLong(path: path, frames: range.count, limit: SoundBounds.mostFrames)
        }
        return range
    }

    /// Decodes a range of frames in blocks, each the mean over channels, for as long as `body` wants more.
    func read(
        _ range: Range<Int>, _ body: (UnsafeBufferPointer<Float>) throws(AudioError) -> Bool
    ) throws(AudioError) {
        let channels = info.channels
        let capacity = max(1, Self.block / channels)
        let space = UnsafeMutablePointer<Float>.allocate(capacity: capacity * channels)
        defer { space.deallocate() }
        var position = try start(before: range.lowerBound)
        while position < range.upperBound {
            let isBefore = position < range.lowerBound
            let wanted = min(capacity, (isBefore ? range.lowerBound : range.upperBound) - position)
            let got = decoder.read(space, frames: wanted)
            guard got > 0 else { return try end(at: position) }
            if !isBefore {
                let values = UnsafeBufferPointer(start: space, count: got * channels)
                if let bad = firstSenseless(values) {
                    throw .senseless(
                        values[bad], path: path, seconds: Double(position + bad / channels) / info.sampleRate)
                }
                Self.mean(space, frames: got, channels: channels)
                guard try body(UnsafeBufferPointer(start: space, count: got)) else { return }
            }
            position += got
        }
    }

    /// The decoder gives no more frames, though more were told.
    private func end(at position: Int) throws(AudioError) {
        if let failure = source.failure { throw .unreadable(path: path, reason: failure) }
        guard truncated == .accept else {
            throw .truncated(path: path, expectedFrames: info.frames, foundFrames: position)
        }
        // What is read twice is cut once.
        remarks.removeAll { if case .truncated = $0 { true } else { false } }
        remarks.append(.truncated(expectedFrames: info.frames, foundFrames: position))
    }

    /// Goes to where decoding must begin for a frame to come out as it does in the whole.
    private func start(before frame: Int) throws(AudioError) -> Int {
        let start =
            switch layout.seeking {
            case .direct: frame
            case .early(let distance, let beforeEnd): min(frame, max(0, info.frames - beforeEnd)) - distance
            case .fromStart: 0
            }
        if start > 0, decoder.header.seekable != 0, decoder.seek(to: start) { return start }
        if !decoder.isAtStart { decoder = try Self.reopened(layout, source, path) }
        return 0
    }

    /// The mean of each frame's channels, written over the first `frames` values.
    private static func mean(_ values: UnsafeMutablePointer<Float>, frames: Int, channels: Int) {
        guard channels > 1 else { return }
        let count = Float(channels)
        for frame in 0..<frames {
            var sum = values[frame * channels]
            for channel in 1..<channels { sum += values[frame * channels + channel] }
            values[frame] = sum / count
        }
    }
}
