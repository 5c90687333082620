// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Trains and tests the networks of some tasks, several at once.
struct ExperimentRunner: Sendable {
    /// Where a finished run is kept, and as what.
    struct Place: Sendable {
        let folder: ExperimentFolder
        let identity: RunIdentity

        func run(of task: ExperimentPlan.Task) throws(ExperimentError) -> ExperimentResults.TestedRun? {
            try folder.run(of: task, identity: identity)
        }
    }

    /// A task that is yet to be run.
    struct OpenTask: Sendable {
        let task: ExperimentPlan.Task
        /// nil where nothing is kept.
        let place: Place?
    }

    let plan: ExperimentPlan
    let progress: ExperimentProgress
    let observe: @Sendable (Experiment.Event) -> Void
    let tested: @Sendable (TestedNetwork, ExperimentResults) throws -> Void

    /// Runs tasks until all are done or it is to stop.
    func run(_ tasks: [OpenTask], stop: StopSignal) throws(ExperimentError) {
        guard !tasks.isEmpty else { return }
        let bytes: Int
        do throws(TrainingError) {
            bytes = try plan.extract(stop: stop) { observe(.extracting(done: $0, total: $1)) }
        } catch {
            if case .cancelled = error { return }
            throw .training(error, run: nil)
        }
        let epochs = Counter(), epochsInAll = plan.epochs(of: tasks.map(\.task)), progress = progress
        let ending = StopSignal(asking: { stop.isSet || progress.failure != nil })
        runSideBySide(tasks.count, workers: workers(for: tasks.count, featureBytes: bytes)) { index in
            guard !ending.isSet else { return }
            do throws(ExperimentError) {
                try run(tasks[index], stop: ending) {
                    observe(.epoch(done: epochs.increment(), total: epochsInAll))
                }
            } catch { progress.fail(error) }
        }
        if let failure = progress.failure { throw failure }
    }

    private func run(
        _ open: OpenTask, stop: StopSignal, epoch: @escaping @Sendable () -> Void
    ) throws(ExperimentError) {
        let task = open.task
        let network: TestedNetwork
        do throws(TrainingError) {
            network = try plan.test(task, stop: stop, epoch: epoch) { candidate, event in
                observe(.training(candidate: candidate, fold: task.fold, seed: task.seed, event))
            }
        } catch {
            if case .cancelled = error { return }
            throw .training(error, run: plan.name(of: task))
        }
        let run = network.testedRun(of: task)
        if let place = open.place { try place.folder.write(run, of: task, identity: place.identity) }
        let results = try progress.add(run) { results throws(ExperimentError) in
            do { try tested(network, results) } catch { throw ExperimentError(caught: error) }
        }
        observe(.tested(run.run, finished: results.runs.count, total: results.plannedRuns))
    }

    /// As many networks at once as there are threads, as long as they fill no more than half of the memory: each holds
    /// its features in standardised form, the weights several times, and what a step computes.
    private func workers(for tasks: Int, featureBytes: Int) -> Int {
        if let sideBySide = plan.settings.sideBySide { return max(1, min(sideBySide, tasks)) }
        guard plan.settings.cut.splits.count > 1 else { return 1 }
        let each = featureBytes + 32 * plan.largestNetwork + 256 << 20
        let room = Int(clamping: ProcessInfo.processInfo.physicalMemory / 2) / max(each, 1)
        return max(1, min(Parallelism.threads, tasks, room))
    }
}

/// Calls `body` once for each index, on so many threads, of which each runs its own loops alone; with one worker, on the
/// calling thread, whose loops use all threads.
func runSideBySide(_ count: Int, workers: Int, _ body: @escaping @Sendable (Int) -> Void) {
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
        thread.name = "run"
        thread.start()
    }
    group.wait()
}
