// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Trains candidates on the same parts of a corpus and tests each once on every test part: over one split, or over folds,
/// so that every clip is tested by a network that was not trained on it.
///
/// ```swift
/// let own = Candidate("own", trainer: Trainer(features: LogMel(.librosa))) { labels, seed in
///     try Model(input: [.time, 128], seed: seed) { GRU(64); Dense(labels.count) }
/// }
/// let once = try await Experiment([own, Architecture.cnn.candidate()], on: .split(split)).run()
/// let voices = try await Experiment([own], on: .folds(.leaveOneSpeakerOut, of: corpus), seeds: [1, 2]).run(in: folder)
/// ```
/// All networks see the same clips, each with the features of its own trainer, which are computed once; each keeps the
/// weights of the epoch that was best on the validation part. Finished runs are kept in the folder, each whole or not at
/// all; an experiment that was stopped or killed goes on from them, and ends in the same predictions, bit for bit, as an
/// unbroken one.
///
/// With `choosing` it is nested: within the training part of each fold an inner cross-validation chooses the candidate
/// with the highest mean UAR (of equals, the first), which is then trained on the whole training part. The test part
/// plays no role in the choice.
public struct Experiment: Sendable {
    /// What is trained. Names differ.
    public var candidates: [Candidate]
    /// The corpus and how it is cut.
    public var cut: Cut
    /// Each seed is a training of each network on each fold, with weights and order of clips of its own.
    public var seeds: [UInt64]
    /// How the training part of a fold is cut to choose among the candidates; nil tests every candidate.
    public var inner: Folds?
    /// The recordings that are the same sound in different files (`Corpus.nearCopies(progress:)`), for the audit; nil
    /// leaves them unsearched.
    public var copies: NearCopies?
    /// How many networks are trained at once, each on one thread; nil for one after the other on all threads where there
    /// is one split, and as many as threads and memory allow where there are folds. Results do not depend on it.
    public var sideBySide: Int?
    /// The command that is run, as it was typed: kept in the results.
    public var command: [String]?

    /// An experiment.
    /// - Parameters:
    ///   - candidates: What is trained; no two have the same name.
    ///   - cut: The corpus and how it is cut.
    ///   - seeds: Each is a training of each network on each fold.
    ///   - inner: How the training part of each fold is cut to choose among the candidates; nil tests every candidate.
    public init(_ candidates: [Candidate], on cut: Cut, seeds: [UInt64] = [1], choosing inner: Folds? = nil) {
        self.candidates = candidates
        self.cut = cut
        self.seeds = seeds
        self.inner = inner
    }

    /// What happens during an experiment.
    public enum Event: Sendable {
        /// So many files of so many have been read and their features computed.
        case extracting(done: Int, total: Int)
        /// So many runs of so many were finished by an earlier experiment.
        case resumed(finished: Int, total: Int)
        /// What happens in a training: of which candidate, on which fold (from 1) and with which seed. Of the trainings
        /// that choose a candidate, nothing is told.
        case training(candidate: String, fold: Int, seed: UInt64, Trainer.Event)
        /// So many epochs of so many, over all trainings, have ended.
        case epoch(done: Int, total: Int)
        /// A network has been tested; so many runs of so many are finished.
        case tested(ExperimentResults.Run, finished: Int, total: Int)
    }

    /// Makes all splits and networks, and checks all that can be checked before any sound is read.
    /// - Throws: ``ExperimentError`` where settings, features, networks and data do not fit together.
    public func check() throws(ExperimentError) { _ = try ExperimentPlan(self) }

    /// The results of one network that was trained and tested by itself (``Candidate/tested(on:seed:store:checkpoint:observe:)``)
    /// on the only split.
    package func results(of network: TestedNetwork) throws(ExperimentError) -> ExperimentResults {
        let plan = try ExperimentPlan(self)
        let progress = ExperimentProgress(try plan.emptyResults())
        if let task = plan.tasks.first { try progress.add(network.testedRun(of: task)) }
        return progress.results
    }

    /// Trains and tests all networks.
    ///
    /// - Parameters:
    ///   - folder: Where finished runs are kept, and the results as `results.json`; nil keeps nothing.
    ///   - observe: Told what happens, from several threads; by default nobody is.
    ///   - tested: Given each network that was tested, with the results so far, one at a time; what it throws ends the
    ///     experiment. Runs that an earlier experiment finished are not given.
    /// - Throws: ``ExperimentError``, before any training where settings cannot work.
    public func run(
        in folder: URL? = nil, observe: @escaping @Sendable (Event) -> Void = { _ in },
        tested: @escaping @Sendable (TestedNetwork, ExperimentResults) throws -> Void = { _, _ in }
    ) throws(ExperimentError) -> ExperimentResults {
        try run(in: folder, observe: observe, tested: tested, stop: .never)
    }

    /// The same without blocking a thread of the concurrency pool. When the task is cancelled, networks in training are
    /// given up, and the results name as missing what was not finished (``ExperimentResults/missing``).
    /// - Throws: ``ExperimentError``.
    public func run(
        in folder: URL? = nil, observe: @escaping @Sendable (Event) -> Void = { _ in },
        tested: @escaping @Sendable (TestedNetwork, ExperimentResults) throws -> Void = { _, _ in }
    ) async throws(ExperimentError) -> ExperimentResults {
        try await onOwnThread { stop throws(ExperimentError) in
            try self.run(in: folder, observe: observe, tested: tested, stop: stop)
        }
    }

    /// The same, until it is to stop: asked between steps.
    package func run(
        in folder: URL? = nil, observe: @escaping @Sendable (Event) -> Void = { _ in },
        tested: @escaping @Sendable (TestedNetwork, ExperimentResults) throws -> Void = { _, _ in }, stop: StopSignal
    ) throws(ExperimentError) -> ExperimentResults {
        let plan = try ExperimentPlan(self)
        let kept = try folder.map { url throws(ExperimentError) in try ExperimentFolder(at: url) }
        // Threads that have ended may hold it a little longer.
        defer { kept?.unlock() }
        let progress = ExperimentProgress(try plan.emptyResults())
        var open: [ExperimentRunner.OpenTask] = []
        for task in plan.tasks {
            let kept = try kept.map { folder throws(ExperimentError) in
                ExperimentRunner.Place(folder: folder, identity: try plan.identity(of: task))
            }
            if let run = try kept?.run(of: task) {
                try progress.add(run)
            } else {
                open.append(ExperimentRunner.OpenTask(task: task, place: kept))
            }
        }
        if open.count < plan.tasks.count {
            observe(.resumed(finished: plan.tasks.count - open.count, total: plan.tasks.count))
        }
        let runner = ExperimentRunner(plan: plan, progress: progress, observe: observe, tested: tested)
        try runner.run(open, stop: stop)
        let results = progress.results
        if results.isComplete { try kept?.write(results) }
        return results
    }
}
