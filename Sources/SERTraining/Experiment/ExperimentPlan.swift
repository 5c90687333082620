// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERSupport

/// All that an experiment will do, checked before anything is trained.
struct ExperimentPlan: Sendable {
    /// One network with one seed on one fold.
    struct Task: Sendable {
        /// What results call the network.
        let network: String
        /// The candidates to choose among: positions in the settings'; one where there is no choice.
        let candidates: [Int]
        let seed: UInt64
        /// From 1.
        let fold: Int
        let split: DataSplit
        /// Splits to choose a candidate by; empty where there is no choice.
        let inner: [DataSplit]
    }

    let settings: Experiment
    let tasks: [Task]
    let networks: [String]
    /// For each candidate, how clips become what its network reads, and the number of its parameters.
    private let pipelines: [FeaturePipeline]
    private let parameterCounts: [Int]
    /// For each candidate, the tensors that its training leaves as they are.
    private let frozen: [[String]]
    private let store = FeatureStore()

    init(_ settings: Experiment) throws(ExperimentError) {
        self.settings = settings
        try Self.check(settings)
        let all = Array(settings.candidates.indices), names = settings.candidates.map(\.name), cut = settings.cut
        var inner: [[DataSplit]]?
        do throws(SplitError) {
            inner = try settings.inner.map { folds throws(SplitError) in try cut.inner(folds) }
        } catch { throw .split(error) }
        networks = inner == nil ? names : ["the best of \(names.joined(separator: ", "))"]
        let entrants = inner == nil ? all.map { [$0] } : [all]
        tasks = zip(networks, entrants).flatMap { network, candidates in
            settings.seeds.flatMap { seed in
                cut.splits.indices.map { fold in
                    Task(
                        network: network, candidates: candidates, seed: seed, fold: fold + 1, split: cut.splits[fold],
                        inner: inner?[fold] ?? [])
                }
            }
        }
        var pipelines: [FeaturePipeline] = [], counts: [Int] = [], frozen: [[String]] = []
        for candidate in settings.candidates {
            do throws(TrainingError) {
                for split in cut.splits { try candidate.checkSizes(of: split, isFold: cut.rule != nil) }
                let ready = try candidate.prepared(labels: cut.corpus.labels, seed: settings.seeds[0])
                counts.append(ready.network.parameterCount)
                pipelines.append(ready.pipeline)
                frozen.append(ready.network.frozenPaths)
                for split in cut.splits {
                    try ready.trainer.sampling.check(split.train)
                    _ = try ready.trainer.standardization(for: ready.network, ready.pipeline, on: split)
                }
            } catch { throw Self.refusal(error, of: candidate, among: names) }
        }
        self.pipelines = pipelines
        parameterCounts = counts
        self.frozen = frozen
    }

    private static func check(_ settings: Experiment) throws(ExperimentError) {
        guard !settings.candidates.isEmpty else { throw .setting("there is no network to train") }
        guard !settings.cut.splits.isEmpty else { throw .setting("there is nothing to train on") }
        guard !settings.seeds.isEmpty, Set(settings.seeds).count == settings.seeds.count else {
            throw .setting("each seed is a run of its own: name at least one, and none twice")
        }
        if let name = settings.candidates.repeatedName {
            throw .setting("two candidates have the name '\(name)': give each a name of its own")
        }
    }

    /// What cannot be trained, with the candidate's name where there are several and the error does not tell it.
    private static func refusal(
        _ error: TrainingError, of candidate: Candidate, among names: [String]
    ) -> ExperimentError {
        if case .network = error { return .training(error, run: nil) }
        return .training(error, run: names.count > 1 ? candidate.name : nil)
    }

    /// What tells a task from the others; nil where there is no other.
    func name(of task: Task) -> String? {
        let network = networks.count > 1 ? [task.network] : []
        let fold = settings.cut.splits.count > 1 ? [task.split.name] : []
        let seed = settings.seeds.count > 1 || !fold.isEmpty ? ["weights of seed \(task.seed)"] : []
        let parts = network + fold + seed
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    var largestNetwork: Int { parameterCounts.max() ?? 0 }

    /// Computes the features of all clips, for all candidates.
    /// - Returns: The size of the largest set of features in bytes.
    func extract(stop: StopSignal, progress: @escaping @Sendable (Int, Int) -> Void) throws(TrainingError) -> Int {
        let clips = settings.cut.clips
        var most = 0
        for pipeline in pipelines {
            let (matrices, _) = try store.matrices(of: clips, pipeline: pipeline, progress: progress, stop: stop)
            most = max(most, matrices.reduce(0) { $0 + ($1.map { $0.frames * $0.coefficients } ?? 0) } * 4)
        }
        return most
    }

    /// Epochs of all trainings of some tasks together, where none stops early.
    func epochs(of tasks: [Task]) -> Int {
        tasks.reduce(0) { sum, task in
            let all = task.candidates.map { settings.candidates[$0].trainer.epochs }
            return sum + (all.max() ?? 0) + task.inner.count * all.reduce(0, +)
        }
    }

    /// Trains and tests the network of a task.
    /// - Throws: ``TrainingError``; ``TrainingError/cancelled`` where it is to stop.
    func test(
        _ task: Task, stop: StopSignal, epoch: @escaping @Sendable () -> Void,
        observe: @escaping @Sendable (_ candidate: String, Trainer.Event) -> Void
    ) throws(TrainingError) -> TestedNetwork {
        let choices = try scores(task, stop: stop, epoch: epoch)
        let best = choices.map(\.unweightedAverageRecall).max()
        let chosen = choices.firstIndex { $0.unweightedAverageRecall == best }
        let candidate = settings.candidates[task.candidates[chosen ?? 0]]
        var network = try candidate.tested(
            on: task.split, seed: task.seed, store: store,
            observe: { event in
                if case .epoch = event { epoch() }
                observe(candidate.name, event)
            }, stop: stop)
        if network.trained.wasCancelled { throw .cancelled }
        network.choices = choices.isEmpty ? nil : choices
        return network
    }

    /// The mean UAR of each candidate over the inner folds.
    private func scores(
        _ task: Task, stop: StopSignal, epoch: @escaping @Sendable () -> Void
    ) throws(TrainingError) -> [ExperimentResults.Choice] {
        guard !task.inner.isEmpty else { return [] }
        var choices: [ExperimentResults.Choice] = []
        for place in task.candidates {
            let candidate = settings.candidates[place]
            var total = 0.0
            for split in task.inner {
                let trained = try candidate.trained(
                    on: split, seed: task.seed, store: store, observe: { if case .epoch = $0 { epoch() } }, stop: stop)
                if trained.wasCancelled { throw .cancelled }
                total += try trained.evaluate(split.test).metrics.unweightedAverageRecall
            }
            choices.append(.init(name: candidate.name, unweightedAverageRecall: total / Double(task.inner.count)))
        }
        return choices
    }

    /// The results before the first run.
    func emptyResults() throws(ExperimentError) -> ExperimentResults {
        let corpus = settings.cut.corpus, copies = settings.copies
        var results = ExperimentResults(
            corpus: corpus.name, synthetic: corpus.isSynthetic, labels: corpus.labels, cut: settings.cut.told,
            folds: settings.cut.splits.map { split in
                ExperimentResults.Fold(
                    name: split.name, train: split.train.count, validation: split.validation.count,
                    test: split.test.count, audit: split.audit(searched: copies))
            }, seeds: settings.seeds, networks: networks, candidates: try trainingSettings(),
            choice: settings.inner.map(settings.cut.told(inner:)), unheard: copies?.unread, command: settings.command)
        results.remarks = corpus.remarks
        results.warnings += [settings.cut.untested].compactMap { $0 } + settings.startWarnings
        return results
    }

    /// How each candidate is trained, as results tell it.
    private func trainingSettings() throws(ExperimentError) -> [TrainingSettings] {
        var described: [TrainingSettings] = []
        for (index, candidate) in settings.candidates.enumerated() {
            do throws(TrainingError) {
                described.append(
                    try TrainingSettings(
                        name: candidate.name, trainer: candidate.trainer, pipeline: pipelines[index],
                        parameters: parameterCounts[index], frozen: frozen[index]))
            } catch { throw .training(error, run: candidate.name) }
        }
        return described
    }
}

extension DataSplit {
    /// What the parts have in common, near copies included where somebody listened.
    package func audit(searched copies: NearCopies?) -> SplitAudit { copies.map { audit(with: $0) } ?? audit }
}
