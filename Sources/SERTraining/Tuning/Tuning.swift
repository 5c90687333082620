// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels
import SERSupport

/// Searches settings: draws them by chance, trains each draw for a few epochs, and goes on with what does best.
///
/// ```swift
/// let space = try SearchSpace([
///     .init("learning rate", .logUniform(from: 1e-4, to: 1e-2)), .init("label smoothing", .uniform(from: 0, to: 0.3)),
/// ])
/// let tuning = Tuning(try TuningData(split), space: space, trials: 20, rungs: [3, 9, 27]) { drawn in
///     var trainer = Architecture.gru.trainer
///     trainer.epochs = 27
///     trainer.optimizer.learningRate = drawn.number("learning rate")
///     trainer.loss.labelSmoothing = Float(drawn.number("label smoothing"))
///     return Architecture.gru.candidate(trainer)
/// }
/// let results = try await tuning.run(in: folder)
/// print(results)                                   // every trial, and what the settings decided
/// ```
/// Trials are compared after each rung by successive halving (Li et al., MLSys 2020): one in ``reduction`` goes on. One that
/// goes on does so from where it stood and not anew. Whatever depends on the number of epochs, such as a schedule down to
/// nothing, is laid out for the last rung from the beginning, so that every trial is a training of that length which is
/// stopped early, and not a short one of its own: early rungs compare trials whose steps are still large.
///
/// A trial's score is the UAR of clips that it is not trained on. The best of many scores is too high by the luck of the
/// draw; what the settings are worth is told by the test part, which ``TuningData`` does not hold.
///
/// Every finished rung is kept in the folder; a tuning that was stopped or killed goes on from there and ends in the same
/// results, as it does with any number of threads. One with more trials goes on, too, where one with fewer has ended.
public struct Tuning: Sendable {
    /// Makes a candidate of what a trial drew. Its trainer has as many epochs as the last rung.
    public typealias CandidateBuilder = @Sendable (DrawnSettings) throws -> Candidate

    /// What trials are trained on and scored by.
    public var data: TuningData
    /// What settings are drawn from.
    public var space: SearchSpace
    /// How many draws are tried.
    public var trials: Int
    /// The epochs after which trials are compared; the last is the whole training.
    public var rungs: [Int]
    /// One of so many goes on from each rung, at least 2.
    public var reduction: Int
    /// Decides what is drawn, and the weights and the order of clips of every training.
    public var seed: UInt64
    /// The recordings that are the same sound in different files, for the audit; nil leaves them unsearched.
    public var copies: NearCopies?
    /// The command that is run, as it was typed: kept in the results.
    public var command: [String]?
    let candidate: CandidateBuilder

    /// The most trials.
    static let mostTrials = 10_000

    /// A search of settings.
    /// - Parameters:
    ///   - data: What trials are trained on and scored by.
    ///   - space: What settings are drawn from.
    ///   - trials: How many draws are tried.
    ///   - rungs: The epochs after which trials are compared, ascending; the last is the whole training. A single one
    ///     trains every trial to its end: a random search.
    ///   - reduction: One of so many goes on from each rung, at least 2.
    ///   - seed: Decides what is drawn, and the weights and the order of clips of every training.
    ///   - candidate: Makes a candidate of what a trial drew, with a trainer of as many epochs as the last rung.
    public init(
        _ data: TuningData, space: SearchSpace, trials: Int, rungs: [Int], reduction: Int = 3, seed: UInt64 = 1,
        candidate: @escaping CandidateBuilder
    ) {
        self.data = data
        self.space = space
        self.trials = trials
        self.rungs = rungs
        self.reduction = reduction
        self.seed = seed
        self.candidate = candidate
    }

    /// What happens during a tuning.
    public enum Event: Sendable {
        /// So many files of so many have been read and their features computed.
        case extracting(done: Int, total: Int)
        /// So many trainings were finished by an earlier tuning.
        case resumed(finished: Int)
        /// A trial (from 1) begins, or goes on, to be trained up to so many epochs.
        case began(trial: Int, settings: String, epochs: Int)
        /// An epoch of a trial has ended; so many of all its folds together, of those that lead to this rung.
        case epoch(trial: Int, done: Int, total: Int)
        /// A trial has been scored.
        case scored(trial: Int, TuningResults.Rung)
    }

    static func areRungs(_ rungs: [Int]) -> Bool {
        !rungs.isEmpty && rungs.count <= 50 && rungs.allSatisfy { (1...1_000_000).contains($0) }
            && zip(rungs, rungs.dropFirst()).allSatisfy { $0 < $1 }
    }

    /// Draws all settings, makes all candidates, and checks all that can be checked before any sound is read.
    /// - Throws: ``ExperimentError`` where settings, features, networks and data do not fit together.
    public func check() throws(ExperimentError) { _ = try TuningPlan(self) }

    /// Trains and compares the trials.
    /// - Parameters:
    ///   - folder: Where finished rungs and checkpoints are kept, and the results as `results.json`.
    ///   - observe: Told what happens, from several threads; by default nobody is.
    /// - Throws: ``ExperimentError``, before any training where settings cannot work.
    public func run(
        in folder: URL, observe: @escaping @Sendable (Event) -> Void = { _ in }
    ) throws(ExperimentError) -> TuningResults {
        try run(in: folder, observe: observe, stop: .never)
    }

    /// The same without blocking a thread of the concurrency pool. When the task is cancelled, the results hold what was
    /// finished (``TuningResults/isComplete``).
    /// - Throws: ``ExperimentError``.
    public func run(
        in folder: URL, observe: @escaping @Sendable (Event) -> Void = { _ in }
    ) async throws(ExperimentError) -> TuningResults {
        try await onOwnThread { stop throws(ExperimentError) in
            try self.run(in: folder, observe: observe, stop: stop)
        }
    }

    /// The same, until it is to stop: asked between steps.
    package func run(
        in folder: URL, observe: @escaping @Sendable (Event) -> Void = { _ in }, stop: StopSignal
    ) throws(ExperimentError) -> TuningResults {
        let plan = try TuningPlan(self), folder = try TuningFolder(at: folder)
        // Threads that have ended may hold it a little longer.
        defer { folder.unlock() }
        var results = TuningResults(of: plan)
        var halving = SuccessiveHalving(trials: trials, rungs: rungs.count, reduction: reduction)
        var runner = TuningRunner(plan: plan, folder: folder, observe: observe, stop: stop)
        var isComplete = false
        while !stop.isSet {
            guard let job = halving.next() else {
                isComplete = true
                break
            }
            guard let rung = try runner.finished(job) else { break }
            results.add(rung, of: job, settings: plan.draws[job.trial - 1])
            halving.finish(job, score: rung.divergedInEpoch == nil ? rung.score : nil)
        }
        runner.tellResumed()
        results.isComplete = isComplete
        results.skipped = runner.skipped.sorted()
        results.intervalUnit = runner.intervalUnit
        try results.summarize(plan)
        try folder.write(results)
        return results
    }
}
