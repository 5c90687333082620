// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERSupport

/// All that a cross-validation will do, checked before anything is trained.
package struct CrossValidationPlan: Sendable {
    /// One fold with one seed.
    struct Task: Sendable {
        let seed: UInt64
        /// From 1.
        let fold: Int
        let split: DataSplit
        /// Splits to choose a candidate by; empty where there is one candidate.
        let inner: [DataSplit]

        var name: String { "\(split.summary), seed \(seed)" }
    }

    let settings: CrossValidation
    let corpus: Corpus
    let splits: [DataSplit]
    let tasks: [Task]
    /// For each candidate, how clips become what its network reads, and the number of its parameters.
    let pipelines: [FeaturePipeline]
    let parameterCounts: [Int]
    /// The folder that all clips lie in.
    let root: String
    private let store = FeatureStore()

    init(_ settings: CrossValidation, corpus: Corpus) throws(CrossValidationError) {
        guard !settings.candidates.isEmpty else { throw .setting("there is no network to train") }
        guard !settings.seeds.isEmpty, Set(settings.seeds).count == settings.seeds.count else {
            throw .setting("each seed is a run of its own: name at least one, and none twice")
        }
        if let name = settings.candidates.repeatedName { throw .setting(Candidate.repeated(name)) }
        self.settings = settings
        self.corpus = corpus
        let isNested = settings.candidates.count > 1
        var splits: [DataSplit] = [], inner: [[DataSplit]] = []
        do throws(SplitError) {
            splits = try corpus.folds(
                settings.folds, validation: settings.validation, validatedBy: settings.validatedBy,
                seed: settings.foldSeed)
            for split in splits {
                inner.append(
                    isNested
                        ? try split.inner(
                            settings.inner, validation: settings.validation, validatedBy: settings.validatedBy,
                            seed: settings.foldSeed) : [])
            }
        } catch { throw .split(error) }
        self.splits = splits
        tasks = settings.seeds.flatMap { seed in
            splits.indices.map { Task(seed: seed, fold: $0 + 1, split: splits[$0], inner: inner[$0]) }
        }
        var pipelines: [FeaturePipeline] = [], counts: [Int] = []
        for candidate in settings.candidates {
            do throws(TrainingError) {
                let ready = try candidate.prepared(labels: corpus.labels, seed: settings.seeds[0])
                counts.append(ready.network.parameterCount)
                pipelines.append(ready.pipeline)
            } catch { throw .training(error, fold: candidate.name) }
        }
        self.pipelines = pipelines
        parameterCounts = counts
        root = commonFolder(of: corpus.clips.map(\.path.path))
    }

    var largestNetwork: Int { parameterCounts.max() ?? 0 }

    /// The path of a clip below the folder that all clips lie in.
    func name(of clip: Clip) -> String { clip.name(below: root) }

    /// Computes the features of all clips, for all candidates.
    /// - Returns: The size of the largest set of features in bytes.
    func extract(
        isCancelled: @escaping @Sendable () -> Bool, progress: @escaping @Sendable (Int, Int) -> Void
    ) throws(TrainingError) -> Int {
        var most = 0
        for pipeline in pipelines {
            let (matrices, _) = try store.matrices(
                of: corpus.clips, pipeline: pipeline, progress: progress, stop: StopSignal(asking: isCancelled))
            most = max(most, matrices.reduce(0) { $0 + ($1.map { $0.frames * $0.coefficients } ?? 0) } * 4)
        }
        return most
    }

    /// Epochs of all trainings of some tasks together, where none stops early.
    func epochs(of places: [Int]) -> Int {
        let all = settings.candidates.map(\.trainer.epochs)
        return places.reduce(0) { $0 + (all.max() ?? 0) + tasks[$1].inner.count * all.reduce(0, +) }
    }

    /// Trains and tests one fold.
    func test(
        _ task: Task, isCancelled: @escaping @Sendable () -> Bool, epoch: @escaping @Sendable () -> Void
    ) throws(TrainingError) -> CrossValidationResults.Fold {
        let choices = try scores(task, isCancelled: isCancelled, epoch: epoch)
        let best = choices.map(\.unweightedAverageRecall).max()
        let chosen = choices.firstIndex { $0.unweightedAverageRecall == best } ?? 0
        let trained = try fit(chosen, on: task.split, seed: task.seed, isCancelled: isCancelled, epoch: epoch)
        let (evaluation, clips, untested) = try trained.recognizer.measured(
            task.split.test, store: store, isStrict: settings.candidates[chosen].trainer.isStrict)
        return CrossValidationResults.Fold(
            seed: task.seed, fold: task.fold, name: task.split.summary, network: settings.candidates[chosen].name,
            choices: choices.isEmpty ? nil : choices, bestEpoch: trained.history.bestEpoch,
            epochs: trained.history.epochs.count, validationAccuracy: trained.history.best?.validationAccuracy,
            seconds: trained.history.seconds, temperature: evaluation.temperature, history: trained.history.epochs,
            clips: clips.indices.map { index in
                CrossValidationResults.ClipResult(
                    clip: name(of: clips[index]), segment: clips[index].segment, corpus: clips[index].corpus,
                    speaker: clips[index].speaker, sentence: clips[index].sentence, target: evaluation.targets[index],
                    prediction: evaluation.predictions[index], probabilities: evaluation.probabilities[index],
                    logits: evaluation.logits[index])
            },
            skipped: (trained.skipped + untested).map { name(of: $0.clip) }.sorted())
    }

    /// The mean UAR of each candidate over the inner folds.
    private func scores(
        _ task: Task, isCancelled: @escaping @Sendable () -> Bool, epoch: @escaping @Sendable () -> Void
    ) throws(TrainingError) -> [CrossValidationResults.Choice] {
        guard !task.inner.isEmpty else { return [] }
        var choices: [CrossValidationResults.Choice] = []
        for index in settings.candidates.indices {
            var total = 0.0
            for split in task.inner {
                let trained = try fit(index, on: split, seed: task.seed, isCancelled: isCancelled, epoch: epoch)
                total += try trained.evaluate(split.test).metrics.unweightedAverageRecall
            }
            choices.append(
                .init(
                    name: settings.candidates[index].name, unweightedAverageRecall: total / Double(task.inner.count)))
        }
        return choices
    }

    private func fit(
        _ index: Int, on split: DataSplit, seed: UInt64, isCancelled: @escaping @Sendable () -> Bool,
        epoch: @escaping @Sendable () -> Void
    ) throws(TrainingError) -> TrainedModel {
        let ready = try settings.candidates[index].prepared(labels: corpus.labels, seed: seed)
        let trained = try ready.trainer.fit(
            ready.network, on: split, store: store, observe: { if case .epoch = $0 { epoch() } },
            stop: StopSignal(asking: isCancelled))
        switch trained.stopped {
        case .cancelled: throw .cancelled
        // A fold's figures are those of a training that went as it was set.
        case .diverged(let epoch): throw .diverged(epoch: epoch)
        case .allEpochs, .patience, .rule: return trained
        }
    }

    /// How each candidate is trained, as results tell it.
    func trainingSettings() throws(CrossValidationError) -> [TrainingSettings] {
        var described: [TrainingSettings] = []
        for (index, candidate) in settings.candidates.enumerated() {
            do throws(TrainingError) {
                described.append(
                    try TrainingSettings(
                        name: candidate.name, trainer: candidate.trainer, pipeline: pipelines[index],
                        parameters: parameterCounts[index]))
            } catch { throw .training(error, fold: candidate.name) }
        }
        return described
    }

    /// All that decides what a fold's result is.
    func identity(of task: Task) throws(CrossValidationError) -> FoldIdentity {
        var trainings: [String] = []
        for candidate in settings.candidates {
            do {
                let ready = try candidate.prepared(labels: corpus.labels, seed: task.seed)
                let identity = try TrainingIdentity(
                    ready.trainer, objective: ready.trainer.objective(for: ready.network, labels: corpus.labels),
                    network: ready.network, pipeline: ready.pipeline,
                    standardization: try ready.trainer.standardization.kept(
                        by: ready.network, columns: ready.pipeline.columns),
                    split: task.split)
                trainings.append(try MetadataPart.text(identity))
            } catch {
                throw .setting("the settings of \(candidate.name) cannot be written: \(error)")
            }
        }
        let tested = task.split.test.clips.map { name(of: $0) + $0.emotion + ($0.content?.description ?? "") }
        return FoldIdentity(
            protocol: settings.folds.summary, foldSeed: settings.foldSeed, validation: settings.validation,
            validatedBy: settings.validatedBy, networks: settings.candidates.map(\.name),
            epochs: settings.candidates.map(\.trainer.epochs),
            calibrates: settings.candidates.map(\.trainer.calibrates),
            inner: settings.candidates.count > 1 ? settings.inner.summary : nil,
            tested: ContentDigest(of: Array(tested.joined(separator: "\n").utf8)), trainings: trainings)
    }
}
