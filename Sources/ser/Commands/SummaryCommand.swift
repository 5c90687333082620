// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERCore
import SERModels

struct SummaryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "summary",
        abstract: "Show the layers of a saved model, or of one of the report's networks.",
        discussion: """
            The table numbers the layers of a network with branches and says which read which. Mermaid is what Markdown \
            viewers draw, and dot is Graphviz's language.

            EXAMPLE:
              ser summary --model gru
              ser summary gru.safetensors --format dot | dot -Tsvg > gru.svg
            """)

    @Argument(
        help: "A model file that `ser train` wrote, or `\(ModelInput.standard.name)`, which comes with the library.")
    var file: ModelInput?

    @Option(help: "One of the report's networks, in place of a file.")
    var model: Architecture?

    @Option(help: "How to show the network.")
    var format: SummaryFormat?

    @Option(help: ArgumentHelp("Number of emotions. (default: 7)", valueName: "count"))
    var classes: Int?

    @Option(help: ArgumentHelp("Number of MFCCs or bands. (default: 40; SERNet 64)", valueName: "count"))
    var coefficients: Int?

    @Option(help: ArgumentHelp("Number of frames, for the CNN. (default: 130)", valueName: "count"))
    var frames: Int?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (file == nil) != (model == nil) else {
            throw ValidationError("Give either a model file or --model with one of the report's networks.")
        }
        for (name, value, limit) in [
            ("classes", classes, 10_000), ("coefficients", coefficients, 4096),
            ("frames", frames, 10_000),
        ] {
            guard let value else { continue }
            guard file == nil else { throw ValidationError("--\(name) is for --model: a model file has its own.") }
            guard (1...limit).contains(value) else {
                throw ValidationError("--\(name) \(value): must be from 1 to \(limit).")
            }
        }
        if common.json, let format, format != .json {
            throw ValidationError("--json asks for JSON, and --format for \(format.rawValue): give one of them.")
        }
    }

    func run() throws {
        common.apply()
        let format = format ?? (common.json ? .json : .table)
        if let file { return try printText(try file.recognizer().model.summary(format)) }
        guard let model else { return }
        let network = try model.model(
            classes: classes ?? 7, coefficients: coefficients ?? model.trainer.features.coefficients,
            frames: frames ?? 130)
        if format == .table { try printText(model.title) }
        try printText(network.summary(format))
    }
}

extension SummaryFormat: ExpressibleByArgument {}
