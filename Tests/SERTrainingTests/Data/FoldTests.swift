// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERTestSupport
import SERTraining
import Testing

@Suite struct FoldTests {
    private let corpus = SplitTests.uneven
    private let even = madeUpCorpus(["a": 60, "b": 170, "c": 101], speakers: 10, sentences: 7)

    private func checkCover(_ splits: [DataSplit], of corpus: Corpus) {
        #expect(splits.flatMap(\.test.indices).sorted() == Array(corpus.clips.indices))
    }

    @Test(arguments: [Folds.random(3), .stratified(3)])
    func everyClipIsTestedOnceAndTrainedOnOtherwise(folds: Folds) throws {
        let splits = try even.folds(folds, seed: 4)
        checkCover(splits, of: even)
        for split in splits {
            #expect(split.partitions.flatMap(\.indices).sorted() == Array(even.clips.indices))
            #expect(abs(split.test.count * 3 - 331) <= 2)
            #expect(split.validation.classCounts.allSatisfy { $0 >= 1 })
            #expect(split.audit.warnings.contains { $0.contains("test speakers were heard in training") })
        }
        #expect(try even.folds(folds, seed: 4) == splits)
        #expect(try even.folds(folds, seed: 5) != splits)
    }

    @Test func stratifiedFoldsHoldEachClassInProportion() throws {
        for split in try corpus.folds(.stratified(3), seed: 4) {
            for (label, total) in [3, 17, 101, 46, 9].enumerated() {
                #expect(abs(Double(split.test.classCounts[label]) - Double(total) / 3) < 1)
            }
        }
    }

    @Test(arguments: Grouping.allCases) func groupedFoldsShareNoGroup(grouping: Grouping) throws {
        for seed in 1...10 as ClosedRange<UInt64> {
            let splits = try even.folds(.grouped(by: grouping, 4), seed: seed)
            #expect(splits.count == 4)
            checkCover(splits, of: even)
            for split in splits {
                let overlap = split.audit.overlaps[1]
                #expect((grouping == .speaker ? overlap.speakers : overlap.sentences).isEmpty)
                #expect(split.test.count >= 40 && split.test.count <= 110)
            }
        }
    }

    @Test func eachSpeakerIsLeftOutOnce() throws {
        let corpus = SplitTests.tessShaped
        let splits = try corpus.folds(.leaveOneSpeakerOut, seed: 1)
        #expect(splits.map { Set($0.test.clips.compactMap(\.speaker)) } == (0..<4).map { ["speaker \($0)"] })
        for split in splits {
            #expect(split.audit.overlaps[1].speakers.isEmpty && split.audit.warnings.isEmpty)
            #expect(split.partitions.map(\.count).reduce(0, +) == 2798)
            #expect(abs(split.validation.count - (2798 - split.test.count) / 10) <= 1)
        }
        #expect(try corpus.folds(.leaveOneSentenceOut, seed: 1).count == 5)
    }

    @Test func crossedFoldsShareNeitherSpeakersNorSentences() throws {
        let splits = try SplitTests.tessShaped.folds(.crossed(speakers: 2, sentences: 3), seed: 1)
        #expect(splits.count == 6)
        checkCover(splits, of: SplitTests.tessShaped)
        for split in splits {
            #expect(split.audit.overlaps[1].speakers.isEmpty && split.audit.overlaps[1].sentences.isEmpty)
        }
    }

    @Test func listsAreTakenAsTheyAre() throws {
        let lists = [["a-0.wav", "made-up/c-5.wav"], ["b-3.wav"]]
        let splits = try corpus.folds(.lists(lists), seed: 1)
        #expect(splits.map { $0.test.clips.map(\.path.lastPathComponent) } == [["a-0.wav", "c-5.wav"], ["b-3.wav"]])
        #expect(splits[0].train.count + splits[0].validation.count == 174)
        #expect(throws: SplitError.listedFile("z.wav", found: 0)) { try corpus.folds(.lists([["z.wav"]]), seed: 1) }
        #expect(throws: SplitError.listedTwice("a-0.wav")) {
            try corpus.folds(.lists([["a-0.wav"], ["a-0.wav"]]), seed: 1)
        }
    }

    @Test func oneCorpusIsTrainedOnAndAnotherTested() throws {
        let one = madeUpCorpus(["angry": 20, "calm": 20, "boredom": 9])
        let other = Corpus(
            name: "other",
            clips: madeUpCorpus(["anger": 10, "calm": 10, "fear": 5], speakers: 2).clips.map { clip in
                var clip = clip
                clip.corpus = "other"
                clip.path = URL(fileURLWithPath: "/other/" + clip.path.lastPathComponent)
                return clip
            })
        let joined = try Corpus.joined([one, other.relabelled(["anger": "angry"])])
        #expect(joined.labels == ["angry", "calm"] && joined.clips.count == 60)
        let splits = try joined.folds(.corpora(trainedOn: "made up", testedOn: "other"), seed: 1)
        #expect(splits.count == 1)
        #expect(Set(splits[0].test.clips.map(\.corpus)) == ["other"] && splits[0].test.count == 20)
        #expect(Set((splits[0].train.clips + splits[0].validation.clips).map(\.corpus)) == ["made up"])
        #expect(splits[0].audit.warnings.isEmpty)
        #expect(throws: SplitError.unknownLabel("joy", known: one.labels)) { try one.relabelled(["joy": "happy"]) }
        #expect(throws: SplitError.sameCorpus("made up")) { try Corpus.joined([one, one]) }
        #expect(throws: SplitError.noSharedLabels([one.labels, other.labels])) { try Corpus.joined([one, other]) }
        #expect(throws: SplitError.noCorpus("x", known: ["made up", "other"])) {
            try joined.folds(.corpora(trainedOn: "made up", testedOn: "x"), seed: 1)
        }
    }

    @Test func corporaAreJoinedWithTheLabelsOfAnyToo() throws {
        let one = madeUpCorpus(["anger": 4, "calm": 4], speakers: 2)
        let other = Corpus(
            name: "other",
            clips: madeUpCorpus(["anger": 4, "fear": 6], speakers: 2).clips.map { clip in
                var clip = clip
                clip.corpus = "other"
                clip.path = URL(fileURLWithPath: "/other/" + clip.path.lastPathComponent)
                return clip
            })
        let all = try Corpus.joined([one, other], labels: .all)
        #expect(all.labels == ["anger", "calm", "fear"])
        #expect(all.clips.count == one.clips.count + other.clips.count && all.speakers.count == 4)
        #expect(throws: SplitError.sameCorpus("made up")) { try Corpus.joined([one, one], labels: .all) }
    }

    @Test func filesAreLeftOutByName() throws {
        let one = madeUpCorpus(["anger": 4, "calm": 4], speakers: 2), names = one.clips.map(\.path.lastPathComponent)
        let left = try one.leavingOut([names[1], one.clips[3].path.path])
        let kept = names.indices.filter { $0 != 1 && $0 != 3 }.map { names[$0] }
        #expect(left.clips.map(\.path.lastPathComponent) == kept)
        #expect(throws: SplitError.listedFile("none.wav", found: 0)) { try one.leavingOut(["none.wav"]) }
        let folder = try TemporaryFolder(), list = folder.url.appendingPathComponent("list.txt")
        try "a.wav\nsub/b.wav\n".write(to: list, atomically: true, encoding: .utf8)
        #expect(try Corpus.files(listedIn: list) == ["a.wav", "sub/b.wav"])
        try "note,file,start,end\nsilent,a.wav,1,2.5\n".write(to: list, atomically: true, encoding: .utf8)
        #expect(try Corpus.files(listedIn: list).map { $0.hasPrefix("a.wav#") } == [true])
        try "".write(to: list, atomically: true, encoding: .utf8)
        #expect(throws: CorpusError.self) { try Corpus.files(listedIn: list) }
        #expect(throws: CorpusError.self) {
            try Corpus.files(listedIn: folder.url.appendingPathComponent("missing.txt"))
        }
    }

    @Test func innerFoldsLieWithinTheTrainingPart() throws {
        for outer in try even.folds(.grouped(by: .speaker, 3), seed: 1) {
            let pool = Set(outer.train.indices + outer.validation.indices)
            let inner = try outer.inner(.grouped(by: .speaker, 2), seed: 1)
            #expect(inner.flatMap(\.test.indices).sorted() == pool.sorted())
            for split in inner {
                #expect(split.labels == outer.labels && split.audit.overlaps[1].speakers.isEmpty)
                #expect(split.partitions.flatMap(\.indices).allSatisfy { pool.contains($0) })
            }
        }
    }

    @Test func whatCannotBeCutIsExplained() throws {
        #expect(throws: SplitError.tooFewClips(label: "a", clips: 3, needed: 4)) {
            try corpus.folds(.stratified(4), seed: 1)
        }
        #expect(throws: SplitError.folds(1)) { try corpus.folds(.stratified(1), seed: 1) }
        #expect(throws: SplitError.tooManyFolds(177, clips: 176)) { try corpus.folds(.random(177), seed: 1) }
        #expect(throws: SplitError.tooFewGroups(.speaker, groups: 10, parts: 11)) {
            try corpus.folds(.grouped(by: .speaker, 11), seed: 1)
        }
        // All clips of "b" are the one speaker's who is left out.
        let clips = madeUpCorpus(["a": 20], speakers: 2).clips + madeUpCorpus(["b": 20], speakers: 1).clips
        #expect(
            throws: SplitError.missingClass(
                label: "b", fold: "tested on speaker speaker 0, trained on the others")
        ) {
            try Corpus(name: "x", clips: clips).folds(.leaveOneSpeakerOut, seed: 1)
        }
        #expect(throws: SplitError.ungrouped(by: .speaker, clips: 20, first: "a-0.wav")) {
            try madeUpCorpus(["a": 20], speakers: nil).folds(.leaveOneSpeakerOut, seed: 1)
        }
        let one = madeUpCorpus(["a": 10, "b": 12], speakers: 1, sentences: 2)
        let remaining = ["by sentence (2 of them)", "stratified (up to 10 folds)", "random (up to 22 folds)"]
        let error = SplitError.oneGroup(.speaker, name: "speaker 0", remaining: remaining)
        #expect(throws: error) { try one.folds(.leaveOneSpeakerOut, seed: 1) }
        #expect(error.description.contains("one speaker only") && error.description.contains("by sentence"))
    }

    /// A corpus of one speaker and one class cannot be trained on however it is cut, and is advised no way of cutting.
    @Test func aCorpusOfOneClassIsAdvisedNoProtocol() {
        for grouping in [Folds.leaveOneSpeakerOut, .leaveOneSentenceOut] {
            let error = #expect(throws: SplitError.self) {
                try madeUpCorpus(["a": 20], speakers: 1, sentences: 1).folds(grouping, seed: 1)
            }
            #expect(error?.description.contains("of two emotions or more") == true, "\(String(describing: error))")
            #expect(error?.description.contains("What remains") == false)
            let two = #expect(throws: SplitError.self) {
                try madeUpCorpus(["a": 20, "b": 20], speakers: 1, sentences: 1).folds(grouping, seed: 1)
            }
            #expect(two?.description.contains("What remains: stratified") == true, "\(String(describing: two))")
        }
    }
}
