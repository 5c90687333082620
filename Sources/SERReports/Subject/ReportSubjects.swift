// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import SERTraining

/// Results of networks that were tested, of any kind.
package enum AnyResults: Sendable {
    case experiment(ExperimentResults)
    case evaluation(EvaluationResults)

    /// Results that a command wrote.
    /// - Throws: ``ResultsError``, also for results of another kind.
    package init(contentsOf file: URL) throws(ResultsError) {
        let results = try ResultsFile(at: file)
        switch results.kind {
        case .experiment: self = .experiment(try results.results())
        case .evaluation: self = .evaluation(try results.results())
        case .scaling: throw .notResults(path: file.relativePath)
        case .tuning: throw .kind(path: file.relativePath, found: .tuning, wanted: .experiment)
        }
    }
}

extension AnyResults {
    /// The names that stand in tables and figures.
    fileprivate var names: [String] {
        switch self {
        case .experiment(let results):
            [results.corpus] + results.labels + results.networks + results.candidates.map(\.name)
                + results.runs.map(\.candidate) + results.folds.map(\.name)
        case .evaluation(let results): [results.corpus] + results.labels
        }
    }
}

extension ReportSubject {
    /// What results of any kind tell of.
    /// - Throws: ``ReportError`` where the results contradict themselves.
    init(_ results: AnyResults, source: String) throws(ReportError) {
        if let name = results.names.first(where: { $0.utf8.count > Self.longestName }) {
            throw .unusable(
                source: source, reason: "it holds a name of \(name.utf8.count) bytes; a page takes \(Self.longestName)")
        }
        do throws(EvaluationError) {
            switch results {
            case .experiment(let results): try self.init(results, source: source)
            case .evaluation(let results): try self.init(results, source: source)
            }
        } catch { throw .unusable(source: source, reason: "it contradicts itself: \(error)") }
        nameApart()
    }

    /// Longer names of labels and networks are no names.
    private static let longestName = 1000

    private init(_ results: ExperimentResults, source: String) throws(EvaluationError) {
        let clips = results.folds.flatMap(\.clips)
        guard Set(clips).count == clips.count else { throw .notPaired(reason: "a clip was tested in two folds") }
        var networks: [Network] = []
        for name in results.networks where !results.missing.contains(name) {
            networks.append(try Network(name, of: results, clips: clips.count))
        }
        kind = .experiment
        hasFolds = results.cut.hasFolds
        self.source = source
        corpus = results.corpus
        synthetic = results.synthetic
        labels = results.labels
        cut = results.cut.summary
        cuts = results.folds
        self.clips = clips
        self.networks = networks
        warnings = results.warnings
        unit = results.resamplingUnit
        missing = results.missing
        isSearched = results.unheard != nil
        skipped = results.skipped
        libraries = [results.header.library]
        commands = results.header.command.map { [$0] } ?? []
        facts = results.facts
        further = [
            (results.partlyHeardBy.flatMap { heard in
                results.networks.lazy.compactMap { heard[$0] }.first { !$0.isEmpty }
            }
                ?? results.partlyHeard).section(telling: results.partlyHeardTexts)
        ].compactMap { $0 }
    }

    private init(_ results: EvaluationResults, source: String) throws(EvaluationError) {
        let raw = try TestedClip.evaluation(
            of: results.clips, logits: results.logits, temperature: 1, labels: results.labels)
        let isCalibrated = results.temperature != 1
        let run = Run(
            seed: nil, evaluation: isCalibrated ? try raw.scaled(by: results.temperature) : raw,
            uncalibrated: isCalibrated ? raw : nil, folds: nil, trainings: [])
        let name =
            results.provenance.network?.uppercased()
            ?? URL(fileURLWithPath: results.model).deletingPathExtension().lastPathComponent
        kind = .evaluation
        self.source = source
        corpus = results.corpus
        synthetic = results.synthetic
        labels = results.labels
        cut = "all clips"
        cuts = []
        clips = results.clips
        networks = [
            Network(
                name: name, runs: [run], settings: [], hearsVoices: results.hearsVoices, parameters: results.parameters,
                seconds: nil, slug: "")
        ]
        warnings = results.warnings
        unit = nil
        bootstrap = results.bootstrap
        skipped = results.skipped
        libraries = [results.header.library]
        commands = results.header.command.map { [$0] } ?? []
        facts =
            [Fact(name: "model file", value: results.model), Fact(name: "features", value: results.features)]
            + results.provenance.texts.sorted { $0.key < $1.key }.map { Fact(source: .modelFile, name: $0, value: $1) }
        further = results.furtherSections
    }
}

extension ReportSubject.Network {
    /// A network of an experiment with all its runs.
    fileprivate init(_ name: String, of results: ExperimentResults, clips: Int) throws(EvaluationError) {
        self.name = name.uppercasedNames(of: results)
        runs = []
        for seed in results.seeds {
            let run = try ReportSubject.Run(of: name, seed: seed, in: results)
            guard run.evaluation.targets.count == clips else {
                throw .notPaired(reason: "\(name) has not tested every clip with seed \(seed)")
            }
            runs.append(run)
        }
        let isChosen = results.choice != nil
        settings = isChosen ? results.candidates : results.candidates.filter { $0.name == name }
        hearsVoices = results.hearsVoices(name)
        let own = results.runs.filter { $0.network == name }
        parameters = isChosen ? nil : own.first?.parameters
        seconds = own.reduce(0) { $0 + $1.seconds }
        slug = ""
    }
}

extension String {
    /// A network's name as a page shows it: the candidates' names in capitals.
    fileprivate func uppercasedNames(of results: ExperimentResults) -> String {
        guard results.choice != nil else { return uppercased() }
        return "the best of \(results.candidates.map { $0.name.uppercased() }.joined(separator: ", "))"
    }
}

extension ReportSubject.Run {
    /// All folds of one seed.
    fileprivate init(of network: String, seed: UInt64, in results: ExperimentResults) throws(EvaluationError) {
        let own = results.runs.filter { $0.network == network && $0.seed == seed }
        guard own.map(\.fold) == Array(1...max(results.folds.count, 1)) else {
            throw .notPaired(reason: "\(network) was not tested on each fold once with seed \(seed)")
        }
        self.seed = seed
        evaluation = try results.evaluation(of: network, seed: seed)
        uncalibrated =
            own.contains { $0.temperature != 1 }
            ? try results.evaluation(of: network, seed: seed, isCalibrated: false) : nil
        folds = results.cut.hasFolds ? own.flatMap { run in run.logits.map { _ in run.fold } } : nil
        trainings = own.map { run in
            ReportSubject.Training(
                fold: results.cut.hasFolds ? run.fold : nil, history: run.story, network: run.candidate)
        }
    }
}

extension ExperimentResults {
    /// Settings that are of no one network.
    fileprivate var facts: [ReportSubject.Fact] {
        var facts = [ReportSubject.Fact(name: "protocol", value: cut.summary)]
        func add(_ name: String, _ value: String) { facts.append(.init(name: name, value: value)) }
        if let seed = cut.seed { add("seed of the folds", "\(seed)") }
        add(
            seeds.count == 1 ? "seed of the training" : "seeds of the trainings",
            seeds.map(String.init).joined(separator: ", "))
        if let validation = cut.validation {
            let group = cut.validatedBy.map { ", whole \($0.rawValue)s" } ?? ", of each class"
            add("validation", "\((validation * 100).significant(3)) % of what is not tested\(group)")
        }
        if let choice { add("inner folds", choice) }
        return facts
    }
}
