// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERInterchange
import SERModels
import SERSupport

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a model for another program.",
        discussion: """
            Without --include-features the ONNX network takes standardised features [batch, ...], and where it has a time \
            axis the number of valid steps of each row, and gives logits. With it, it takes the samples of one clip \
            [1, samples], mono at the model's rate, and gives probabilities. Labels, rate, features and standardisation \
            stand in the file's metadata.

            Without a model, \(ModelInput.standard.name) is written, which comes with the library.

            EXAMPLE:
              ser export --format onnx --output english.onnx
              ser export gru.safetensors --format onnx --include-features --output gru.onnx
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case onnx
    }

    @Argument(help: ArgumentHelp(ModelInput.help))
    var model: ModelInput?

    @Option(help: "The format to write.")
    var format: Format

    @Option(help: ArgumentHelp("The file to write. (default: the model's name with another ending)", valueName: "file"))
    var output: URL?

    @Flag(help: "Make the features part of the graph: samples in, probabilities out.")
    var includeFeatures = false

    @Flag(help: "Keep batch normalisations as nodes, rather than take them into the convolutions before them.")
    var keepBatchNorm = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        common.apply()
        let model = model ?? .standard
        let source = model.file ?? URL(fileURLWithPath: model.name)
        let target = output ?? source.deletingPathExtension().appendingPathExtension(format.rawValue)
        try prepare(output: target, besides: [model.file].compactMap { $0 })
        let recognizer = try model.recognizer()
        let options = ONNXOptions(includesFeatures: includeFeatures, foldsBatchNorm: !keepBatchNorm)
        try recognizer.exportONNX(to: target, options)
        if includeFeatures, recognizer.pipeline.window == .speech {
            note(
                "The graph hears the first \(recognizer.pipeline.span.seconds.significant(4)) s of what it is given. "
                    + "ser predict chooses the part of a longer file with most speech: give the graph that part.")
        }
        let report = Report(
            model: model.file?.path ?? model.name, format: format.rawValue, output: target.path,
            includesFeatures: includeFeatures,
            labels: recognizer.labels, sampleRate: recognizer.pipeline.extractor.sampleRate)
        guard common.json else {
            let takes =
                includeFeatures
                ? "samples at \(report.sampleRate.significant(6)) Hz" : "features \(recognizer.model.graph.input)"
            return try printText(
                "\(target.path): takes \(takes), gives \(includeFeatures ? "probabilities" : "logits") of "
                    + recognizer.labels.joined(separator: ", "))
        }
        try printJSON(report)
    }

    private struct Report: Encodable {
        let model, format, output: String
        let includesFeatures: Bool
        let labels: [String]
        let sampleRate: Double
    }
}
