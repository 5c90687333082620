// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERAudio

/// The sound that a command is given: a file, or `-` for standard input.
struct SoundInput: ExpressibleByArgument, Sendable {
    /// What it was called by: a path, or `-`.
    let name: String
    let file: URL?
    /// What was typed.
    let argument: String

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        self.argument = argument
        file = argument == "-" ? nil : URL(fileURLWithPath: argument)
        name = file?.path ?? argument
    }

    /// What people are told of, on one line.
    var title: String { file?.path.onOneLine ?? "standard input" }
    /// The same without folders.
    var lastName: String { file?.lastPathComponent.onOneLine ?? title }

    /// What one of two functions makes of the sound: of a file, which it need not read whole, or of all that comes from
    /// standard input, of which is told what is wrong with it.
    func result<Result>(
        truncated: TruncatedFiles, ofFile: (URL) throws -> Result, ofClip: (AudioClip) throws -> Result
    ) throws -> Result {
        if let file { return try ofFile(file) }
        return try ofClip(clip(truncated: truncated))
    }

    /// All of the sound, at its own rate or another; what is wrong with it is told.
    func clip(sampleRate: Double? = nil, truncated: TruncatedFiles) throws -> AudioClip {
        let decoded =
            if let file {
                try AudioFile.decode(at: file, sampleRate: sampleRate, truncated: truncated)
            } else {
                try AudioFile.decode(descriptor: 0, name: title, sampleRate: sampleRate, truncated: truncated)
            }
        note(decoded.remarks, about: title)
        return decoded.clip
    }

    /// Finds that standard input, which gives its sound once, is named at most once.
    static func validate(_ inputs: [SoundInput]) throws {
        if inputs.count(where: { $0.file == nil }) > 1 {
            throw ValidationError("- is named several times: standard input gives its sound once.")
        }
    }

    /// What is said of such arguments.
    static let help = """
        Sound at any rate, with any number of channels: WAV, AIFF, FLAC, Ogg, Opus, MP3, CAF, AU and what else libsndfile \
        reads; where the ffmpeg program is installed also m4a, mp4, webm, aac and wma; - for standard input.
        """
}
