// SPDX-License-Identifier: Apache-2.0

/// How many clips a corpus should hold, as its makers publish.
struct CorpusExpectation: Sendable, Equatable {
    var speakers: [String]
    var emotions: [String]
    /// Clips of one speaker and emotion; nil where the makers recorded uneven numbers.
    var perCell: [String: Int]?
    /// Clips of an emotion by all speakers.
    var perEmotion: [String: Int]
}

/// A corpus's clips counted by emotion and speaker.
public struct CorpusCounts: Sendable, Equatable {
    /// The emotions, sorted: the rows.
    public let emotions: [String]
    /// The speakers by corpus and name, as ``Corpus/speakers`` names them; nil stands for clips without a known speaker,
    /// and comes last: the columns.
    public let speakers: [String?]
    /// Clips found, [emotions, speakers].
    public let found: [[Int]]
    /// Clips that the corpus should hold, [emotions, speakers]; nil where its makers do not say.
    public let expected: [[Int?]]
    /// Clips that the corpus should hold of each emotion, [emotions]; nil where its makers do not say.
    public let expectedTotals: [Int?]

    /// Clips found of each emotion, [emotions].
    public var totals: [Int] { found.map { $0.reduce(0, +) } }
}

extension Corpus {
    /// The clips counted by emotion and speaker, beside what the corpus should hold.
    public var counts: CorpusCounts {
        let emotions = Set(labels).union(expectations.values.flatMap(\.emotions)).sorted()
        let expectedSpeakers = expectations.flatMap { corpus, expectation in
            expectation.speakers.map { GroupIdentity(corpus: corpus, name: $0) }
        }
        let known = Set(clips.compactMap { $0.identity(by: .speaker) }).union(expectedSpeakers)
        var speakers: [GroupIdentity?] = known.sorted()
        if clips.contains(where: { $0.speaker == nil }) { speakers.append(nil) }
        var found = emotions.map { _ in speakers.map { _ in 0 } }
        let row = Dictionary(uniqueKeysWithValues: emotions.enumerated().map { ($1, $0) })
        let column = Dictionary(uniqueKeysWithValues: speakers.enumerated().map { ($1, $0) })
        for clip in clips {
            if let r = row[clip.emotion], let c = column[clip.identity(by: .speaker)] { found[r][c] += 1 }
        }
        let planned = Set(expectedSpeakers)
        let expected = emotions.map { emotion in
            speakers.map { speaker in
                speaker.flatMap { planned.contains($0) ? expectations[$0.corpus]?.perCell?[emotion] : nil }
            }
        }
        let corpora = corpora.union(expectations.keys)
        return CorpusCounts(
            emotions: emotions, speakers: speakers.map { $0?.name(among: corpora) }, found: found, expected: expected,
            expectedTotals: emotions.map { emotion in
                let totals = expectations.values.compactMap { $0.perEmotion[emotion] }
                return totals.isEmpty ? nil : totals.reduce(0, +)
            })
    }

    /// What is missing or too many in each corpus.
    static func countProblems(
        in clips: [Clip], against expectations: [String: CorpusExpectation]
    ) -> [CorpusProblem] {
        expectations.sorted { $0.key < $1.key }.flatMap { corpus, expectation in
            let own = clips.filter { $0.corpus == corpus }
            return countProblems(
                in: own, against: expectation, of: expectations.count > 1 || own.count < clips.count ? corpus : nil)
        }
    }

    /// What is missing or too many, the missing named by the sentences that other cells have.
    private static func countProblems(
        in clips: [Clip], against expectation: CorpusExpectation, of corpus: String?
    ) -> [CorpusProblem] {
        guard let perCell = expectation.perCell else {
            return expectation.emotions.compactMap { emotion in
                let found = clips.count { $0.emotion == emotion }, expected = expectation.perEmotion[emotion] ?? 0
                guard found != expected else { return nil }
                return .count(
                    corpus: corpus, speaker: nil, emotion: emotion, expected: expected, found: found, missing: [])
            }
        }
        var cells: [[String?]: [Clip]] = [:]
        for clip in clips { cells[[clip.speaker, clip.emotion], default: []].append(clip) }
        let sentences = Set(clips.compactMap(\.sentence))
        var problems: [CorpusProblem] = []
        for speaker in expectation.speakers {
            guard clips.contains(where: { $0.speaker == speaker }) else {
                let expected = expectation.emotions.reduce(0) { $0 + (perCell[$1] ?? 0) }
                problems.append(
                    .count(
                        corpus: corpus, speaker: speaker, emotion: nil, expected: expected, found: 0, missing: []))
                continue
            }
            for emotion in expectation.emotions {
                let cell = cells[[speaker, emotion]] ?? [], expected = perCell[emotion] ?? 0
                guard cell.count != expected else { continue }
                // Only where each sentence is spoken once do the other cells tell what this one lacks.
                let missing =
                    sentences.count == expected
                    ? sentences.subtracting(cell.compactMap(\.sentence)).sorted() : []
                problems.append(
                    .count(
                        corpus: corpus, speaker: speaker, emotion: emotion, expected: expected, found: cell.count,
                        missing: missing))
            }
        }
        return problems
    }
}
