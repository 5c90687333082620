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
    /// The clips of one emotion and speaker.
    public struct Cell: Sendable, Equatable {
        /// Places in ``CorpusCounts/emotions`` and ``CorpusCounts/speakers``.
        public let emotion, speaker: Int
        /// Clips found.
        public internal(set) var found: Int
        /// Clips that the corpus should hold; nil where its makers do not say.
        public let expected: Int?
    }

    /// The emotions, sorted: the rows.
    public let emotions: [String]
    /// The speakers by corpus and name, as ``Corpus/speakers`` names them; nil stands for clips without a known speaker,
    /// and comes last: the columns.
    public let speakers: [String?]
    /// The cells in the order of rows, then columns: those that hold clips, and those of speakers that the corpus should
    /// hold. Thousands of speakers each of whom has labels of their own have few.
    public let cells: [Cell]
    /// Clips that the corpus should hold of each emotion, [emotions]; nil where its makers do not say.
    public let expectedTotals: [Int?]

    /// Clips found, as a full table, [emotions, speakers].
    public var found: [[Int]] { full(0) { $0.found } }
    /// Clips that the corpus should hold, as a full table, [emotions, speakers]; nil where its makers do not say.
    public var expected: [[Int?]] { full(nil) { $0.expected } }

    private func full<Value>(_ empty: Value, _ value: (Cell) -> Value) -> [[Value]] {
        var table = emotions.map { _ in [Value](repeating: empty, count: speakers.count) }
        for cell in cells { table[cell.emotion][cell.speaker] = value(cell) }
        return table
    }

    /// Clips found of each emotion, [emotions].
    public var totals: [Int] {
        cells.reduce(into: [Int](repeating: 0, count: emotions.count)) { $0[$1.emotion] += $1.found }
    }
}

extension Corpus {
    /// The clips counted by emotion and speaker, beside what the corpus should hold.
    public var counts: CorpusCounts {
        let emotions = Set(labels).union(expectations.values.flatMap(\.emotions)).sorted()
        let planned = Set(
            expectations.flatMap { corpus, expectation in
                expectation.speakers.map { GroupIdentity(corpus: corpus, name: $0) }
            })
        var speakers: [GroupIdentity?] = planned.union(clips.compactMap { $0.identity(by: .speaker) }).sorted()
        if clips.contains(where: { $0.speaker == nil }) { speakers.append(nil) }
        let corpora = corpora.union(expectations.keys)
        return CorpusCounts(
            emotions: emotions, speakers: speakers.map { $0?.name(among: corpora) },
            cells: cells(emotions, speakers, planned: planned),
            expectedTotals: emotions.map { emotion in
                let totals = expectations.values.compactMap { $0.perEmotion[emotion] }
                return totals.isEmpty ? nil : totals.reduce(0, +)
            })
    }

    private func cells(
        _ emotions: [String], _ speakers: [GroupIdentity?], planned: Set<GroupIdentity>
    ) -> [CorpusCounts.Cell] {
        let row = Dictionary(uniqueKeysWithValues: emotions.enumerated().map { ($1, $0) })
        let column = Dictionary(uniqueKeysWithValues: speakers.enumerated().map { ($1, $0) })
        var cells: [[Int]: CorpusCounts.Cell] = [:]
        for speaker in planned {
            guard let c = column[speaker] else { continue }
            for (r, emotion) in emotions.enumerated() {
                let expected = expectations[speaker.corpus]?.perCell?[emotion]
                cells[[r, c]] = CorpusCounts.Cell(emotion: r, speaker: c, found: 0, expected: expected)
            }
        }
        for clip in clips {
            guard let r = row[clip.emotion], let c = column[clip.identity(by: .speaker)] else { continue }
            cells[[r, c], default: CorpusCounts.Cell(emotion: r, speaker: c, found: 0, expected: nil)].found += 1
        }
        return cells.values.sorted { ($0.emotion, $0.speaker) < ($1.emotion, $1.speaker) }
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
