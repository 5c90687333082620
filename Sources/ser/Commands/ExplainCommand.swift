// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERAudio
import SERModels
import SERReports
import SERSupport

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tell what in a sound file speaks for an emotion and what against it.",
        discussion: """
            Attributes a logit of the network to the clip's frames and coefficients, against a clip whose features are \
            the mean of the training part. Of a long file the model hears a part, as in predict; times count from the \
            file's beginning. Without a model, \(ModelInput.standard.name) is explained, which comes with the library.

            A model that is standardised by speaker knows a voice by what it has heard of it: with --same-speaker the first \
            sound is explained, and the files after it are of the same voice, as in predict.

            EXAMPLE:
              ser explain speech.wav --output speech.svg
              ser explain gru.safetensors speech.wav --output speech.svg
            """)

    /// What --method takes.
    enum Method: String, CaseIterable, ExpressibleByArgument {
        case integratedGradients = "integrated-gradients"
        case gradient, occlusion, all

        var methods: [ExplanationMethod] {
            switch self {
            case .integratedGradients: [.integratedGradients()]
            case .gradient: [.gradientTimesInput]
            case .occlusion: [.occlusion()]
            case .all: [.integratedGradients(), .gradientTimesInput, .occlusion()]
            }
        }
    }

    @Argument(
        help: ArgumentHelp(
            "Sound, and before it perhaps a model: a file that `ser train` wrote, or `\(ModelInput.standard.name)`. "
                + "\(SoundInput.help)", valueName: "file"))
    var files: [SoundInput]

    @Option(help: ArgumentHelp("Draw the evidence over the mel spectrogram into this SVG file.", valueName: "file"))
    var output: URL?

    @Option(help: "How the logit is attributed.")
    var method = Method.integratedGradients

    @Option(help: ArgumentHelp("The emotion to explain. (default: the predicted one)", valueName: "name"))
    var label: String?

    @Flag(help: "Explain what decides between that emotion and the most probable other one.")
    var contrast = false

    @OptionGroup var voice: VoiceOptions
    @OptionGroup var reading: SoundReadingOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        try voice.validate(files)
        guard files.count <= 2 || voice.sameSpeaker else {
            throw ValidationError(
                "One sound file is explained at a time, and \(files.count - 1) follow the first one named.")
        }
    }

    func run() throws {
        common.apply()
        let (model, sound) = try modelAndSound()
        let file = sound[0]
        if let output { try prepare(output: output, besides: [model.file, file.file].compactMap { $0 }) }
        let recognizer = try voice.adapted(model.recognizer(), to: sound, truncated: reading.truncated)
        let (heard, explanations) = try explain(file, with: recognizer)
        guard let first = explanations.first else { return }
        if let output {
            let figure = try ExplanationFigure(
                explanations, of: heard.clip, named: file.lastName, by: recognizer)
            try AtomicFile.write(Data(figure.svg.utf8), to: output)
        }
        if common.json {
            try printJSON(Report(file: file.name, explanations: explanations))
        } else {
            try printText("\(file.title): \(first.prediction)\n")
            try printText(explanations.map { "\($0)" }.joined(separator: "\n\n"))
            if let output { try printText("\nfigure: \(output.path)") }
        }
    }

    /// The model, and the sound: what is explained, and with --same-speaker what else is of the voice.
    private func modelAndSound() throws -> (ModelInput, [SoundInput]) {
        if files.count == 1, let only = files[0].file {
            if only.modelOrSound == .model, FileManager.default.isReadableFile(atPath: only.path) {
                throw ValidationError("\(files[0].lastName) is a model: name the sound after it.")
            }
            return (.standard, files)
        }
        if voice.sameSpeaker { return try ModelInput.first(of: files) }
        let model = files.count > 1 ? ModelInput(argument: files[0].argument) : nil
        return (model ?? .standard, [files[files.count - 1]])
    }

    private func explain(_ file: SoundInput, with recognizer: Recognizer) throws -> (
        heard: HeardSound, explanations: [Explanation]
    ) {
        do {
            let pipeline = recognizer.pipeline
            let heard = try file.result(
                truncated: reading.truncated, ofFile: { try pipeline.hear($0, truncated: reading.truncated) },
                ofClip: { try pipeline.hear($0) })
            note(heard.remarks, about: file.title)
            let explanations = try method.methods.map { method throws(ExplanationError) in
                try recognizer.explain(heard, by: method, label: label, contrasting: contrast)
            }
            return (heard, explanations)
        } catch let error as ExplanationError where error.isUnknownLabel {
            throw ValidationError("--label: \(error).")
        } catch {
            if Interruption.isRequested { throw ExitCode(Interruption.exitCode) }
            note(error, about: file.title)
            throw ExitCode.failure
        }
    }

    private struct Report: Encodable {
        let file: String
        let explanations: [Explanation]
    }
}

extension ExplanationError {
    fileprivate var isUnknownLabel: Bool {
        if case .unknownLabel = self { true } else { false }
    }
}
