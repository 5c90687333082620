// SPDX-License-Identifier: Apache-2.0

import SERSupport
import SERTraining
import Testing

@Suite struct SuccessiveHalvingTests {
    private typealias Job = SuccessiveHalving.Job

    /// Runs a search whose scores are made up, and returns the jobs in their order.
    private func jobs(
        trials: Int, rungs: Int, reduction: Int = 3, score: (Job) -> Double?
    ) -> [Job] {
        var halving = SuccessiveHalving(trials: trials, rungs: rungs, reduction: reduction)
        var jobs: [Job] = []
        while let job = halving.next() {
            jobs.append(job)
            halving.finish(job, score: score(job))
        }
        return jobs
    }

    private func random(_ job: Job, seed: UInt64) -> Double {
        var generator = RandomKey(seed: seed).derived(job.trial).derived(job.rung).generator
        return generator.drawFraction()
    }

    @Test func theBestOfEachRungGoOn() {
        for seed in 1...50 as ClosedRange<UInt64> {
            let trials = 9 + Int(seed), reduction = 2 + Int(seed % 3)
            let jobs = jobs(trials: trials, rungs: 3, reduction: reduction) { random($0, seed: seed) }
            #expect(Set(jobs).count == jobs.count, "a training is done twice")
            #expect(jobs.filter { $0.rung == 0 }.map(\.trial) == Array(1...trials))
            for rung in 0..<2 {
                let here = jobs.filter { $0.rung == rung }.map(\.trial)
                let on = Set(jobs.filter { $0.rung == rung + 1 }.map(\.trial))
                let ranked = here.sorted {
                    random(.init(trial: $0, rung: rung), seed: seed) > random(.init(trial: $1, rung: rung), seed: seed)
                }
                // All of the best share in the end, and besides only such as were among them at some moment.
                #expect(on.isSuperset(of: ranked.prefix(here.count / reduction)) && on.isSubset(of: here))
            }
            // Whoever goes on is at that moment among the best share of those who have finished.
            for (place, job) in jobs.enumerated() where job.rung > 0 {
                let known = jobs[..<place].filter { $0.rung == job.rung - 1 }
                let mine = random(.init(trial: job.trial, rung: job.rung - 1), seed: seed)
                let better = known.count { random($0, seed: seed) > mine }
                #expect(better < known.count / reduction)
            }
        }
    }

    @Test func whereTheFirstAreTheBestExactlyTheShareGoesOn() {
        let jobs = jobs(trials: 27, rungs: 3) { -Double($0.trial) }
        #expect((0..<3).map { rung in jobs.count { $0.rung == rung } } == [27, 9, 3])
        #expect(jobs.filter { $0.rung == 2 }.map(\.trial) == [1, 2, 3])
        // As soon as three are known one goes on, before another begins.
        #expect(jobs.prefix(4).map(\.trial) == [1, 2, 3, 1])
    }

    @Test func moreTrialsBeginWithWhatFewerDo() {
        let all = jobs(trials: 40, rungs: 3) { random($0, seed: 5) }
        for trials in [1, 5, 9, 20, 39] {
            let fewer = jobs(trials: trials, rungs: 3) { random($0, seed: 5) }
            #expect(Array(all.prefix(fewer.count)) == fewer)
        }
    }

    @Test func oneRungIsARandomSearch() {
        #expect(jobs(trials: 5, rungs: 1) { _ in 1 }.map(\.trial) == [1, 2, 3, 4, 5])
    }

    @Test func whatHasNoScoreGoesNowhere() {
        let jobs = jobs(trials: 9, rungs: 2) { $0.trial < 8 ? ($0.trial == 3 ? .nan : nil) : Double($0.trial) }
        #expect(jobs.filter { $0.rung == 1 }.map(\.trial) == [8, 9])
        #expect(self.jobs(trials: 9, rungs: 2) { _ in nil }.allSatisfy { $0.rung == 0 })
        // Of equals the earlier.
        #expect(self.jobs(trials: 3, rungs: 2) { _ in 0.5 }.last?.trial == 1)
    }
}
