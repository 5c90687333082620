// SPDX-License-Identifier: Apache-2.0

import CSndFile
import Foundation
import SERSupport

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
    /// What was wrong with the file and does not keep it from being read; empty for a file without fault.
    public var remarks: [AudioRemark]

    /// Length in seconds.
    public var duration: Double { Double(frames) / sampleRate }
}

/// Sound files: what libsndfile decodes and, where the program is installed, ffmpeg; told by content and not by the
/// extension of the name.
public enum AudioFile {
    /// How ``write(_:to:format:)`` encodes samples.
    public enum Format: Sendable, Hashable, CaseIterable {
        /// WAV, 16-bit integers; samples outside of [-1, 1) are clipped.
        case wav16
        /// WAV, 32-bit floating point.
        case wavFloat
    }

    /// Rate, channels, length and format of a file; it is decoded only where nothing in it tells its length.
    /// - Parameters:
    ///   - url: The file; a pipe, which could be read only once, is none.
    ///   - truncated: What is done with a file whose end is missing.
    /// - Throws: ``AudioError`` for what is missing, unreadable, not sound, truncated or senseless.
    public static func info(at url: URL, truncated: TruncatedFiles = .refuse) throws(AudioError) -> AudioFileInfo {
        try SoundFileReader(url, truncated: truncated, takesPipes: false).info
    }

    /// The sound of a file as one channel (the mean of all), at its own rate or at another.
    ///
    /// The order is librosa's: decode, mean over channels, then resample, so that `read(at:sampleRate: 22_050)` is
    /// `librosa.load(sr=22050)`. What was wrong with a file that could be read all the same is told by
    /// ``decode(at:sampleRate:from:duration:resampling:truncated:)``.
    /// - Parameters:
    ///   - url: The file, or a named pipe, which is read to its end.
    ///   - sampleRate: The rate wanted, in Hz; nil for the file's own.
    ///   - from: Where to begin, in seconds.
    ///   - duration: How much to read, in seconds; less where the file ends; nil for all.
    ///   - resampling: How good a resampling, where the rates differ.
    ///   - truncated: What is done with a file whose end is missing.
    /// - Throws: ``AudioError``.
    public static func read(
        at url: URL, sampleRate: Double? = nil, from: Double = 0, duration: Double? = nil,
        resampling: ResamplingQuality = .high, truncated: TruncatedFiles = .refuse
    ) throws(AudioError) -> AudioClip {
        try decode(
            at: url, sampleRate: sampleRate, from: from, duration: duration, resampling: resampling,
            truncated: truncated
        ).clip
    }

    /// The same of a regular file, and of nothing else: where a corpus had a file, no pipe is waited for.
    package static func read(
        regularFile url: URL, sampleRate: Double? = nil, from: Double = 0, duration: Double? = nil,
        truncated: TruncatedFiles
    ) throws(AudioError) -> AudioClip {
        try SoundFileReader(url, truncated: truncated, takesPipes: false)
            .decode(sampleRate: sampleRate, from: from, duration: duration, resampling: .high).clip
    }

    /// What ``read(at:sampleRate:from:duration:resampling:truncated:)`` gives, with what is to be known of the file.
    /// - Throws: ``AudioError``.
    public static func decode(
        at url: URL, sampleRate: Double? = nil, from: Double = 0, duration: Double? = nil,
        resampling: ResamplingQuality = .high, truncated: TruncatedFiles = .refuse
    ) throws(AudioError) -> DecodedAudio {
        try SoundFileReader(url, truncated: truncated)
            .decode(sampleRate: sampleRate, from: from, duration: duration, resampling: resampling)
    }

    /// The sound that an open descriptor gives, such as that of standard input or of a pipe, read to its end; up to
    /// 512 MiB of it are held in memory, and more is ``AudioError/endless(path:limit:)``.
    /// - Parameters:
    ///   - descriptor: Is left open.
    ///   - name: What messages call it.
    ///   - sampleRate: The rate wanted, in Hz; nil for the sound's own.
    ///   - from: Where to begin, in seconds.
    ///   - duration: How much is wanted, in seconds; nil for all.
    ///   - resampling: How good a resampling, where the rates differ.
    ///   - truncated: What is done with sound whose end is missing.
    /// - Throws: ``AudioError``.
    public static func decode(
        descriptor: Int32, name: String, sampleRate: Double? = nil, from: Double = 0, duration: Double? = nil,
        resampling: ResamplingQuality = .high, truncated: TruncatedFiles = .refuse
    ) throws(AudioError) -> DecodedAudio {
        let source = try ByteSource.spooling(descriptor, name: name, awaitsWriter: false)
        return try SoundFileReader(source, name: name, truncated: truncated)
            .decode(sampleRate: sampleRate, from: from, duration: duration, resampling: resampling)
    }

    /// Writes a clip as a WAV file, whole or not at all: a temporary file in the same folder is flushed to the disk and
    /// takes the name at the end.
    /// - Throws: ``AudioError/unwritable(path:reason:)``, ``AudioError/notFinite(path:seconds:)`` and
    ///   ``AudioError/invalidRate(path:from:to:)`` for a rate that is not a whole number of Hz.
    public static func write(_ clip: AudioClip, to url: URL, format: Format = .wav16) throws(AudioError) {
        try SoundFileWriter.write(clip, to: url, format: format, .flushed)
    }

    /// The same with a choice: thousands of files that can be made again need not each wait for the disk.
    package static func write(
        _ clip: AudioClip, to url: URL, format: Format = .wav16, _ durability: AtomicFile.Durability
    ) throws(AudioError) {
        try SoundFileWriter.write(clip, to: url, format: format, durability)
    }
}
