import CSndFile
import Foundation

/// An open sound file, whose header has been found plausible.
final class SoundFileReader {
    let path: String
    let info: AudioFileInfo
    private let file: OpaquePointer
    private let bytes: Int
    private let seekable: Bool

    /// Values decoded at once, over all channels.
    private static let block = 1 << 15

    init(_ url: URL) throws(AudioError) {
        path = url.path
        let (descriptor, bytes) = try Self.open(path)
        self.bytes = bytes
        let promised = SoundChunks.promised(descriptor: descriptor, bytes: bytes)
        var header = SF_INFO()
        guard let file = sf_open_fd(descriptor, Int32(SFM_READ), &header, 1) else {
            close(descriptor)
            throw .notAudio(path: path, reason: String(cString: sf_strerror(nil)))
        }
        self.file = file
        seekable = header.seekable != 0
        info = AudioFileInfo(
            sampleRate: Double(header.samplerate), channels: Int(header.channels), frames: Int(header.frames),
            format: Self.name(header.format, file))
        try check(promised)
    }

    deinit { sf_close(file) }

    /// An open descriptor of a regular file and its length in bytes.
    private static func open(_ path: String) throws(AudioError) -> (descriptor: Int32, bytes: Int) {
        // O_NONBLOCK: opening a pipe to which nobody writes would wait for ever.
        let descriptor = Foundation.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { throw .missing(path: path) }
            throw .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .notAFile(path: path)
        }
        guard status.st_size > 0 else {
            close(descriptor)
            throw .emptyFile(path: path)
        }
        return (descriptor, Int(status.st_size))
    }

    private func check(_ promised: SoundChunks.Promise?) throws(AudioError) {
        guard info.sampleRate >= 1000, info.sampleRate <= Resampler.highestRate else {
            throw .implausibleHeader(path: path, reason: "\(Int(info.sampleRate)) Hz")
        }
        guard info.channels > 0, info.channels <= 1024 else {
            throw .implausibleHeader(path: path, reason: "\(info.channels) channels")
        }
        if let promised, promised.missingFrames > 0 {
            throw .truncated(
                path: path, expectedFrames: promised.frames, foundFrames: promised.frames - promised.missingFrames)
        }
        guard info.frames != 0 else { throw .noSamples(path: path) }
        // The densest real case is silence in FLAC: a block of 65,535 frames in about ten bytes.
        guard info.frames > 0, info.frames / 65_536 <= bytes else {
            throw .implausibleHeader(path: path, reason: "\(info.frames) frames in \(bytes) bytes")
        }
    }

    private static func name(_ format: Int32, _ file: OpaquePointer) -> String {
        [Int32(SF_FORMAT_TYPEMASK), Int32(SF_FORMAT_SUBMASK)].map { mask in
            var query = SF_FORMAT_INFO()
            query.format = format & mask
            let size = Int32(MemoryLayout<SF_FORMAT_INFO>.size)
            guard sf_command(file, Int32(SFC_GET_FORMAT_INFO), &query, size) == 0, let name = query.name
            else { return "?" }
            return String(cString: name)
        }.joined(separator: ", ")
    }

    /// A number of frames that may be reserved: no header makes the library allocate more than four times the file.
    func believable(_ frames: Int) -> Int { min(frames, bytes) }

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
        guard range.count <= AudioFile.mostFrames else {
            throw .tooLong(path: path, frames: range.count, limit: AudioFile.mostFrames)
        }
        return range
    }

    /// Decodes a range of frames in blocks, each the mean over channels, for as long as `body` wants more.
    func read(_ range: Range<Int>, _ body: (UnsafeBufferPointer<Float>) -> Bool) throws(AudioError) {
        let channels = info.channels
        let capacity = max(1, Self.block / channels)
        let space = UnsafeMutablePointer<Float>.allocate(capacity: capacity * channels)
        defer { space.deallocate() }
        var position = try skip(to: range.lowerBound, space, capacity)
        while position < range.upperBound {
            let wanted = min(capacity, range.upperBound - position)
            let got = Int(sf_readf_float(file, space, sf_count_t(wanted)))
            guard got > 0 else { throw .truncated(path: path, expectedFrames: info.frames, foundFrames: position) }
            Self.mean(space, frames: got, channels: channels)
            if let bad = (0..<got).first(where: { !space[$0].isFinite }) {
                throw .notFinite(path: path, seconds: Double(position + bad) / info.sampleRate)
            }
            guard body(UnsafeBufferPointer(start: space, count: got)) else { return }
            position += got
        }
    }

    private func skip(
        to frame: Int, _ space: UnsafeMutablePointer<Float>, _ capacity: Int
    ) throws(AudioError) -> Int {
        guard frame > 0 else { return 0 }
        if seekable, sf_seek(file, sf_count_t(frame), Int32(SEEK_SET)) == sf_count_t(frame) { return frame }
        var position = 0
        while position < frame {
            let got = Int(sf_readf_float(file, space, sf_count_t(min(capacity, frame - position))))
            guard got > 0 else { throw .truncated(path: path, expectedFrames: info.frames, foundFrames: position) }
            position += got
        }
        return position
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
