// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import SERTraining

extension ReportSubject {
    /// What results of any kind tell of.
    /// - Throws: ``ReportError`` where the results contradict themselves.
    init(_ results: AnyResults, source: String) throws(ReportError) {
        do throws(EvaluationError) {
            switch results {
            case .comparison(let results): try self.init(results, source: source)
            case .crossvalidation(let results): try self.init(results, source: source)
            case .evaluation(let results): try self.init(results, source: source)
            }
        } catch { throw .unreadable(path: source, reason: "it contradicts itself: \(error)") }
        nameApart()
    }

    private init(_ results: ComparisonResults, source: String) throws(EvaluationError) {
        var networks: [Network] = []
        for entry in results.models {
            let logits = entry.logits ?? []
            let raw = try TestedClip.evaluation(
                of: results.clips, logits: logits, temperature: 1, labels: results.labels)
            let isCalibrated = entry.temperature != 1
            let run = Run(
                seed: results.seed,
                evaluation: isCalibrated ? try raw.scaled(by: entry.temperature) : raw,
                uncalibrated: isCalibrated ? raw : nil, folds: nil,
                trainings: [
                    Training(
                        fold: nil, history: History(epochs: entry.history, bestEpoch: entry.bestEpoch),
                        network: entry.name)
                ])
            networks.append(
                Network(
                    name: entry.name.uppercased(), runs: [run], settings: entry.settings.map { [$0] } ?? [],
                    parameters: entry.parameters, seconds: entry.trainSeconds, slug: ""))
        }
        kind = .comparison
        self.source = source
        corpus = results.corpus
        synthetic = results.synthetic
        labels = results.labels
        cut = results.split.method
        cuts =
            results.audit.map { audit in
                [
                    .init(
                        name: results.split.method, train: results.split.train, validation: results.split.validation,
                        test: results.split.test, audit: audit)
                ]
            } ?? []
        clips = results.clips
        self.networks = networks
        warnings = results.split.warnings + results.models.compactMap(\.divergence)
        unit = results.split.sharedSpeakers.isEmpty ? nil : .clips
        missing = results.missing
        isSearched = results.audit.map { $0.overlaps.allSatisfy { $0.nearlyIdenticalAudio != nil } } ?? false
        skipped = results.skipped
        libraries = [results.library]
        commands = results.command.map { [$0] } ?? []
        facts = [("seed", "\(results.seed)"), ("epochs", "\(results.epochs)")]
        let split = results.split
        further = [results.partlyHeard?.section(of: split.train + split.validation + split.test)].compactMap { $0 }
    }

    private init(_ results: CrossValidationResults, source: String) throws(EvaluationError) {
        let tested = results.folds.filter { $0.seed == results.seeds.first }
        let clips = tested.flatMap { fold in fold.clips.map(TestedClip.init) }
        var runs: [Run] = []
        for seed in results.seeds {
            let folds = results.folds.filter { $0.seed == seed }
            guard folds.flatMap({ $0.clips.map(TestedClip.init) }) == clips else {
                throw .notPaired(reason: "seed \(seed) has not tested the clips of the first seed")
            }
            runs.append(try Run(folds, seed: seed, labels: results.labels))
        }
        let names = results.settings.map { $0.name.uppercased() }
        kind = .crossvalidation
        self.source = source
        corpus = results.corpus
        synthetic = results.synthetic
        labels = results.labels
        cut = results.protocol
        cuts = results.cuts
        self.clips = clips
        networks = [
            Network(
                name: names.count == 1 ? names[0] : "the best of \(names.joined(separator: ", "))", runs: runs,
                settings: results.settings, parameters: names.count == 1 ? results.settings.first?.parameters : nil,
                seconds: results.folds.reduce(0) { $0 + $1.seconds }, slug: "")
        ]
        warnings = results.warnings
        isSearched = results.unheard != nil
        unit = nil
        skipped = Set(results.folds.flatMap(\.skipped)).sorted()
        libraries = [results.library]
        commands = results.command.map { [$0] } ?? []
        facts =
            [
                ("protocol", results.protocol), ("seed of the folds", "\(results.foldSeed)"),
                ("seeds of the trainings", results.seeds.map(String.init).joined(separator: ", ")),
                (
                    "validation",
                    "\((results.validation * 100).significant(3)) % of what is not tested"
                        + (results.validatedBy.map { ", whole \($0.rawValue)s" } ?? ", of each class")
                ),
            ] + (results.inner.map { [("inner folds", $0)] } ?? [])
        unit = sharesSpeakers ? .clips : nil
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
            Network(name: name, runs: [run], settings: [], parameters: results.parameters, seconds: nil, slug: "")
        ]
        warnings = results.warnings
        unit = nil
        bootstrap = results.bootstrap
        skipped = results.skipped
        libraries = [results.library]
        commands = results.command.map { [$0] } ?? []
        facts =
            [("model file", results.model), ("features", results.features)]
            + results.provenance.texts.sorted { $0.key < $1.key }.map { ("model: \($0.key)", $0.value) }
        further = results.furtherSections
    }
}

extension ReportSubject.Run {
    /// All folds of one seed.
    fileprivate init(
        _ parts: [CrossValidationResults.Fold], seed: UInt64, labels: [String]
    ) throws(EvaluationError) {
        for fold in parts where !(fold.temperature > 0 && fold.temperature.isFinite) {
            throw .temperature(fold.temperature)
        }
        self.seed = seed
        evaluation = try Evaluation(pooling: parts, labels: labels)
        uncalibrated =
            parts.contains { $0.temperature != 1 }
            ? try Evaluation(pooling: parts, labels: labels, isCalibrated: false) : nil
        folds = parts.flatMap { fold in fold.clips.map { _ in fold.fold } }
        trainings = parts.map { fold in
            ReportSubject.Training(
                fold: fold.fold, history: History(epochs: fold.history, bestEpoch: fold.bestEpoch),
                network: fold.network)
        }
    }
}
