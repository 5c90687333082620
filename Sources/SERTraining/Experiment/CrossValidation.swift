// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERSupport

/// Trains and tests networks fold by fold, so that every clip is tested by a network that was not trained on it.
///
/// ```swift
/// let results = try CrossValidation(.leaveOneSpeakerOut, trainer: Trainer(features: MFCC(.librosa)), seeds: [1, 2]) {
///     labels, seed in try Architecture.gru.model(classes: labels.count, seed: seed)
/// }.run(on: corpus, in: folder)
/// ```
/// Features are computed once for all folds. Finished folds are kept in the folder, each whole or not at all; a run that
/// was stopped or killed goes on from them, and ends in the same predictions, bit for bit, as an unbroken one.
///
/// With several candidates it is nested: within the training part of each fold an inner cross-validation chooses the
/// candidate with the highest mean UAR (of equals, the first), which is then trained on the whole training part. The
/// test part plays no role in the choice.
public struct CrossValidation: Sendable {
    /// How the corpus is cut.
    public var folds: Folds
    /// What is trained; where there are several, ``inner`` folds choose among them.
    public var candidates: [Candidate]
    /// How the training part of a fold is cut to choose among several candidates.
    public var inner: Folds
    /// Each seed is a run over all folds, with weights and order of clips of its own. The folds are the same.
    public var seeds: [UInt64]
    /// Decides what the cut leaves to chance.
    public var foldSeed: UInt64
    /// The share of each class of a fold's rest that the best epoch is chosen by.
    public var validation: Double
    /// What validation parts have to themselves: whole speakers or sentences; nil for a share of each class whoever
    /// speaks. A temperature (``Trainer/calibrates``) that is to hold for voices never heard needs voices of its own.
    public var validatedBy: Grouping?
    /// How many folds are trained at once, each on one thread; nil for as many as threads and memory allow. Results do
    /// not depend on it.
    public var sideBySide: Int?
    /// The command that is run, as it was typed: kept in the results.
    public var command: [String]?

    /// A cross-validation of one network.
    public init(
        _ folds: Folds, name: String = "network", trainer: Trainer, seeds: [UInt64] = [1], foldSeed: UInt64 = 1,
        validation: Double = 0.1, validatedBy: Grouping? = nil, network: @escaping Candidate.NetworkBuilder
    ) {
        self.init(
            folds, choosing: [Candidate(name, trainer: trainer, network: network)], by: .stratified(2), seeds: seeds,
            foldSeed: foldSeed, validation: validation, validatedBy: validatedBy)
    }

    /// A nested cross-validation: inner folds within each training part choose among the candidates.
    public init(
        _ folds: Folds, choosing candidates: [Candidate], by inner: Folds, seeds: [UInt64] = [1], foldSeed: UInt64 = 1,
        validation: Double = 0.1, validatedBy: Grouping? = nil
    ) {
        self.folds = folds
        self.candidates = candidates
        self.inner = inner
        self.seeds = seeds
        self.foldSeed = foldSeed
        self.validation = validation
        self.validatedBy = validatedBy
    }

    /// What happens during a run.
    public enum Event: Sendable {
        /// So many files of so many have been read and their features computed.
        case extracting(done: Int, total: Int)
        /// So many folds of so many were finished by an earlier run.
        case resumed(finished: Int, total: Int)
        /// So many epochs of so many, over all folds and seeds, have ended.
        case epoch(done: Int, total: Int)
        /// A fold has been tested; so many of so many are finished.
        case fold(CrossValidationResults.Fold, finished: Int, total: Int)
    }

    /// Trains and tests all folds.
    /// - Parameters:
    ///   - corpus: The clips.
    ///   - copies: The recordings that are the same sound, for the audit; nil leaves them unsearched.
    ///   - folder: Where finished folds are kept, and ``CrossValidationResults`` as `results.json`; nil keeps nothing.
    ///   - observe: Told what happens, from several threads; by default nobody is.
    ///   - isCancelled: Asked between steps. Folds in training are then given up.
    /// - Throws: ``CrossValidationError``; ``CrossValidationError/stopped(finished:total:)`` when cancelled.
    public func run(
        on corpus: Corpus, copies: NearCopies? = nil, in folder: URL? = nil,
        observe: @escaping @Sendable (Event) -> Void = { _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws(CrossValidationError) -> CrossValidationResults {
        let plan = try CrossValidationPlan(self, corpus: corpus)
        let kept = try folder.map { url throws(CrossValidationError) in try CrossValidationFolder(at: url) }
        var finished: [Int: CrossValidationResults.Fold] = [:]
        if let kept {
            for (place, task) in plan.tasks.enumerated() {
                finished[place] = try kept.fold(of: task, identity: try plan.identity(of: task))
            }
            if !finished.isEmpty { observe(.resumed(finished: finished.count, total: plan.tasks.count)) }
        }
        let fresh = try trained(
            plan.tasks.indices.filter { finished[$0] == nil }, plan, kept, isCancelled: isCancelled, observe: observe)
        finished.merge(fresh) { old, _ in old }
        let results = try CrossValidationResults(
            plan, copies: copies, folds: plan.tasks.indices.compactMap { finished[$0] })
        try kept?.write(results)
        return results
    }

    /// Trains and tests the folds of some tasks.
    private func trained(
        _ places: [Int], _ plan: CrossValidationPlan, _ kept: CrossValidationFolder?,
        isCancelled: @escaping @Sendable () -> Bool,
        observe: @escaping @Sendable (Event) -> Void
    ) throws(CrossValidationError) -> [Int: CrossValidationResults.Fold] {
        guard !places.isEmpty else { return [:] }
        let total = plan.tasks.count
        let bytes: Int
        do throws(TrainingError) {
            bytes = try plan.extract(isCancelled: isCancelled) { observe(.extracting(done: $0, total: $1)) }
        } catch { throw stop(error, fold: "features", finished: total - places.count, total: total) }
        let epochs = Counter(), epochsInAll = plan.epochs(of: places)
        let collected = Collected(finished: total - places.count)
        let isStopped: @Sendable () -> Bool = { isCancelled() || collected.failure != nil }
        runSideBySide(places.count, workers: workers(for: places.count, featureBytes: bytes, plan)) { index in
            guard !isStopped() else { return }
            let task = plan.tasks[places[index]]
            do throws(CrossValidationError) {
                let fold: CrossValidationResults.Fold
                do throws(TrainingError) {
                    fold = try plan.test(task, isCancelled: isStopped) {
                        observe(.epoch(done: epochs.increment(), total: epochsInAll))
                    }
                } catch { throw stop(error, fold: task.name, finished: 0, total: total) }
                try kept?.write(fold, of: task, identity: try plan.identity(of: task))
                observe(.fold(fold, finished: collected.add(fold, at: places[index]), total: total))
            } catch { collected.fail(error) }
        }
        if let failure = collected.failure {
            guard case .stopped = failure else { throw failure }
            throw .stopped(finished: collected.finished, total: total)
        }
        if collected.folds.count < places.count { throw .stopped(finished: collected.finished, total: total) }
        return collected.folds
    }

    private func stop(_ error: TrainingError, fold: String, finished: Int, total: Int) -> CrossValidationError {
        if case .cancelled = error { return .stopped(finished: finished, total: total) }
        return .training(error, fold: fold)
    }

    /// As many folds at once as there are threads, as long as they fill no more than half of the memory: each holds its
    /// features in standardised form, the weights several times, and what a step computes.
    private func workers(for folds: Int, featureBytes: Int, _ plan: CrossValidationPlan) -> Int {
        if let sideBySide { return max(1, min(sideBySide, folds)) }
        let each = featureBytes + 32 * plan.largestNetwork + 256 << 20
        let room = Int(clamping: ProcessInfo.processInfo.physicalMemory / 2) / max(each, 1)
        return max(1, min(Parallelism.threads, folds, room))
    }
}

/// What the threads of a cross-validation have reached.
private final class Collected: @unchecked Sendable {
    private let lock = NSLock()
    private var results: [Int: CrossValidationResults.Fold] = [:]
    private var error: CrossValidationError?
    private var count: Int

    init(finished: Int) { count = finished }

    var folds: [Int: CrossValidationResults.Fold] { lock.withLock { results } }
    var failure: CrossValidationError? { lock.withLock { error } }
    var finished: Int { lock.withLock { count } }

    func add(_ fold: CrossValidationResults.Fold, at place: Int) -> Int {
        lock.withLock {
            results[place] = fold
            count += 1
            return count
        }
    }

    /// Keeps the first failure; what others report when they are stopped because of it says nothing.
    func fail(_ failure: CrossValidationError) { lock.withLock { error = error ?? failure } }
}

/// Calls `body` once for each index, on so many threads, of which each runs its own loops alone; with one worker, on the
/// calling thread, whose loops use all threads.
private func runSideBySide(_ count: Int, workers: Int, _ body: @escaping @Sendable (Int) -> Void) {
    guard workers > 1 else { return (0..<count).forEach(body) }
    let next = Counter(), group = DispatchGroup()
    for _ in 0..<workers {
        group.enter()
        let thread = Thread {
            Parallelism.confined {
                while case let index = next.increment() - 1, index < count { body(index) }
            }
            group.leave()
        }
        thread.stackSize = 4 << 20
        thread.name = "fold"
        thread.start()
    }
    group.wait()
}
