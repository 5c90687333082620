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

    @OptionGroup var voice: VoiceOptions
    @OptionGroup var reading: SoundReadingOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        try SoundInput.validate(files)
        try voice.validate(files)
        if let unsureBelow, !(0...1).contains(unsureBelow) {
            throw ValidationError("--unsure-below \(unsureBelow): must be from 0 to 1.")
        }
    }

    func run() throws {
        common.apply()
        let (model, files) = try ModelInput.first(of: files)
        let general = try model.recognizer()
        guard !files.isEmpty else {
            throw ValidationError("\(model.lastName) is a model: name the sound after it.")
        }
        let recognizer = try voice.adapted(general, to: files, truncated: reading.truncated)
        if unsureBelow ?? recognizer.unsureBelow ?? 0 > 0 { noteMargins(of: recognizer) }
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
