// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERTestSupport
import SERTraining
import Testing

@Suite struct SplitTests {
    static let tessShaped = madeUpCorpus(
        ["angry": 399, "disgust": 400, "fear": 400, "happy": 400, "neutral": 400, "sad": 399, "surprise": 400])
    static let uneven = madeUpCorpus(["a": 3, "b": 17, "c": 101, "d": 46, "e": 9], speakers: 10, sentences: 7)

    private func isPartition(_ split: DataSplit, leavingOut: Int = 0) -> Bool {
        let all = split.partitions.flatMap(\.indices)
        return Set(all).count == all.count && all.count == split.corpus.clips.count - leavingOut
    }

    @Test func stratifiedPartsHoldEachClassInProportion() throws {
        for seed in 1...5 as ClosedRange<UInt64> {
            let split = try Self.tessShaped.split(.stratified(train: 0.8, validation: 0.1, test: 0.1), seed: seed)
            #expect(isPartition(split))
            #expect(split.partitions.map(\.count) == [2238, 280, 280])
            for (part, fraction) in zip(split.partitions, [0.8, 0.1, 0.1]) {
                for (count, total) in zip(part.classCounts, [399, 400, 400, 400, 400, 399, 400]) {
                    #expect(abs(Double(count) - fraction * Double(total)) < 1)
                }
            }
        }
    }

    @Test func stratifiedPartsHoldEveryClass() throws {
        let split = try Self.uneven.split(.stratified(train: 0.8, validation: 0.1, test: 0.1), seed: 3)
        #expect(isPartition(split))
        for part in split.partitions { #expect(part.classCounts.allSatisfy { $0 >= 1 }) }
        for (part, fraction) in zip(split.partitions, [0.8, 0.1, 0.1]) {
            for (count, total) in zip(part.classCounts, [3, 17, 101, 46, 9]) where total >= 10 {
                #expect(abs(Double(count) - fraction * Double(total)) <= 1)
            }
        }
    }

    @Test(arguments: [
        Split.random(train: 0.7, validation: 0.2, test: 0.1), .stratified(train: 0.7, validation: 0.2, test: 0.1),
        .grouped(by: .speaker, train: 0.7, validation: 0.2, test: 0.1),
        .grouped(by: .sentence, train: 0.7, validation: 0.2, test: 0.1),
    ]) func everyMethodCoversTheCorpusAndDependsOnTheSeedAlone(method: Split) throws {
        let first = try Self.uneven.split(method, seed: 1)
        #expect(isPartition(first))
        #expect(first.partitions.allSatisfy { !$0.isEmpty })
        #expect(try Self.uneven.split(method, seed: 1) == first)
        let others = try (2...6).map { try Self.uneven.split(method, seed: $0) }
        #expect(others.contains { $0.test.indices != first.test.indices })
    }

    @Test func randomPartsHaveTheirSizes() throws {
        let split = try Self.uneven.split(.random(train: 0.5, validation: 0.25, test: 0.25), seed: 9)
        #expect(split.partitions.map(\.count) == [88, 44, 44])
    }

    @Test func fractionsMayLeaveClipsOut() throws {
        let split = try Self.tessShaped.split(.stratified(train: 0.4, validation: 0.1, test: 0.1), seed: 1)
        #expect(abs(split.partitions.map(\.count).reduce(0, +) - 1679) <= 1)
        let two = try Self.uneven.split(.grouped(by: .speaker, train: 0.3, validation: 0, test: 0.3), seed: 1)
        #expect(two.validation.isEmpty)
        #expect(two.train.count < 90 && two.test.count < 90 && !two.test.isEmpty)
    }

    @Test(arguments: Grouping.allCases) func groupsAreNeverShared(grouping: Grouping) throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            let split = try Self.uneven.split(
                .grouped(by: grouping, train: 0.6, validation: 0.2, test: 0.2), seed: seed)
            for overlap in split.audit.overlaps {
                #expect((grouping == .speaker ? overlap.speakers : overlap.sentences).isEmpty)
            }
            #expect(abs(Double(split.train.count) - 0.6 * 176) < 40)
        }
    }

    @Test func theSameNameInTwoCorporaIsTwoSpeakers() throws {
        let one = madeUpCorpus(["a": 20], speakers: 1, sentences: nil).clips
        let two = one.map { clip in
            var clip = clip
            clip.corpus = "another"
            return clip
        }
        let split = try Corpus(name: "both", clips: one + two)
            .split(.grouped(by: .speaker, train: 0.5, validation: 0, test: 0.5), seed: 1)
        #expect(Set(split.train.clips.map(\.corpus)).count == 1)
        #expect(split.audit.warnings.isEmpty)
    }

    @Test func targetsArePositionsInTheCorpusLabels() throws {
        let split = try DataSplit(corpus: Self.uneven, train: [175, 0, 3], validation: [20], test: [])
        #expect(split.train.indices == [0, 3, 175])
        #expect(split.train.targets == [0, 1, 4])
        #expect(split.validation.targets == [2])
        #expect(split.test.isEmpty)
        #expect(split.train.role == .training && split.validation.role == .validation && split.test.role == .test)
        #expect(split.train.labels == ["a", "b", "c", "d", "e"])
        #expect(Partition(.test, of: Self.uneven).count == 176)
    }

    @Test func whatCannotBeCutIsExplained() throws {
        let lonely = madeUpCorpus(["common": 20, "rare": 1])
        #expect(throws: SplitError.tooFewClips(label: "rare", clips: 1, needed: 3)) {
            try lonely.split(.stratified(train: 0.8, validation: 0.1, test: 0.1), seed: 1)
        }
        #expect(SplitError.tooFewClips(label: "rare", clips: 1, needed: 3).description.contains("\"rare\""))
        for (a, b, c) in [(0.8, 0.2, 0.1), (-0.1, 0.5, 0.5), (0, 0.5, 0.5), (.nan, 0.1, 0.1), (0.5, .infinity, 0)] {
            #expect(throws: SplitError.self) { try lonely.split(.random(train: a, validation: b, test: c), seed: 1) }
        }
        #expect(throws: SplitError.emptyPart(.test, clips: 21)) {
            try lonely.split(.random(train: 0.9, validation: 0.09, test: 0.01), seed: 1)
        }
        #expect(throws: SplitError.tooFewGroups(.speaker, groups: 2, parts: 3)) {
            try madeUpCorpus(["a": 20], speakers: 2)
                .split(.grouped(by: .speaker, train: 0.8, validation: 0.1, test: 0.1), seed: 1)
        }
        #expect(throws: SplitError.ungrouped(by: .speaker, clips: 20, first: "a-0.wav")) {
            try madeUpCorpus(["a": 20], speakers: nil)
                .split(.grouped(by: .speaker, train: 0.8, validation: 0.1, test: 0.1), seed: 1)
        }
        #expect(throws: SplitError.overlap(3, .training, .test)) {
            try DataSplit(corpus: lonely, train: [1, 3], validation: [], test: [3])
        }
        #expect(throws: SplitError.overlap(3, .training, .training)) {
            try DataSplit(corpus: lonely, train: [3, 3], validation: [], test: [])
        }
        #expect(throws: SplitError.outOfRange(21, clips: 21)) {
            try DataSplit(corpus: lonely, train: [21], validation: [], test: [])
        }
        #expect(throws: SplitError.emptyPart(.training, clips: 21)) {
            try DataSplit(corpus: lonely, train: [], validation: [], test: [1])
        }
    }

    @Test func theAuditTellsWhatPartsShare() throws {
        let split = try Self.tessShaped.split(.stratified(train: 0.8, validation: 0.1, test: 0.1), seed: 1)
        let audit = split.audit
        #expect(audit.overlaps.count == 3)
        #expect(audit.overlaps[1].first == .training && audit.overlaps[1].second == .test)
        #expect(audit.overlaps[1].speakers == (0..<4).map { "speaker \($0)" })
        #expect(audit.overlaps[1].sentences == (0..<5).map { "sentence \($0)" })
        #expect(audit.overlaps.allSatisfy { $0.identicalAudio.isEmpty })
        #expect(audit.warnings.count == 1)
        #expect(audit.warnings.first?.contains("All 4 test speakers were heard in training") == true)
        #expect(try JSONDecoder().decode(SplitAudit.self, from: JSONEncoder().encode(audit)) == audit)
    }

    @Test func theAuditFindsIdenticalAudio() throws {
        let digest = ContentDigest(of: [1, 2, 3])
        let clips = (0..<4).map { i in
            Clip(
                path: URL(fileURLWithPath: "/\(i).wav"), emotion: "a", duration: 1, sampleRate: 1, corpus: "x",
                content: i == 1 ? ContentDigest(of: [9]) : i == 3 ? nil : digest)
        }
        let split = try DataSplit(corpus: Corpus(name: "x", clips: clips), train: [0, 1], validation: [3], test: [2])
        #expect(split.audit.overlaps.map(\.identicalAudio) == [[], [["/0.wav", "/2.wav"]], []])
        #expect(split.audit.warnings.count == 1)
        #expect(split.audit.warnings.first?.contains("/2.wav") == true)
    }

    @Test func speakersAreTestedByName() throws {
        let corpus = madeUpCorpus(["anger": 10, "calm": 10], speakers: 5), names = corpus.speakers
        let split = try corpus.split(by: .speaker, testing: [names[1]], validating: [names[4], names[0]], seed: 1)
        #expect(corpus.groupNames(.speaker, of: split.test) == [names[1]])
        #expect(corpus.groupNames(.speaker, of: split.validation) == [names[0], names[4]])
        #expect(corpus.groupNames(.speaker, of: split.train) == [names[2], names[3]])
        #expect(split.partitions.reduce(0) { $0 + $1.count } == corpus.clips.count)
        let dealt = try corpus.split(by: .speaker, testing: [names[1]], share: 0.25, seed: 7)
        #expect(dealt == (try corpus.split(by: .speaker, testing: [names[1]], share: 0.25, seed: 7)))
        #expect(corpus.groupNames(.speaker, of: dealt.test) == [names[1]])
        #expect(corpus.groupNames(.speaker, of: dealt.validation).count == 1 && dealt.train.count == 12)
        #expect(throws: SplitError.unknownGroup(.speaker, name: "nobody", known: names)) {
            try corpus.split(by: .speaker, testing: ["nobody"], seed: 1)
        }
        #expect(throws: SplitError.groupNamedTwice(.speaker, name: names[1])) {
            try corpus.split(by: .speaker, testing: [names[1]], validating: [names[1]], seed: 1)
        }
        // Somebody must be left to train on, and to validate by where nobody is named for that.
        for (tested, validated) in [
            (names, nil), (Array(names.dropFirst()), nil), (Array(names.dropFirst()), [names[0]]),
        ] {
            #expect(throws: SplitError.noGroupLeft(.speaker, groups: names.count)) {
                try corpus.split(by: .speaker, testing: tested, validating: validated, seed: 1)
            }
        }
        #expect(throws: SplitError.self) {
            try corpus.split(by: .speaker, testing: [names[0]], validating: Array(names.dropFirst()), seed: 1)
        }
        #expect(throws: SplitError.self) { try corpus.split(by: .speaker, testing: [names[0]], share: 1, seed: 1) }
    }
}
