// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERAudio
import SERInterchange
import SERModels
import SERSupport

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make a model file of another program's network or weights.",
        discussion: """
            FILE is an ONNX file (.onnx), or a PyTorch state_dict saved with safetensors. A model file holds features, \
            standardisation and labels too. They come from the model named by --like; from the ONNX file itself, if ser \
            export wrote it; or from --labels and --standardization, with features as ser train takes them. A \
            state_dict also needs its architecture: that of --like, or --model.

            The standardisation is JSON, {"mean": [...], "standardDeviation": [...]}, one number for each column of \
            features. The table of names is JSON too: for each name in the file, or the beginning of one up to a dot, the \
            model's; an empty one takes the beginning off. What wrappers put before all names (module., _orig_mod., \
            model.) is taken off without a table, and told.

            EXAMPLE:
              ser import finetuned.safetensors --like gru.safetensors --output gru-finetuned.safetensors
            """)

    @Argument(help: "An ONNX file, or a safetensors file of a PyTorch state_dict.")
    var file: URL

    @Option(help: ArgumentHelp("The model file to write.", valueName: "file"))
    var output: URL

    @Option(
        help: ArgumentHelp(
            "A model whose features, standardisation, labels and, for a state_dict, network to take.",
            valueName: "model"))
    var like: ModelInput?

    @Option(help: "The network that a state_dict belongs to.")
    var model: Architecture?

    @Option(help: ArgumentHelp("The emotions in the order of the outputs, with commas between.", valueName: "list"))
    var labels: String?

    @Option(help: ArgumentHelp("JSON file of means and deviations.", valueName: "file"))
    var standardization: URL?

    @Option(help: ArgumentHelp("JSON file of other names for a state_dict.", valueName: "file"))
    var names: URL?

    @Option(help: ArgumentHelp("Number of MFCCs.", valueName: "count"))
    var coefficients = 40

    @Option(help: ArgumentHelp("Rate of the features, in Hz.", valueName: "hertz"))
    var rate = 22_050.0

    @Option(help: ArgumentHelp("How much of each clip is used, in seconds.", valueName: "seconds"))
    var duration = 3.0

    @OptionGroup var common: CommonOptions

    private var isONNX: Bool { file.pathExtension.lowercased() == "onnx" }

    func validate() throws {
        if (labels == nil) != (standardization == nil) {
            throw ValidationError("Give --labels and --standardization together.")
        }
        if labels != nil && like != nil { throw ValidationError("Give --like, or --labels and --standardization.") }
        if isONNX && (names != nil || model != nil) {
            throw ValidationError("An ONNX file holds its network: leave out --model and --names.")
        }
        if !isONNX && (like == nil) == (model == nil) {
            throw ValidationError("A state_dict needs its network: give --like, or --model.")
        }
        if !isONNX && like == nil && labels == nil {
            throw ValidationError("A model file holds labels and standardisation: give --labels and --standardization.")
        }
        if !(1...4096).contains(coefficients) {
            throw ValidationError("--coefficients \(coefficients): must be from 1 to 4096.")
        }
        if !(duration > 0 && duration <= 60) {
            throw ValidationError("--duration \(duration): must be above 0 and at most 60 seconds.")
        }
    }

    func run() throws {
        common.apply()
        try prepare(output: output, besides: [file, like?.file, names, standardization])
        let (recognizer, prefixes) =
            try isONNX
            ? (Recognizer(contentsOfONNX: file, parts: parts()), []) : fromStateDict()
        try recognizer.save(to: output)
        guard common.json else {
            try printText(
                "\(output.path): \(recognizer.model.parameterCount) parameters, takes "
                    + "\(recognizer.model.graph.input), tells apart \(recognizer.labels.joined(separator: ", "))")
            if !prefixes.isEmpty { try printText("taken off the file's names: \(prefixes.joined(separator: ", "))") }
            return
        }
        try printJSON(
            Report(
                file: file.path, output: output.path, parameters: recognizer.model.parameterCount,
                input: "\(recognizer.model.graph.input)", labels: recognizer.labels, prefixes: prefixes))
    }

    /// What stands beside the network; nil where only the file can tell.
    private func parts() throws -> RecognizerParts? {
        if let like { return RecognizerParts(of: try like.recognizer()) }
        guard let labels, let standardization else { return nil }
        var provenance = Provenance()
        provenance.source = file.lastPathComponent
        return RecognizerParts(
            features: MFCC(.librosa, coefficients: coefficients, sampleRate: rate), seconds: duration,
            standardization: try decoded(Standardization.self, from: standardization),
            labels: labels.split(separator: ",", omittingEmptySubsequences: false).map(String.init),
            provenance: provenance)
    }

    /// The recognizer, and what was taken off the names in the file.
    private func fromStateDict() throws -> (recognizer: Recognizer, prefixes: [String]) {
        let weights = try StateDict(contentsOf: file)
        let table = try names.map { try decoded([String: String].self, from: $0) } ?? [:]
        if let like {
            let recognizer = try like.recognizer()
            var model = recognizer.model
            let loaded = try model.load(weights, names: table)
            // Without the calibration, which was fitted to other weights.
            let tuned = try Recognizer(
                model: model, pipeline: recognizer.pipeline, standardization: recognizer.standardization,
                labels: recognizer.labels, provenance: recognizer.provenance)
            return (tuned, loaded.prefixes)
        }
        guard let model, let parts = try parts() else { throw ValidationError("Give --like, or --model and --labels.") }
        let frames = parts.features.frames(forSamples: Int(saturating: duration * rate))
        var network = try model.model(
            classes: parts.labels.count, coefficients: parts.features.coefficients, frames: frames)
        let loaded = try network.load(weights, names: table)
        return (try Recognizer(network, parts, path: file.path), loaded.prefixes)
    }

    private func decoded<Value: Decodable>(_ type: Value.Type, from file: URL) throws -> Value {
        let data: Data
        // A shell may give what a command prints as a pipe.
        do throws(FileReadError) { data = try Data(ofFile: file, most: 1 << 26, takesPipes: true) } catch {
            throw ValidationError("\(file.relativePath) cannot be read: \(error.reason)")
        }
        do { return try JSONDecoder().decode(type, from: data) } catch {
            throw InterchangeError.malformed(
                path: file.path, reason: "it does not hold what it should: \(MetadataPart.reason(error))")
        }
    }

    private struct Report: Encodable {
        let file, output: String
        let parameters: Int
        let input: String
        let labels: [String]
        let prefixes: [String]
    }
}
