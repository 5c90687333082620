// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERAudio
import SERModels
import SERSupport

/// Whose voice is heard, for models that are standardised by speaker.
struct VoiceOptions: ParsableArguments {
    @Flag(help: "All the files are of one speaker, whose voice the model knows by them.")
    var sameSpeaker = false

    /// Finds that files can be heard twice.
    func validate(_ files: [SoundInput]) throws {
        if sameSpeaker, files.contains(where: { $0.file == nil }) {
            throw ValidationError("--same-speaker: - gives its sound once, and files are heard twice. Name a file.")
        }
    }

    /// The recognizer as it is, or for the one voice that all files are of.
    func adapted(_ recognizer: Recognizer, to files: [SoundInput], truncated: TruncatedFiles) throws -> Recognizer {
        guard recognizer.adaptsToVoices else {
            guard !sameSpeaker else {
                throw ValidationError(
                    "--same-speaker: this model reads every voice by the same numbers. Leave it out, or train a model with "
                        + "--standardize speaker.")
            }
            return recognizer
        }
        guard sameSpeaker else {
            note(
                "The model is standardised by speaker, and takes each voice for an average one. Where all files are of one "
                    + "speaker, say --same-speaker.")
            return recognizer
        }
        var voice = Voice()
        for file in Self.eachOnce(files) {
            if Interruption.isRequested { throw ExitCode(Interruption.exitCode) }
            do {
                // A pipe gives its sound once, and that is for the answer.
                let heard = try recognizer.pipeline.hear(file, truncated: truncated, takesPipes: false)
                if heard.part.voicedSeconds > 0 {
                    try voice.hear(heard, by: recognizer)
                } else {
                    note("\(file.path.onOneLine) is no part of the voice: nobody speaks in it.")
                }
            } catch {
                // Why, is told where it is to be recognised.
                note("\(file.path.onOneLine) is no part of the voice: it cannot be read, or gives its sound only once.")
            }
        }
        return try recognizer.adapted(to: voice)
    }

    /// The files, each once under whatever names it has: what is heard again tells nothing more of a voice.
    private static func eachOnce(_ files: [SoundInput]) -> [URL] {
        var known: Set<FileIdentity> = [], kept: [URL] = [], again: [String] = []
        for file in files {
            guard let url = file.file else { continue }
            if let identity = FileIdentity(url), !known.insert(identity).inserted {
                again.append(file.argument)
            } else {
                kept.append(url)
            }
        }
        if let first = again.first {
            note(
                "\(counted(again.count, "name leads", plural: "names lead")) to files that are named before, such as "
                    + "\(first.onOneLine): each file counts once for the voice.")
        }
        return kept
    }
}
