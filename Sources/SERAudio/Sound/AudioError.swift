// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// What can be wrong with a sound file; the message names the file and says what to do.
public enum AudioError: Error, Equatable, Sendable {
    /// There is no such file.
    case missing(path: String)
    /// A folder, a device or a pipe stands where a sound file should.
    case notAFile(path: String)
    /// The file exists but may not be read; `reason` is the system's.
    case unreadable(path: String, reason: String)
    /// The file holds no bytes.
    case emptyFile(path: String)
    /// A pipe gave more bytes than are held in memory.
    case endless(path: String, limit: Int)
    /// The file is not the one that a corpus was read from: somebody has written over it since.
    case replaced(path: String)
    /// The contents are no sound format that can be decoded; `reason` is the decoder's.
    case notAudio(path: String, reason: String)
    /// Not the sound but what a program that keeps large files out of Git left in its place.
    case placeholder(path: String, SoundPlaceholder)
    /// Text stands where a sound file should.
    case text(path: String, TextContent)
    /// A format, by its name, that libsndfile does not decode, and no ffmpeg program is there.
    case needsFFmpeg(path: String, format: String)
    /// A format, by its name, that libsndfile does not decode, and why ffmpeg does not either.
    case ffmpegFailed(path: String, format: String, FFmpegFailure)
    /// The end of the file is missing: the header promises more frames than are there, or the last page or frame is not
    /// whole; nil where the format does not state how many there should be. What is there is read with
    /// ``TruncatedFiles/accept``, and by every command of `ser` that reads sound with `--truncated accept`.
    case truncated(path: String, expectedFrames: Int?, foundFrames: Int)
    /// The header promises what no file of this size can hold, or a rate or channel count that cannot be.
    case implausibleHeader(path: String, reason: String)
    /// The file is sound, and holds no samples.
    case noSamples(path: String)
    /// The part asked for lies outside of the file, or is none; times in seconds.
    case emptyRange(path: String, from: Double, duration: Double?, fileDuration: Double)
    /// More frames than are read at once; times in seconds.
    case tooLong(path: String, frames: Int, limit: Int)
    /// A sample is NaN or infinite, at a time in seconds; no path for a clip that is of no file.
    case notFinite(path: String?, seconds: Double)
    /// A sample is larger than ``AudioClip/highestSample`` times full scale, at a time in seconds.
    case beyondScale(path: String?, seconds: Double, sample: Float)
    /// A sample rate, in Hz, that cannot be resampled to or from.
    case invalidRate(path: String?, from: Double, to: Double)
    /// Writing failed; `reason` is the system's.
    case unwritable(path: String, reason: String)
}

/// What stands in a working copy for a sound file that was not fetched with it.
public enum SoundPlaceholder: Sendable, Hashable {
    /// A pointer of Git LFS.
    case gitLFS
    /// A pointer of git-annex.
    case gitAnnex
}

/// Text where a sound file should be.
public enum TextContent: Sendable, Hashable {
    /// A page of HTML, such as servers send in place of what they do not find.
    case webPage
    /// Other text, which begins with these characters.
    case plain(beginning: String)
}

extension AudioError {
    /// The file that it is about; nil for a clip that is of none.
    package var path: String? {
        switch self {
        case .missing(let path), .notAFile(let path), .unreadable(let path, _), .emptyFile(let path),
            .endless(let path, _), .replaced(let path), .notAudio(let path, _), .placeholder(let path, _),
            .text(let path, _), .needsFFmpeg(let path, _),
            .ffmpegFailed(let path, _, _), .truncated(let path, _, _), .implausibleHeader(let path, _),
            .noSamples(let path), .emptyRange(let path, _, _, _), .tooLong(let path, _, _), .unwritable(let path, _):
            path
        case .notFinite(let path, _), .beyondScale(let path, _, _), .invalidRate(let path, _, _): path
        }
    }

    /// What to do about the system's reason for not opening a file.
    private static func remedy(forReason reason: String) -> String {
        func isOneOf(_ codes: [Int32]) -> Bool { codes.contains { String(cString: strerror($0)) == reason } }
        if isOneOf([EACCES, EPERM]) { return "check its permissions" }
        if isOneOf([EMFILE]) { return "allow this program more open files, as by ulimit -n 1024 before it is run" }
        if isOneOf([ENFILE]) { return "end other programs, which have too many files open" }
        if isOneOf([ENAMETOOLONG]) { return "give the file, or the folders that it lies in, shorter names" }
        return "try again, or copy the file to another disk"
    }

    /// What is wrong and what to do, for those who name the file themselves.
    package var fault: String {
        switch self {
        case .missing(let path):
            "there is no such file; "
                + (path.contains("\u{fffd}") ? "a name that is not UTF-8 must be changed" : "check the path")
        case .notAFile(let path):
            "this is a folder, a device or a pipe to which nobody writes, not a sound file; of a folder, name the "
                + "files, such as \(path.hasSuffix("/") ? path : path + "/")*.wav"
        case .unreadable(_, let reason):
            "cannot be opened (\(reason)); " + Self.remedy(forReason: reason)
        case .emptyFile:
            "the file is empty (0 bytes); copy or download it again"
        case .endless(_, let limit):
            "more than \(limit >> 20) MiB came through the pipe, and a pipe is held in memory; write the sound to a "
                + "file and name that, or send less of it"
        case .replaced:
            "the file is not the one that was there when the corpus was read; read the corpus again, and leave its "
                + "files alone meanwhile"
        case .notAudio(_, let reason):
            "not a sound file that can be decoded (\(reason)); convert it to WAV, FLAC, AIFF or Ogg"
        case .placeholder(_, .gitLFS):
            "this is a Git LFS pointer, not the sound itself; fetch the sound with `git lfs pull` in its folder"
        case .placeholder(_, .gitAnnex):
            "this is a git-annex pointer, not the sound itself; fetch the sound with `git annex get .` "
                + "in its folder"
        case .text(_, .webPage):
            "this is a web page (HTML), not a sound file; download the file itself again"
        case .text(_, .plain(let beginning)):
            "this is text (\"\(beginning)\"), not a sound file; copy or download the sound again"
        case .needsFFmpeg(let path, let format):
            "\(format) is decoded by the ffmpeg program, which was not found or is switched off by "
                + "\(FFmpegFailure.variable)=off; install it, or convert the file where it is installed: "
                + ForeignFormat.conversion(of: path)
        case .ffmpegFailed(_, let format, let failure):
            "\(format), which ffmpeg was asked to decode and did not: \(failure)"
        case .truncated(_, let expected, let found):
            "truncated, "
                + (expected.map { "the header promises \($0) frames and \(found) are there" }
                    ?? "it ends after \(found) frames, in the middle of the sound")
                + "; copy or download it again, or read what is there with --truncated accept"
        case .implausibleHeader(_, let reason):
            "the header cannot be right (\(reason)); convert or download the file again"
        case .noSamples:
            "holds no samples; leave it out or record it again"
        case .emptyRange(_, let from, let duration, let fileDuration):
            "nothing to read from \(from) s"
                + (duration.map { " for \($0) s" } ?? "")
                + "; the file is \(fileDuration) s long"
        case .tooLong(_, let frames, let limit):
            "\(frames) frames are more than is read at once (\(limit)); cut the file into shorter ones, as by "
                + "ffmpeg -i FILE -f segment -segment_time 3600 part%03d.wav"
        case .notFinite(_, let seconds):
            "a sample at \(seconds) s is NaN or infinite; export the sound again"
        case .beyondScale(_, let seconds, let sample):
            "a sample at \(seconds) s is \(sample), where full scale is 1 and "
                + "no recording reaches \(Int(AudioClip.highestSample)); export the sound again"
        case .invalidRate(_, let from, let to):
            "cannot resample from \(from) Hz to \(to) Hz; "
                + "rates must be from 1 to \(Int(saturating: SoundBounds.highestRate)) Hz, "
                + "and the result at most \(SoundBounds.mostFrames) samples"
        case .unwritable(_, let reason):
            "cannot be written (\(reason)); check the folder, its permissions and the space left"
        }
    }
}

extension AudioError: LocalizedError, CustomStringConvertible {
    public var errorDescription: String? { description }

    public var description: String { (path.map { "\($0): " } ?? "") + fault }
}
