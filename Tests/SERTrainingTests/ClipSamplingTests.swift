// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERCore
import SERModels
import SERTestSupport
import SERTraining
import Testing

/// An epoch hears each class, or each corpus, as often as any other.
@Suite struct ClipSamplingTests {
    private func key(_ epoch: Int) -> RandomKey { RandomKey(seed: 3).derived(epoch) }

    @Test func groupsCountEquallyAndMembersToo() {
        // 3, 40 and 17 clips, mixed, and a group that has none.
        let groups = (0..<60).map { $0 < 3 ? 5 : $0 < 43 ? 0 : 2 }.enumerated()
            .sorted { ($0.offset * 37 % 60) < ($1.offset * 37 % 60) }.map(\.element)
        for epoch in 0..<5 {
            let draws = EpochDraws(balancing: groups, key: key(epoch))
            #expect(draws.clips.count == groups.count && draws.repeats.count == groups.count)
            for group in [0, 2, 5] {
                #expect(draws.clips.count { groups[$0] == group } == 20)
                let members = groups.indices.filter { groups[$0] == group }
                let counts = members.map { member in draws.clips.count { $0 == member } }
                #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1, "\(counts)")
            }
            // The repeats of a clip count its draws.
            var seen: [Int: Set<Int>] = [:]
            for (clip, again) in zip(draws.clips, draws.repeats) {
                #expect(seen[clip, default: []].insert(again).inserted)
            }
            #expect(seen.values.allSatisfy { $0 == Set(0..<$0.count) })
        }
    }

    @Test func whatDoesNotDivideGoesToSomeGroupsByChance() {
        let groups = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2]
        var larger: Set<Int> = []
        for epoch in 0..<40 {
            let draws = EpochDraws(balancing: groups, key: key(epoch))
            let counts = (0..<3).map { group in draws.clips.count { groups[$0] == group } }
            #expect(counts.reduce(0, +) == 11 && counts.allSatisfy { $0 == 3 || $0 == 4 })
            larger.formUnion(counts.indices.filter { counts[$0] == 4 })
        }
        #expect(larger == [0, 1, 2])
    }

    @Test func theKeyAloneDecides() {
        let groups = (0..<50).map { $0 % 7 == 0 ? 1 : 0 }
        let first = EpochDraws(balancing: groups, key: key(1)), again = EpochDraws(balancing: groups, key: key(1))
        #expect(first.clips == again.clips && first.repeats == again.repeats)
        #expect(EpochDraws(balancing: groups, key: key(2)).clips != first.clips)
        // Over epochs, every clip of a large group is heard.
        let heard = (0..<20).reduce(into: Set<Int>()) {
            $0.formUnion(EpochDraws(balancing: groups, key: key($1)).clips)
        }
        #expect(heard == Set(0..<50))
        #expect(EpochDraws(balancing: [], key: key(1)).clips.isEmpty)
        #expect(EpochDraws(everyOf: 3).clips == [0, 1, 2] && EpochDraws(everyOf: 3).repeats == [0, 0, 0])
    }

    private func trainer(_ sampling: ClipSampling, epochs: Int) -> Trainer {
        var trainer = Trainer(
            features: MFCC(.librosa, coefficients: 13, sampleRate: 8000), duration: 1, epochs: epochs, batchSize: 4,
            seed: 1)
        trainer.sampling = sampling
        return trainer
    }

    private var network: Model {
        get throws {
            try Model(input: [.time, 13], seed: 1) {
                GRU(4).named("rnn"); Dense(2).named("head")
            }
        }
    }

    @Test func aTrainingGoesOnWithTheSameDraws() throws {
        let tones = try ToneCorpus(clips: 24), split = try tones.split
        let unbroken = try trainer(.balancedClasses, epochs: 3).fit(network, on: split)
        let plain = try trainer(.everyClip, epochs: 3).fit(network, on: split)
        let file = tones.folder.url.appendingPathComponent("checkpoint")
        let checkpoint = Checkpoint(at: file, resume: true)
        _ = try trainer(.balancedClasses, epochs: 1).fit(network, on: split, checkpoint: checkpoint)
        let resumed = try trainer(.balancedClasses, epochs: 3).fit(network, on: split, checkpoint: checkpoint)
        #expect(resumed.history.epochs.map(\.trainLoss) == unbroken.history.epochs.map(\.trainLoss))
        #expect(resumed.history.epochs.map(\.trainLoss) != plain.history.epochs.map(\.trainLoss))
        let error = #expect(throws: TrainingError.self) {
            try trainer(.everyClip, epochs: 3).fit(network, on: split, checkpoint: checkpoint)
        }
        #expect(error?.description.contains("sampling was") == true, "\(String(describing: error))")
    }

    @Test func oneCorpusHasNothingToBalance() throws {
        let tones = try ToneCorpus(clips: 24), split = try tones.split
        let error = #expect(throws: TrainingError.self) {
            try trainer(.balancedCorpora, epochs: 1).fit(network, on: split)
        }
        #expect(error?.description.contains("bring several") == true)
        let candidate = Candidate("gru", trainer: trainer(.balancedCorpora, epochs: 1)) { _, _ in try network }
        #expect(throws: ExperimentError.self) { try Experiment([candidate], on: .split(split)).check() }
    }
}
