// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERTraining
import Testing

/// Speakers of two corpora that share their names.
@Suite struct SpeakerIdentityTests {
    /// Two corpora with the speakers 03 and 04 each, who say the same sentences.
    private let corpus: Corpus = {
        let clips = (0..<48).map { index in
            Clip(
                path: URL(fileURLWithPath: "/made-up/\(index).wav"), emotion: ["angry", "happy", "sad"][index % 3],
                speaker: index % 2 == 0 ? "03" : "04", sentence: "s\(index / 2 % 3)", duration: 1, sampleRate: 8000,
                corpus: index < 24 ? "A" : "B")
        }
        return Corpus(name: "both", clips: clips)
    }()

    private let all = ["A/03", "A/04", "B/03", "B/04"]

    @Test func theyAreFourEverywhere() throws {
        #expect(corpus.speakers == all)
        #expect(corpus.counts.speakers == all)
        #expect(corpus.counts.found.map { $0.reduce(0, +) } == [16, 16, 16] && corpus.counts.found[0] == [4, 4, 4, 4])
        #expect(CorpusReport(corpus).speakers == all)
        #expect("\(CorpusReport(corpus))".contains("4 speakers"))
        let folds = try corpus.folds(.leaveOneSpeakerOut, validation: 0, seed: 1)
        #expect(folds.map(\.summary) == all.map { "tested on speaker \($0), trained on the others, seed 1" })
        #expect(folds.allSatisfy { $0.audit.overlaps[1].speakers.isEmpty && $0.audit.warnings.isEmpty })
        let split = try corpus.split(.stratified(train: 0.5, validation: 0.25, test: 0.25), seed: 1)
        #expect(split.audit.overlaps[1].speakers == all)
        #expect(split.audit.overlaps[1].sentences == ["A/s0", "A/s1", "A/s2", "B/s0", "B/s1", "B/s2"])
        #expect(split.audit.warnings.contains { $0.hasPrefix("All 4 test speakers") })
        let across = try corpus.folds(.corpora(trainedOn: "A", testedOn: "B"), seed: 1)
        #expect(across[0].audit.overlaps[1].speakers.isEmpty && across[0].audit.overlaps[1].sentences.isEmpty)
    }

    @Test func oneCorpusNamesThemPlainly() throws {
        let one = corpus.filtered { $0.corpus == "A" }
        #expect(one.speakers == ["03", "04"] && one.counts.speakers == ["03", "04"])
        #expect(try one.folds(.leaveOneSpeakerOut, seed: 1)[0].summary.hasPrefix("tested on speaker 03,"))
    }

    @Test func namesNeverMeet() {
        let pairs = [("A", "B/C"), ("A/B", "C"), ("A\\/B", "C"), ("A\\", "B/C"), ("A", "\\/B/C")]
        let identities = pairs.map { GroupIdentity(corpus: $0.0, name: $0.1) }
        #expect(Set(identities.map { $0.name(among: ["A", "A/B"]) }).count == pairs.count)
        #expect(identities[1].name(among: ["A/B"]) == "C")
        #expect([identities[1], identities[0]].sorted() == [identities[0], identities[1]])
    }

    @Test func clipsWithoutASpeakerStandApart() throws {
        var clips = corpus.clips
        for index in stride(from: 0, to: 48, by: 4) { clips[index].speaker = nil }
        let some = Corpus(name: "some", clips: clips)
        #expect(some.speakers == all && some.counts.speakers == all + [nil])
        #expect(some.counts.found.flatMap { $0 }.reduce(0, +) == 48)
        #expect(throws: SplitError.ungrouped(by: .speaker, clips: 12, first: "0.wav")) {
            try some.folds(.leaveOneSpeakerOut, seed: 1)
        }
    }

    @Test func testedClipsTellTheSame() {
        let clip = TestedClip(clip: "a.wav", corpus: "A", speaker: "03", target: 0)
        #expect(clip.identity(by: .speaker) == GroupIdentity(corpus: "A", name: "03"))
        #expect(clip.identity(by: .speaker) == corpus.clips[0].identity(by: .speaker))
        #expect(clip.identity(by: .sentence) == nil)
    }
}
