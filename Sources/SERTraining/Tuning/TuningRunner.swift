// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels
import SERSupport
import Synchronization

/// Trains trials up to their rungs, one after the other; inner folds side by side.
struct TuningRunner {
    private let plan: TuningPlan
    private let folder: TuningFolder
    private let observe: @Sendable (Tuning.Event) -> Void
    private let stop: StopSignal
    /// Features by how they are computed, those used last at the end.
    private var stores: [(key: String, store: FeatureStore)] = []
    private var resumed = 0
    private var hasTrained = false
    /// Clips without features.
    private(set) var skipped: Set<String> = []
    /// What intervals of scores are over.
    private(set) var intervalUnit: String?

    /// As many ways to compute features are held at once; a space may draw any number.
    private static let mostStores = 4

    init(
        plan: TuningPlan, folder: TuningFolder, observe: @escaping @Sendable (Tuning.Event) -> Void, stop: StopSignal
    ) {
        self.plan = plan
        self.folder = folder
        self.observe = observe
        self.stop = stop
    }

    /// What a training gives: kept from before, or trained now; nil where it was stopped.
    mutating func finished(_ job: SuccessiveHalving.Job) throws(ExperimentError) -> TuningResults.Rung? {
        let epochs = plan.settings.rungs[job.rung], identity = try plan.identity(of: job.trial)
        if let kept = try folder.rung(of: job.trial, epochs: epochs, identity: identity) {
            resumed += 1
            note(kept)
            return kept.rung
        }
        tellResumed()
        observe(
            .began(trial: job.trial, settings: plan.draws[job.trial - 1].text(in: plan.settings.space), epochs: epochs))
        guard let trained = try train(job, epochs: epochs) else { return nil }
        note(trained)
        try folder.write(trained, of: job.trial, epochs: epochs, identity: identity)
        observe(.scored(trial: job.trial, trained.rung))
        return trained.rung
    }

    private mutating func note(_ finished: TuningFolder.Finished) {
        skipped.formUnion(finished.skipped)
        intervalUnit = intervalUnit ?? finished.intervalUnit
    }

    /// Says, once, how much was found finished.
    mutating func tellResumed() {
        if resumed > 0, !hasTrained { observe(.resumed(finished: resumed)) }
        hasTrained = true
    }

    /// What one fold's training came to.
    private struct Fold: Sendable {
        /// nil where it diverged in its first epoch.
        var evaluation: Evaluation?
        var bestEpoch = 0
        var divergedInEpoch: Int?
        var seconds = 0.0
        var skipped: [String] = []
    }

    private mutating func train(
        _ job: SuccessiveHalving.Job, epochs: Int
    ) throws(ExperimentError) -> TuningFolder.Finished? {
        let folds = plan.settings.data.splits.count, trial = job.trial
        let candidate = candidate(of: trial, epochs: epochs)
        let before = job.rung == 0 ? 0 : plan.settings.rungs[job.rung - 1]
        let total = folds * (epochs - before), done = Counter(), observe = observe
        let store: FeatureStore
        do throws(TrainingError) { store = try self.store(for: plan.pipelines[trial - 1]) } catch {
            throw .training(error, run: "trial \(trial)")
        }
        let found = Mutex<[Int: Result<Fold, TrainingError>]>([:])
        let stop = stop
        let ending = StopSignal(asking: { stop.isSet || found.withLock { $0.values.contains(where: \.isFailure) } })
        runSideBySide(folds, workers: folds > 1 ? max(1, min(folds, Parallelism.threads)) : 1) { [self] index in
            guard !ending.isSet else { return }
            let result = Result { () throws(TrainingError) in
                try fold(index, of: trial, candidate, store: store, stop: ending) {
                    observe(.epoch(trial: trial, done: min(done.increment(), total), total: total))
                }
            }
            found.withLock { $0[index] = result }
        }
        let results = found.withLock { $0 }
        for case .failure(let error) in results.values {
            if case .cancelled = error { continue }
            throw .training(error, run: "trial \(trial): \(plan.draws[trial - 1].text(in: plan.settings.space))")
        }
        let all = (0..<folds).compactMap { try? results[$0]?.get() }
        guard all.count == folds else { return nil }
        return try finished(all, epochs: epochs)
    }

    /// The candidate of a trial, to be trained up to so many epochs.
    private func candidate(of trial: Int, epochs: Int) -> Candidate {
        var candidate = plan.candidates[trial - 1]
        candidate.trainer.epochs = epochs
        // A temperature changes no recall.
        candidate.trainer.calibrates = false
        return candidate
    }

    /// - Throws: ``TrainingError``; ``TrainingError/cancelled`` where it is to stop.
    private func fold(
        _ index: Int, of trial: Int, _ candidate: Candidate, store: FeatureStore, stop: StopSignal,
        epoch: @escaping @Sendable () -> Void
    ) throws(TrainingError) -> Fold {
        let data = plan.settings.data, split = data.splits[index], observe = observe
        let checkpoint = Checkpoint(at: folder.checkpoint(of: trial, fold: index + 1), resume: true)
        let trained: TrainedModel
        do throws(TrainingError) {
            trained = try candidate.trained(
                on: split, seed: plan.settings.seed, store: store, checkpoint: checkpoint,
                observe: { event in
                    if case .extracting(let done, let total) = event { observe(.extracting(done: done, total: total)) }
                    if case .epoch = event { epoch() }
                }, stop: stop)
        } catch {
            if case .diverged(let epoch) = error { return Fold(divergedInEpoch: epoch) }
            throw error
        }
        if trained.wasCancelled { throw .cancelled }
        let root = commonFolder(of: data.corpus.clips.map(\.path.path))
        let measured = try trained.recognizer.measured(
            data.scored(split), store: store, isStrict: candidate.trainer.isStrict)
        return Fold(
            evaluation: measured.evaluation, bestEpoch: trained.history.bestEpoch,
            divergedInEpoch: trained.stopped.divergedInEpoch, seconds: trained.history.seconds,
            skipped: (trained.skipped + measured.failures).map { $0.clip.name(below: root) })
    }

    private func finished(_ folds: [Fold], epochs: Int) throws(ExperimentError) -> TuningFolder.Finished {
        let evaluations = folds.compactMap(\.evaluation), isScored = evaluations.count == folds.count
        let scores = isScored ? evaluations.map(\.metrics.unweightedAverageRecall) : []
        var interval: ConfidenceInterval?
        do throws(EvaluationError) {
            if isScored, let only = evaluations.first, folds.count == 1 {
                interval = try only.estimates(of: [.unweightedAverageRecall])[.unweightedAverageRecall]?.interval
            } else if isScored {
                interval = Self.interval(of: scores)
            }
        } catch { throw .training(.evaluation(error), run: nil) }
        return TuningFolder.Finished(
            rung: TuningResults.Rung(
                epochs: epochs, score: scores.isEmpty ? nil : Spread(scores).mean, interval: interval,
                foldScores: scores, bestEpochs: isScored ? folds.map(\.bestEpoch) : [],
                divergedInEpoch: folds.compactMap(\.divergedInEpoch).min(),
                seconds: folds.reduce(0) { $0 + $1.seconds }),
            skipped: Set(folds.flatMap(\.skipped)).sorted(),
            intervalUnit: folds.count > 1 ? "folds" : evaluations.first.flatMap(Self.unit))
    }

    private static func unit(of evaluation: Evaluation) -> String? {
        (try? ResamplingUnits(evaluation, unit: nil))?.unit.rawValue
    }

    /// Student's interval of the folds' mean, within 0...1. Folds share what they are trained on, so that it is somewhat
    /// too narrow (Bengio and Grandvalet, Journal of Machine Learning Research 5, 2004).
    private static func interval(of scores: [Double]) -> ConfidenceInterval? {
        let spread = Spread(scores), level = 0.95
        let wide =
            StudentDistribution.quantile(central: level, degreesOfFreedom: scores.count - 1) * spread.deviation
            / Double(scores.count).squareRoot()
        return ConfidenceInterval(lower: max(0, spread.mean - wide), upper: min(1, spread.mean + wide), level: level)
    }

    private mutating func store(for pipeline: FeaturePipeline) throws(TrainingError) -> FeatureStore {
        let key = try pipeline.extractionKey
        let place = stores.firstIndex { $0.key == key }
        let store = place.map { stores.remove(at: $0).store } ?? FeatureStore()
        stores.append((key, store))
        if stores.count > Self.mostStores { stores.removeFirst() }
        return store
    }
}

extension Result {
    fileprivate var isFailure: Bool {
        if case .failure = self { true } else { false }
    }
}
