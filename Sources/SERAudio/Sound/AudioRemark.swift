// SPDX-License-Identifier: Apache-2.0

/// What is to be known of a sound that was read from a file that is not as it should be.
public enum AudioRemark: Sendable, Hashable, Codable {
    /// The header does not say how long the sound is, as when a recorder stops short or a program writes to a pipe; it
    /// was read to the end of the file.
    case lengthNotStated
    /// The header states more frames than the whole file holds; all that are there were read.
    case lengthMisstated(frames: Int?)
    /// The end of the file is missing, and what is there was accepted; nil where the format does not state how many
    /// frames there should be.
    case truncated(expectedFrames: Int?, foundFrames: Int)
    /// So many bytes among or after the sound are neither sound nor a tag, and were left out.
    case skipped(bytes: Int)
    /// Another sound file stands behind the first in the same file, in so many bytes, and was left out; the file must be
    /// split for it to be heard.
    case joined(bytes: Int)
}

extension AudioRemark {
    /// What a remark of this kind says of any file.
    package var heading: String {
        switch self {
        case .lengthNotStated: "the header was not closed and states no length; read to the end of the file"
        case .lengthMisstated: "the header states a wrong length; all the sound that is there was read"
        case .truncated: "truncated; what is there was read"
        case .skipped: "bytes that are no sound were left out"
        case .joined: "another sound file stands behind the first in the same file and was left out; split it"
        }
    }

    /// What it says of one file besides, such as `4410 of 8820 frames`; nil where that is nothing.
    package var figures: String? {
        switch self {
        case .lengthNotStated: nil
        case .lengthMisstated(let frames): frames.map { "\($0) frames stated" }
        case .truncated(let expected, let found): "\(found)" + (expected.map { " of \($0)" } ?? "") + " frames"
        case .skipped(let bytes), .joined(let bytes): "\(bytes) bytes"
        }
    }
}

extension AudioRemark: CustomStringConvertible {
    public var description: String {
        switch self {
        case .lengthNotStated: heading
        case .lengthMisstated(let frames):
            "the header states a wrong length" + (frames.map { " (\($0) frames)" } ?? "")
                + "; all the sound that is there was read"
        case .truncated(let expected, let found):
            "truncated: \(found)" + (expected.map { " of \($0)" } ?? "") + " frames are there and were read"
        case .skipped(let bytes):
            "\(bytes) bytes that are no sound were left out"
        case .joined(let bytes):
            "another sound file stands behind the first in the same file and was left out (\(bytes) bytes); split it"
        }
    }
}

/// What is done with files whose end is missing.
public enum TruncatedFiles: String, Codable, Sendable, Hashable, CaseIterable {
    /// They are an error, ``AudioError/truncated(path:expectedFrames:foundFrames:)``.
    case refuse
    /// What is there is read, and ``AudioRemark/truncated(expectedFrames:foundFrames:)`` says so.
    case accept
}

/// The sound of a file, and what is to be known of it.
public struct DecodedAudio: Sendable, Equatable {
    /// The sound.
    public var clip: AudioClip
    /// What was wrong with the file and did not keep it from being read; empty for a file without fault.
    public var remarks: [AudioRemark]

    /// A clip with remarks.
    public init(clip: AudioClip, remarks: [AudioRemark] = []) {
        self.clip = clip
        self.remarks = remarks
    }
}
