// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERAudio
import SERModels
import SERPretrained
import SERSupport

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Recognise the emotion in sound files.",
        discussion: """
            A file that cannot be read is told on standard error; the others are predicted all the same, and the exit \
            code is 1. With --json each file is one line, with what is wrong with it under "error". Of a \
            long file the model hears the part with most speech, which is told. Where no speech is found, that is told \
            too, and where the model refuses to guess, or with --unsure-below, the answer is "not sure": in JSON \
            "answer" is null then, and "label" the most probable emotion all the same.

            Without a model, the recognizer that comes with the library answers, which is also called \
            \(ModelInput.standard.name): six emotions of voices it has never heard, in English. Docs/PretrainedModels.md \
            says how often it is right.

            A model that is standardised by speaker (`ser train --standardize speaker`) knows a voice by what it has heard \
            of it: with --same-speaker by all the files, without their emotions. The more they differ in emotion, the more \
            that is worth; without it, each voice is taken for an average one.

            EXAMPLE:
              ser predict speech.wav
              ser predict gru.safetensors speech.wav --unsure-below 0.6
            """)

    @Argument(
        help: ArgumentHelp(
            "Sound, and before it perhaps a model: a file that `ser train` wrote, or `\(ModelInput.standard.name)`. "
                + "\(SoundInput.help)", valueName: "file"))
    var files: [SoundInput]

    @Option(
        help: ArgumentHelp(
            "Say \"not sure\" where no emotion is this probable, from 0 to 1. (default: as the model says)",
            valueName: "number"))
    var unsureBelow: Float?

    @Flag(help: "All the files are of one speaker, whose voice the model knows by them.")
    var sameSpeaker = false

    @OptionGroup var reading: SoundReadingOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        try SoundInput.validate(files)
        if sameSpeaker, files.contains(where: { $0.file == nil }) {
            throw ValidationError("--same-speaker: - gives its sound once, and files are heard twice. Name a file.")
        }
        if let unsureBelow, !(0...1).contains(unsureBelow) {
            throw ValidationError("--unsure-below \(unsureBelow): must be from 0 to 1.")
        }
    }

    func run() throws {
        common.apply()
        let (general, files) = try recognizerAndSound()
        let recognizer = try adapted(general, to: files)
        var failures = 0
        var missesSpeech = false
        for file in files {
            if Interruption.isRequested { throw ExitCode(Interruption.exitCode) }
            let answer = Result {
                try file.result(
                    truncated: reading.truncated,
                    ofFile: { try recognizer.recognize(contentsOf: $0, truncated: reading.truncated) },
                    ofClip: recognizer.recognize)
            }
            switch answer {
            case .success(let prediction):
                note(prediction.remarks, about: file.title)
                try show(prediction, of: file, threshold: recognizer.unsureBelow)
                missesSpeech = missesSpeech || !prediction.heard.hasSpeech && !prediction.heard.isWhole
            case .failure(let error):
                if Interruption.isRequested { throw ExitCode(Interruption.exitCode) }
                failures += 1
                note(error, about: file.title)
                if common.json { try printJSON(FailedFile(file: file.name, error: error), onOneLine: true) }
            }
        }
        if missesSpeech, recognizer.pipeline.window == .beginning {
            note(
                "The model hears the beginning of a file alone, as it was trained. Trained anew by ser train, it hears "
                    + "the part with most speech.")
        }
        // What is neither a model nor sound costs the others nothing; but a model may have been meant.
        if failures > 0, let first = files.first, files.count > 1, first.file?.modelOrSound == .neither {
            note("\(first.title) is no model: \(ModelInput.standard.name), which comes with the library, has answered.")
        }
        if failures > 0 { throw ExitCode.failure }
    }

    /// The recognizer as it is, or for the one voice that all files are of.
    private func adapted(_ recognizer: Recognizer, to files: [SoundInput]) throws -> Recognizer {
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
        for file in files.compactMap(\.file) {
            if Interruption.isRequested { throw ExitCode(Interruption.exitCode) }
            do {
                // A pipe gives its sound once, and that is for the answer.
                let heard = try recognizer.pipeline.hear(file, truncated: reading.truncated, takesPipes: false)
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

    /// The model that stands first, or else the library's own, and the sound.
    private func recognizerAndSound() throws -> (Recognizer, [SoundInput]) {
        guard let first = files.first, let file = first.file, let model = ModelInput(argument: first.argument) else {
            return (try ModelInput.standard.recognizer(), files)
        }
        let kind = model.file == nil ? .model : file.modelOrSound
        guard kind == .model else {
            return (try ModelInput.standard.recognizer(), files)
        }
        let recognizer = try model.recognizer()
        guard files.count > 1 else {
            throw ValidationError("\(model.lastName) is a model: name the sound after it.")
        }
        return (recognizer, Array(files.dropFirst()))
    }

    private func show(_ prediction: Prediction, of file: SoundInput, threshold: Float?) throws {
        let heard = prediction.heard, threshold = unsureBelow ?? threshold ?? 0
        let isUnsure = prediction.label(unsureBelow: threshold) == nil || (!heard.hasSpeech && threshold > 0)
        guard common.json else {
            let answer = isUnsure ? "not sure (\(prediction.ranking))" : prediction.ranking
            return try printText("\(file.title): \(answer)\(heard.remark.map { "  (\($0))" } ?? "")")
        }
        let probabilities = Dictionary(prediction.entries.map { ($0.label, $0.probability) }) { first, _ in first }
        try printJSON(
            Report(
                file: file.name, answer: NullableText(isUnsure ? nil : prediction.label), label: prediction.label,
                unsure: isUnsure, speechFound: heard.hasSpeech, heard: heard,
                remarks: prediction.remarks.map(\.description), probabilities: probabilities),
            onOneLine: true)
    }

    private struct Report: Encodable {
        let file: String
        /// The emotion that is told; null for "not sure".
        let answer: NullableText
        /// The most probable emotion, also where it is too uncertain to be told.
        let label: String
        let unsure: Bool
        /// Whether somebody speaks in the part of the file that was listened to.
        let speechFound: Bool
        /// Which part that is, in seconds.
        let heard: HeardPart
        /// What was wrong with the file and did not keep it from being read.
        let remarks: [String]
        let probabilities: [String: Float]
    }
}
