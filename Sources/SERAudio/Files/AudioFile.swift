import CSndFile
import Foundation

/// What the header of a sound file says.
public struct AudioFileInfo: Sendable, Hashable {
    /// Frames a second, in Hz.
    public var sampleRate: Double
    /// Samples in a frame.
    public var channels: Int
    /// Length in frames.
    public var frames: Int
    /// Container and encoding, such as "WAV (Microsoft), Signed 16 bit PCM".
    public var format: String

    /// Length in seconds.
    public var duration: Double { Double(frames) / sampleRate }
}

/// Sound files: what libsndfile decodes, told by content and not by the extension of the name.
public enum AudioFile {
    /// The most frames one call reads: 6.2 hours at 48 kHz, 4 GB of samples.
    static let mostFrames = 1 << 30

    /// How ``write(_:to:format:)`` encodes samples.
    public enum Format: Sendable, Hashable, CaseIterable {
        /// WAV, 16-bit integers; samples outside of [-1, 1) are clipped.
        case wav16
        /// WAV, 32-bit floating point.
        case wavFloat
    }

    /// Rate, channels, length and format of a file, without decoding it.
    /// - Throws: ``AudioError`` for what is missing, unreadable, not sound, truncated or senseless.
    public static func info(at url: URL) throws(AudioError) -> AudioFileInfo { try SoundFileReader(url).info }

    /// The sound of a file as one channel (the mean of all), at its own rate or at another.
    ///
    /// The order is librosa's: decode, mean over channels, then resample, so that `read(at:sampleRate: 22_050)` is
    /// `librosa.load(sr=22050)`.
    /// - Parameters:
    ///   - url: The file.
    ///   - sampleRate: The rate wanted, in Hz; nil for the file's own.
    ///   - from: Where to begin, in seconds.
    ///   - duration: How much to read, in seconds; less where the file ends; nil for all.
    ///   - resampling: How good a resampling, where the rates differ.
    /// - Throws: ``AudioError``.
    public static func read(
        at url: URL, sampleRate: Double? = nil, from: Double = 0, duration: Double? = nil,
        resampling: ResamplingQuality = .high
    ) throws(AudioError) -> AudioClip {
        let reader = try SoundFileReader(url)
        let rate = sampleRate ?? reader.info.sampleRate
        guard Resampler.accepts(rate) else {
            throw .invalidRate(path: reader.path, from: reader.info.sampleRate, to: rate)
        }
        let range = try reader.frames(from: from, duration: duration)
        guard Resampler.isReasonable(range.count, from: reader.info.sampleRate, to: rate) else {
            throw .tooLong(path: reader.path, frames: range.count, limit: mostFrames)
        }
        if rate == reader.info.sampleRate {
            var samples: [Float] = []
            samples.reserveCapacity(reader.believable(range.count))
            try reader.read(range) {
                samples.append(contentsOf: $0)
                return true
            }
            return AudioClip(samples: samples, sampleRate: rate)
        }
        guard let resampler = Resampler(from: reader.info.sampleRate, to: rate, quality: resampling) else {
            throw .invalidRate(path: reader.path, from: reader.info.sampleRate, to: rate)
        }
        resampler.reserve(samples: reader.believable(range.count))
        try reader.read(range) {
            resampler.append($0)
            return true
        }
        return AudioClip(samples: resampler.finish(), sampleRate: rate)
    }

    /// The first `samples` samples of what ``read(at:sampleRate:from:duration:resampling:)`` gives at a rate in Hz, bit
    /// for bit, or all where there are fewer. The rest of the file is not decoded.
    /// - Throws: ``AudioError``; damage beyond what is needed is not found.
    package static func read(at url: URL, sampleRate rate: Double, first samples: Int) throws(AudioError) -> AudioClip {
        let reader = try SoundFileReader(url)
        guard Resampler.accepts(rate) else {
            throw .invalidRate(path: reader.path, from: reader.info.sampleRate, to: rate)
        }
        guard samples <= mostFrames else { throw .tooLong(path: reader.path, frames: samples, limit: mostFrames) }
        let all = 0..<reader.info.frames
        if rate == reader.info.sampleRate {
            var read: [Float] = []
            let wanted = all.clamped(to: 0..<samples)
            read.reserveCapacity(reader.believable(wanted.count))
            try reader.read(wanted) {
                read.append(contentsOf: $0)
                return true
            }
            return AudioClip(samples: read, sampleRate: rate)
        }
        guard let resampler = Resampler(from: reader.info.sampleRate, to: rate, quality: .high) else {
            throw .invalidRate(path: reader.path, from: reader.info.sampleRate, to: rate)
        }
        // The resampler is fed the same blocks whether or not more follow, so what it has given stays as it is.
        try reader.read(all) {
            resampler.append($0)
            return resampler.count < samples
        }
        let resampled = resampler.count < samples ? resampler.finish() : resampler.given
        return AudioClip(samples: Array(resampled.prefix(samples)), sampleRate: rate)
    }

    /// Writes a clip as a WAV file, whole or not at all: a temporary file in the same folder takes the name at the end.
    /// - Throws: ``AudioError/unwritable(path:reason:)``, ``AudioError/notFinite(path:seconds:)`` and
    ///   ``AudioError/invalidRate(path:from:to:)`` for a rate that is not a whole number of Hz.
    public static func write(_ clip: AudioClip, to url: URL, format: Format = .wav16) throws(AudioError) {
        try SoundFileWriter.write(clip, to: url, format: format)
    }
}
