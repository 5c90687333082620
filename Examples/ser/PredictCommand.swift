import ArgumentParser
import Foundation
import SERModels
import SERSupport

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Recognise the emotion in sound files.",
        discussion: """
            A file that cannot be read is told on standard error; the others are predicted all the same, and the exit \
            code is 1. With --json each file is one line. Where no speech is found, that is told beside the prediction, and \
            with --unsure-below the answer is "not sure".

            EXAMPLE:
              ser predict gru.safetensors speech.wav --unsure-below 0.6
            """)

    @Argument(help: "A model file that `ser train` wrote.")
    var model: URL

    @Argument(help: "Sound files of any format, rate and number of channels.")
    var files: [URL]

    @Option(help: ArgumentHelp("Say \"not sure\" where no emotion is this probable, from 0 to 1.", valueName: "number"))
    var unsureBelow: Float = 0

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if !(0...1).contains(unsureBelow) {
            throw ValidationError("--unsure-below \(unsureBelow): must be from 0 to 1.")
        }
    }

    func run() throws {
        common.apply()
        let recognizer = try Recognizer(contentsOf: model)
        var failures = 0
        for file in files {
            if Interruption.isRequested { throw ExitCode(Interruption.exitCode) }
            do {
                let prediction = try recognizer.recognize(contentsOf: file)
                try show(prediction, hasSpeech: try recognizer.speechActivity(contentsOf: file).hasSpeech, of: file)
            } catch {
                failures += 1
                let text = "\(error)"
                note(text.contains(file.path) ? "Error: \(text)" : "Error: \(file.path): \(text)")
            }
        }
        if failures > 0 { throw ExitCode.failure }
    }

    private func show(_ prediction: Prediction, hasSpeech: Bool, of file: URL) throws {
        let isUnsure = prediction.label(unsureBelow: unsureBelow) == nil || (!hasSpeech && unsureBelow > 0)
        guard common.json else {
            let warning = hasSpeech ? "" : "  (no speech found)"
            return print("\(file.path): \(isUnsure ? "not sure (\(prediction))" : "\(prediction)")\(warning)")
        }
        let probabilities = Dictionary(prediction.entries.map { ($0.label, $0.probability) }) { first, _ in first }
        try printJSON(
            Report(
                file: file.path, label: prediction.label, unsure: isUnsure, speechFound: hasSpeech,
                probabilities: probabilities),
            onOneLine: true)
    }

    private struct Report: Encodable {
        let file: String
        /// The most probable emotion, also where it is too uncertain to be told.
        let label: String
        let unsure: Bool
        /// Whether somebody speaks in the part of the file that was listened to.
        let speechFound: Bool
        let probabilities: [String: Float]
    }
}
