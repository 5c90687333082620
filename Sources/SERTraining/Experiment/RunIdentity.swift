// SPDX-License-Identifier: Apache-2.0

import SERModels
import SERSupport

/// All that decides the result of a network on a fold with a seed.
struct RunIdentity: Codable, Sendable, Equatable {
    /// How folds are cut; nil for a split that somebody else made.
    var folds: Folds?
    /// The seed of the folds; nil for a split that somebody else made.
    var foldSeed: UInt64?
    /// The share of each class of a fold's rest that validates.
    var validation: Double?
    /// What validation parts have to themselves; nil for nothing.
    var validatedBy: Grouping?
    /// The candidates' names.
    var candidates: [String]
    /// How often each candidate sees every training clip.
    var epochs: [Int]
    /// Whether each candidate's confidences are calibrated.
    var calibrates: [Bool]
    /// How the inner folds are cut that choose among several candidates; nil where there is no choice.
    var inner: Folds?
    /// A fingerprint of the test part: names, emotions and sounds of its clips.
    var tested: ContentDigest
    /// A fingerprint of who speaks in each of them; nil where that decides nothing.
    var testedSpeakers: ContentDigest?
    /// For each candidate, ``TrainingIdentity`` as JSON text.
    var trainings: [String]

    /// What differs between a kept run's identity and this one, in words.
    func differences(from saved: RunIdentity) -> [String] {
        var told: [String] = []
        func compare<Value: Equatable>(
            _ field: KeyPath<RunIdentity, Value>, _ name: String, _ text: (Value) -> String = { "\($0)" }
        ) {
            let before = saved[keyPath: field], now = self[keyPath: field]
            if before != now { told.append("\(name) was \(text(before)) and is \(text(now))") }
        }
        func list<Value>(_ values: [Value]) -> String { values.map { "\($0)" }.joined(separator: ", ") }
        func known<Value>(_ value: Value?) -> String { value.map { "\($0)" } ?? "none" }
        compare(\.folds, "the protocol") { $0?.summary ?? "one split" }
        compare(\.foldSeed, "the seed of the folds", known)
        compare(\.validation, "the share that validates", known)
        compare(\.validatedBy, "what validation parts have to themselves") { $0?.rawValue ?? "nothing" }
        compare(\.candidates, "the networks", list)
        compare(\.epochs, "the number of epochs", list)
        compare(\.calibrates, "calibration") { list($0.map { $0 ? "a temperature" : "none" }) }
        compare(\.inner, "the inner folds") { $0?.summary ?? "none" }
        if saved.tested != tested { told.append("the content of the test part is another") }
        if let before = saved.testedSpeakers, let now = testedSpeakers, before != now {
            told.append("the test part has other speakers for its files")
        }
        // Trainings follow from what was told.
        guard told.isEmpty else { return told }
        return zip(saved.trainings, trainings).flatMap { TrainingIdentity.differences(from: $0, to: $1) }
    }
}

extension ExperimentPlan {
    /// All that decides what a run's result is.
    func identity(of task: Task) throws(ExperimentError) -> RunIdentity {
        let cut = settings.cut, corpus = cut.corpus
        let candidates = task.candidates.map { settings.candidates[$0] }
        var trainings: [String] = []
        var readsSpeakers = false
        for candidate in candidates {
            do {
                let training = try candidate.identity(on: task.split, seed: task.seed)
                readsSpeakers = readsSpeakers || training.readsSpeakers
                trainings.append(training.text)
            } catch {
                throw .setting("the settings of \(candidate.name) cannot be written: \(error)")
            }
        }
        let root = commonFolder(of: corpus.clips.map(\.path.path))
        let speakers = task.split.test.clips.map { "\($0.corpus)/\($0.speaker ?? "")" }
        return RunIdentity(
            folds: cut.rule?.folds, foldSeed: cut.rule?.seed, validation: cut.rule?.validation,
            validatedBy: cut.rule?.validatedBy, candidates: candidates.map(\.name),
            epochs: candidates.map(\.trainer.epochs), calibrates: candidates.map(\.trainer.calibrates),
            inner: task.inner.isEmpty ? nil : settings.inner,
            tested: task.split.test.digest(below: root),
            testedSpeakers: readsSpeakers ? ContentDigest(of: Array(speakers.joined(separator: "\n").utf8)) : nil,
            trainings: trainings)
    }
}

extension Candidate {
    /// All that decides how a training of the candidate ends but for its epochs, as JSON text, and whether it matters who
    /// speaks.
    func identity(on split: DataSplit, seed: UInt64) throws -> (text: String, readsSpeakers: Bool) {
        let ready = try prepared(labels: split.labels, seed: seed)
        let (kept, scope) = try ready.trainer.standardization(for: ready.network, ready.pipeline, on: split)
        let identity = try TrainingIdentity(
            ready.trainer, objective: ready.trainer.objective(for: ready.network, labels: split.labels),
            network: ready.network, pipeline: ready.pipeline, standardization: kept, scope: scope, split: split)
        return (try MetadataPart.text(identity), scope == .speaker || ready.network.normalizesSpeakers)
    }
}

extension Partition {
    /// A fingerprint of the clips: names below a folder, emotions and sounds.
    func digest(below root: String) -> ContentDigest {
        let texts = clips.map { $0.name(below: root) + $0.emotion + ($0.content?.description ?? "") }
        return ContentDigest(of: Array(texts.joined(separator: "\n").utf8))
    }
}
