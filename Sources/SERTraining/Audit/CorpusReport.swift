// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// What a corpus holds, as `ser inspect` prints it: counts against what it should hold, durations, rates, columns and
/// problems.
public struct CorpusReport: Codable, Sendable, Equatable {
    /// The clips of one emotion and speaker.
    public struct Count: Codable, Sendable, Equatable {
        /// The emotion.
        public let emotion: String
        /// Who speaks; `nil` for clips without a known speaker.
        public let speaker: String?
        /// Number of clips.
        public let found: Int
        /// How many clips there should be, where the corpus's makers say.
        public let expected: Int?
    }

    /// Lengths of the clips, in seconds.
    public struct Durations: Codable, Sendable, Equatable {
        /// Of all clips together.
        public let total: Double
        /// The shortest, the middle and the longest clip, and their mean.
        public let minimum, median, mean, maximum: Double

        package init(_ values: [Double]) {
            let sorted = values.sorted()
            total = values.reduce(0, +)
            minimum = sorted.first ?? 0
            maximum = sorted.last ?? 0
            mean = values.mean
            median = values.median ?? 0
        }
    }

    /// How many clips have a rate and a number of channels.
    public struct Format: Codable, Sendable, Equatable {
        /// Samples a second, in Hz.
        public let sampleRate: Double
        /// Number of channels.
        public let channels: Int
        /// Number of clips.
        public let clips: Int
    }

    /// What is to be known of a file that was read though something is wrong with it.
    public struct Remark: Codable, Sendable, Equatable {
        /// The file's path.
        public let path: String
        /// What is wrong, and what was done about it.
        public let remark: String
    }

    /// The corpus's name.
    public let corpus: String
    /// Whether the library's own synthesiser made it.
    public let synthetic: Bool
    /// Number of clips.
    public let clips: Int
    /// The emotions, sorted.
    public let labels: [String]
    /// The speakers that are known, sorted.
    public let speakers: [String]
    /// Clips by emotion, then speaker: where there are some, and where the corpus's makers name the speaker.
    public let counts: [Count]
    /// Lengths of the clips.
    public let durations: Durations
    /// Rates and channels, the most frequent first.
    public let formats: [Format]
    /// The columns of the table of clips.
    public let columns: [ColumnSummary]
    /// Files that could not be read and are left out.
    public let unreadable: [UnreadableFile]
    /// Files with the same bytes under different names, one list a group.
    public let duplicates: [[String]]
    /// Clips that nowhere reach -60 dB of full scale, where somebody listened.
    public let nearlySilent: [String]
    /// Other clips in which no speech was found, where it was looked for.
    public let withoutSpeech: [String]
    /// Files that were read though something is wrong with them, such as a header that was not closed.
    public let remarks: [Remark]
    /// Everything that the audit found, one sentence each.
    public let problems: [String]

    /// The report on a corpus.
    public init(_ corpus: Corpus) {
        self.corpus = corpus.name
        synthetic = corpus.isSynthetic
        clips = corpus.clips.count
        labels = corpus.labels
        speakers = corpus.speakers
        let counts = corpus.counts
        self.counts = counts.cells.map { cell in
            Count(
                emotion: counts.emotions[cell.emotion], speaker: counts.speakers[cell.speaker], found: cell.found,
                expected: cell.expected)
        }
        durations = Durations(corpus.clips.map(\.duration))
        formats = Self.formats(of: corpus)
        columns = corpus.table.columnSummary
        unreadable = corpus.problems.compactMap(\.unreadable)
        duplicates = corpus.problems.compactMap { if case .duplicates(let paths, _) = $0 { paths } else { nil } }
        withoutSpeech = corpus.problems.flatMap { problem -> [String] in
            if case .withoutSpeech(let paths) = problem { paths } else { [] }
        }
        nearlySilent = corpus.problems.flatMap { problem -> [String] in
            if case .nearlySilent(let paths) = problem { paths } else { [] }
        }
        remarks = corpus.problems.flatMap { problem -> [Remark] in
            guard case .remarked(let files) = problem else { return [] }
            return files.map { Remark(path: $0.path, remark: $0.remark.description) }
        }
        problems = corpus.problems.map(\.description)
    }

    private static func formats(of corpus: Corpus) -> [Format] {
        Dictionary(grouping: corpus.clips) { [$0.sampleRate, Double($0.channels)] }
            .map { Format(sampleRate: $0.key[0], channels: Int(saturating: $0.key[1]), clips: $0.value.count) }
            .sorted { ($1.clips, $0.sampleRate, $0.channels) < ($0.clips, $1.sampleRate, $1.channels) }
    }
}

extension CorpusReport: CustomStringConvertible {
    /// The report as text: counts, durations, rates, columns, problems.
    public var description: String {
        [heading, countTable, soundLines, columnTable, problemLines].map { $0.joined(separator: "\n") }
            .joined(separator: "\n\n")
    }

    private var heading: [String] {
        [
            "\(corpus): \(Self.count(clips, "clip")), \(Self.count(labels.count, "emotion")), "
                + (speakers.isEmpty ? "no known speakers" : Self.count(speakers.count, "speaker"))
        ] + (synthetic ? ["The sounds are synthetic: results on them say nothing about real voices."] : [])
    }

    /// Emotions by speakers; `199/200` where the corpus should hold another number.
    private var countTable: [String] {
        let known = Set(counts.compactMap(\.speaker)).sorted()
        let columns: [String?] = known.map { $0 } + (counts.contains { $0.speaker == nil } ? [nil] : [])
        // Dozens of speakers do not fit side by side.
        guard columns.count <= 12 else { return totalsTable }
        var table = TextTable(["emotion"] + columns.map { $0 ?? "unknown" } + ["total"])
        var sums = columns.map { _ in 0 }
        for row in emotions {
            let cells = columns.indices.map { column in
                let cell = row.first { $0.speaker == columns[column] }
                sums[column] += cell?.found ?? 0
                guard let cell, let expected = cell.expected, expected != cell.found else {
                    return "\(cell?.found ?? 0)"
                }
                return "\(cell.found)/\(expected)"
            }
            table.append([row.first?.emotion ?? ""] + cells + ["\(row.reduce(0) { $0 + $1.found })"])
        }
        table.append(["total"] + sums.map { "\($0)" } + ["\(clips)"])
        return table.lines
    }

    private var totalsTable: [String] {
        var table = TextTable(["emotion", "total", "speakers"])
        for row in emotions {
            let heard = row.count { $0.found > 0 }
            table.append([row.first?.emotion ?? "", "\(row.reduce(0) { $0 + $1.found })", "\(heard)"])
        }
        return table.lines
    }

    private var emotions: [[Count]] {
        counts.reduce(into: [[Count]]()) { rows, count in
            if rows.last?.last?.emotion == count.emotion {
                rows[rows.count - 1].append(count)
            } else {
                rows.append([count])
            }
        }
    }

    private var soundLines: [String] {
        [
            "durations: \(durations.minimum.fixed(2)) to \(durations.maximum.fixed(2)) s, median "
                + "\(durations.median.fixed(2)) s, mean \(durations.mean.fixed(2)) s, together "
                + "\((durations.total / 60).fixed(1)) min",
            "formats: "
                + formats.map {
                    "\($0.clips) at \($0.sampleRate.significant(7)) Hz with \(Self.count($0.channels, "channel"))"
                }
                .joined(separator: "; "),
        ]
    }

    private static func count(_ number: Int, _ thing: String) -> String {
        "\(number) \(thing)\(number == 1 ? "" : "s")"
    }

    private var columnTable: [String] {
        var table = TextTable(["column", "type", "values", "missing", "different"], alignments: [.left, .left])
        for column in columns {
            table.append([
                column.name, column.type.rawValue, "\(column.count)", "\(column.missing)", "\(column.distinct)",
            ])
        }
        return table.lines
    }

    private var problemLines: [String] {
        problems.isEmpty ? ["no problems found"] : ["\(problems.count) found:"] + problems.map { "  \($0)" }
    }
}
