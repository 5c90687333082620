import ArgumentParser
import Foundation
import SERModels
import SERSupport

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tell what in a sound file speaks for an emotion and what against it.",
        discussion: """
            Attributes a logit of the network to the clip's frames and coefficients, against a clip whose features are \
            the mean of the training part. A long file is cut to what the model reads, as in predict.

            EXAMPLE:
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

    @Argument(help: "A model file that `ser train` wrote.")
    var model: URL

    @Argument(help: "A sound file of any format, rate and number of channels.")
    var file: URL

    @Option(help: ArgumentHelp("Draw the evidence over the mel spectrogram into this SVG file.", valueName: "file"))
    var output: URL?

    @Option(help: "How the logit is attributed.")
    var method = Method.integratedGradients

    @Option(help: ArgumentHelp("The emotion to explain. (default: the predicted one)", valueName: "name"))
    var label: String?

    @Flag(help: "Explain what decides between that emotion and the most probable other one.")
    var contrast = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        common.apply()
        if let output { try AtomicFile.prepare(file: output) }
        let recognizer = try Recognizer(contentsOf: model)
        let explanations = try explain(with: recognizer)
        guard let first = explanations.first else { return }
        if let output {
            let figure = try ExplanationFigure(
                explanations, of: recognizer.pipeline.sound(at: file), named: file.lastPathComponent, by: recognizer)
            try AtomicFile.write(Data(figure.svg.utf8), to: output)
        }
        if common.json {
            try printJSON(Report(file: file.path, explanations: explanations))
        } else {
            print("\(file.path): \(first.prediction)\n")
            print(explanations.map { "\($0)" }.joined(separator: "\n\n"))
            if let output { print("\nfigure: \(output.path)") }
        }
    }

    private func explain(with recognizer: Recognizer) throws -> [Explanation] {
        do throws(ExplanationError) {
            return try method.methods.map { method throws(ExplanationError) in
                try recognizer.explain(contentsOf: file, by: method, label: label, contrasting: contrast)
            }
        } catch {
            if case .unknownLabel = error { throw ValidationError("--label: \(error).") }
            let text = "\(error)"
            note(text.contains(file.path) ? "Error: \(text)" : "Error: \(file.path): \(text)")
            throw ExitCode.failure
        }
    }

    private struct Report: Encodable {
        let file: String
        let explanations: [Explanation]
    }
}
