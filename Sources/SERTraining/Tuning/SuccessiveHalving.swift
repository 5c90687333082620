// SPDX-License-Identifier: Apache-2.0

/// Which training comes next in a search that gives most of its time to what does best: asynchronous successive halving
/// (Li et al., A system for massively parallel hyperparameter tuning, MLSys 2020, algorithm 2), with trainings one after
/// the other.
///
/// Each trial is trained to the first rung. As soon as it is among the best 1/`reduction` of those that have finished a
/// rung, it goes on to the next, before another trial begins; so some go on that would not have, had all been known. What
/// comes next depends on the scores so far and on nothing else: one that is asked again for the same scores, as after a
/// kill, says the same, and with more trials it begins with what it says with fewer.
package struct SuccessiveHalving: Sendable {
    /// A training of a trial (from 1) up to a rung (from 0).
    package struct Job: Sendable, Hashable {
        package let trial, rung: Int

        package init(trial: Int, rung: Int) {
            self.trial = trial
            self.rung = rung
        }
    }

    private let trials, reduction: Int
    private var begun = 0
    /// What has finished each rung, and with which score; nil for what is never to go on.
    private var finished: [[(trial: Int, score: Double?)]]
    /// The trials that have gone on from each rung.
    private var promoted: [Set<Int>]

    /// A search of so many trials.
    /// - Parameters:
    ///   - rungs: How often they are compared, at least once.
    ///   - reduction: One of so many goes on, at least 2.
    package init(trials: Int, rungs: Int, reduction: Int) {
        self.trials = trials
        self.reduction = reduction
        finished = Array(repeating: [], count: rungs)
        promoted = Array(repeating: [], count: rungs)
    }

    /// The training that comes next; nil where there is no more to do.
    package mutating func next() -> Job? {
        for rung in finished.indices.dropLast().reversed() {
            guard let trial = best(of: rung).first(where: { !promoted[rung].contains($0) }) else { continue }
            promoted[rung].insert(trial)
            return Job(trial: trial, rung: rung + 1)
        }
        guard begun < trials else { return nil }
        begun += 1
        return Job(trial: begun, rung: 0)
    }

    /// Takes in what came of a training.
    /// - Parameters:
    ///   - job: The training.
    ///   - score: The higher, the better; nil or not a number for what is not to go on.
    package mutating func finish(_ job: Job, score: Double?) {
        finished[job.rung].append((job.trial, score.flatMap { $0.isNaN ? nil : $0 }))
    }

    /// The best 1/`reduction` of a rung, the best first; of equals the earlier.
    private func best(of rung: Int) -> [Int] {
        let all = finished[rung]
        return all.compactMap { entry in entry.score.map { (trial: entry.trial, score: $0) } }
            .sorted { ($0.score, $1.trial) > ($1.score, $0.trial) }
            .prefix(all.count / reduction).map(\.trial)
    }
}
