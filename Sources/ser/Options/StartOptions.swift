// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SERAudio
import SERModels
import SERTraining

/// A model to train on from, for commands that train.
struct StartOptions: ParsableArguments {
    @Option(
        name: .customLong("from"),
        help: ArgumentHelp(
            "Train on from a model rather than from nothing: a file that `ser train` wrote, or "
                + "`\(ModelInput.standard.name)`, which comes with the library. It says what the network is and reads. "
                + "Emotions that it knows keep what was learned of them.", valueName: "model"))
    var start: ModelInput?

    @Option(
        help: ArgumentHelp(
            "What of the model stays as it is: all-but-head, or layers, blocks and tensors with commas between them (ser "
                + "summary lists them). (default: nothing)", valueName: "paths"))
    var freeze: FrozenPaths?

    func validate() throws {
        if freeze != nil, start == nil {
            throw ValidationError("--freeze says what of a model stays as it is: name the model by --from.")
        }
    }

    /// Refuses what a model to train on from says itself.
    func validate(_ recipe: RecipeOptions) throws {
        guard let start else { return }
        let said = [
            recipe.features.map { _ in "--features" }, recipe.rate.map { _ in "--rate" },
            recipe.duration.map { _ in "--duration" }, recipe.coefficients.map { _ in "--coefficients" },
            recipe.annInput.map { _ in "--ann-input" }, recipe.dropout.map { _ in "--dropout" },
        ]
        if let option = said.compactMap({ $0 }).first {
            throw ValidationError(
                "\(option) says what a network reads, and one that is trained on from \(start.lastName) reads what it "
                    + "always did: leave it out.")
        }
    }

    /// The model, read; nil where none was named.
    /// - Throws: `ValidationError` for one that nothing can be trained on from, or options that contradict it.
    func model(_ recipe: RecipeOptions) throws -> StartModel? {
        guard let start else { return nil }
        let recognizer = try start.recognizer()
        let network = recognizer.provenance.network.flatMap(Architecture.init(rawValue:))
        if let network, network.isLinear {
            throw ValidationError(
                "--from \(start.lastName): its network, \(network.rawValue), is solved for at once, whatever it began with. "
                    + "Train anew on all clips, with --model \(network.rawValue).")
        }
        let scope = recognizer.trainer.standardizationScope
        if let asked = recipe.standardize, asked != scope {
            throw ValidationError(
                "--standardize \(asked.rawValue): \(start.lastName) is standardised by \(scope.rawValue), and its weights "
                    + "know no other scale. Leave it out.")
        }
        return StartModel(
            name: start.lastName, recognizer: recognizer, network: network, freezing: freeze?.freezing ?? .nothing)
    }
}

/// What stays as it is: `all-but-head`, or paths with commas between them.
struct FrozenPaths: ExpressibleByArgument {
    let freezing: Freezing

    init?(argument: String) {
        guard let list = NameList(argument: argument) else { return nil }
        freezing = list.names == ["all-but-head"] ? .allButHead : .paths(list.names)
    }
}

/// A model that is trained on from.
struct StartModel {
    /// What it was called by, without folders.
    let name: String
    let recognizer: Recognizer
    /// The network, where it is one of the library's.
    let network: Architecture?
    let freezing: Freezing

    /// What the trained network is called in tables.
    var title: String { "\(network?.title ?? recognizer.provenance.network ?? "A network") from \(name)" }

    /// What results call it.
    private var candidateName: String { "\(recognizer.provenance.network ?? "network") from \(name)" }

    /// The candidate that trains on from it, as a recipe says.
    func candidate(_ recipe: RecipeOptions, calibrates: Bool) throws -> Candidate {
        var trainer = recognizer.trainer
        recipe.apply(to: &trainer, schedule: { Architecture.schedule(epochs: $0) })
        trainer.calibrates = calibrates
        return recognizer.candidate(candidateName, trainer: trainer, freezing: freezing, from: name)
    }

    /// The silence that the trained model leaves out, where something else is asked for than the model does.
    /// - Throws: `ValidationError` where the model leaves out other silence, and was trained on from hearing none of it.
    func trimming(asked decibels: Double?) throws -> SilenceTrimming? {
        guard let own = recognizer.pipeline.trimming else { return decibels.map { SilenceTrimming(decibels: $0) } }
        guard let decibels, decibels != own.decibels else { return own }
        throw ValidationError(
            "--trim-silence \(decibels): \(name) leaves out what is \(own.decibels) dB softer than a clip's loudest "
                + "moment, and is trained on from so. Leave it out.")
    }

    /// What became of labels, as JSON and text tell it.
    func summary(labels: [String]) -> StartSummary {
        let known = recognizer.labels
        return StartSummary(
            name: name, corpora: recognizer.provenance.corpora, knownLabels: labels.filter(known.contains),
            newLabels: labels.filter { !known.contains($0) }, droppedLabels: known.filter { !labels.contains($0) })
    }
}

/// The model that was trained on from, and what became of its labels.
struct StartSummary: Encodable, CustomStringConvertible {
    let name: String
    /// The corpora that it was trained on, as its file says.
    let corpora: String?
    /// Labels of the data whose rows of the head were learned before, those that began with fresh ones, and labels of the
    /// model that the data does not have.
    let knownLabels, newLabels, droppedLabels: [String]

    var description: String {
        let parts = [("known", knownLabels), ("new", newLabels), ("no longer told", droppedLabels)]
            .filter { !$0.1.isEmpty }.map { "\($0): \($1.joined(separator: ", "))" }
        return "trained on from \(name); \(parts.joined(separator: "; "))"
    }
}
