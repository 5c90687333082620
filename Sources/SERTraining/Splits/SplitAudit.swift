// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// What the parts of a split have in common: it tells what a test on them can show.
public struct SplitAudit: Sendable, Equatable, Codable {
    /// What two parts share.
    public struct Overlap: Sendable, Equatable, Codable {
        /// The two parts.
        public let first, second: Partition.Role
        /// Speakers heard in both, sorted.
        public let speakers: [String]
        /// Sentences said in both, sorted.
        public let sentences: [String]
        /// Files with the same bytes in both: pairs of paths.
        public let identicalAudio: [[String]]
        /// Files with segments in both, sorted: one voice in one room; nil where clips are whole files.
        public let recordings: [String]?
        /// Segments of one file, in both, that share some of its sound: pairs of names; nil where clips are whole files.
        public let overlappingSegments: [[String]]?
        /// Different files with the same sound in both (see ``NearCopies``): pairs of paths; nil where nobody listened. Of
        /// a sound that many recordings hold, each recording that the parts share stands in a pair, and not every two.
        public let nearlyIdenticalAudio: [[String]]?

        /// What two partitions share; they may be of two corpora. Names count as the same only within one corpus.
        /// - Parameters:
        ///   - first: The one partition.
        ///   - second: The other.
        ///   - copies: The recordings of the corpus that are the same sound, where somebody listened.
        public init(between first: Partition, and second: Partition, copies: NearCopies? = nil) {
            self.first = first.role
            self.second = second.role
            let a = first.clips, b = second.clips
            let corpora = first.corpus.corpora.union(second.corpus.corpora)
            speakers = Self.shared(a, b, .speaker, among: corpora)
            sentences = Self.shared(a, b, .sentence, among: corpora)
            let byContent = Dictionary(grouping: b.filter { $0.content != nil }) { $0.content }
            identicalAudio = a.filter { $0.content != nil }.flatMap { clip in
                (byContent[clip.content] ?? []).map { [clip.name, $0.name] }
            }
            recordings = Self.recordings(a, b)
            overlappingSegments = Self.overlapping(a, b)
            let paths = (Set(a.map(\.name)), Set(b.map(\.name)))
            nearlyIdenticalAudio = copies.map { SharedSounds($0).pairs(between: paths.0, and: paths.1) }
        }

        private static func shared(
            _ a: [Clip], _ b: [Clip], _ grouping: Grouping, among corpora: Set<String>
        ) -> [String] {
            let heard = Set(a.compactMap { $0.identity(by: grouping) })
            return heard.intersection(b.compactMap { $0.identity(by: grouping) }).sorted()
                .map { $0.name(among: corpora) }
        }

        private static func recordings(_ a: [Clip], _ b: [Clip]) -> [String]? {
            guard (a + b).contains(where: { $0.segment != nil }) else { return nil }
            return Set(a.map(\.path.path)).intersection(b.map(\.path.path)).sorted()
        }

        private static func overlapping(_ a: [Clip], _ b: [Clip]) -> [[String]]? {
            guard (a + b).contains(where: { $0.segment != nil }) else { return nil }
            let byFile = Dictionary(grouping: b, by: \.path)
            return a.flatMap { clip in
                (byFile[clip.path] ?? []).filter { clip.overlaps($0) }.map { [clip.name, $0.name] }
            }
        }
    }

    /// Training with validation, training with test, validation with test.
    public let overlaps: [Overlap]
    /// What a reader of results must know, in sentences; empty where nothing is shared that matters.
    public let warnings: [String]

    /// What the training and the test part share.
    package var tested: Overlap? { overlaps.first { $0.first == .training && $0.second == .test } }

    init(_ split: DataSplit, copies: NearCopies? = nil) {
        let parts = split.partitions
        overlaps = [(0, 1), (0, 2), (1, 2)].map { Overlap(between: parts[$0], and: parts[$1], copies: copies) }
        let tested = overlaps[1]
        var warnings: [String] = []
        let heard = Set(split.test.clips.compactMap { $0.identity(by: .speaker) }).count
        if !tested.speakers.isEmpty {
            let count = tested.speakers.count
            warnings.append(
                (heard == 1
                    ? "The one test speaker was"
                    : count == heard
                        ? "All \(heard) test speakers were" : "\(count) of the \(heard) test speakers were")
                    + " heard in training, so the result holds for known voices; a voice never "
                    + "heard does worse. Test on speakers who are not in training to measure that.")
        }
        warnings += [Self.warning(ofRecordings: tested.recordings ?? [])].compactMap { $0 }
        for overlap in overlaps {
            warnings += [
                Self.warning(of: overlap.identicalAudio, "files with the same bytes", in: overlap),
                Self.warning(of: overlap.overlappingSegments ?? [], "segments that overlap", in: overlap),
                Self.warning(of: overlap.nearlyIdenticalAudio ?? [], "recordings with the same sound", in: overlap),
            ].compactMap { $0 }
        }
        self.warnings = warnings
    }

    private static func warning(ofRecordings files: [String]) -> String? {
        guard let example = files.first else { return nil }
        return
            "Segments of \(files.count) \(files.count == 1 ? "recording" : "recordings") stand in the training and the "
            + "test part, such as those of \(example): one voice in one room, so the result holds for recordings that are "
            + "known in part. Cut by speaker, or list whole recordings as folds."
    }

    private static func warning(of pairs: [[String]], _ what: String, in overlap: Overlap) -> String? {
        guard let example = pairs.first else { return nil }
        return "\(pairs.count) \(pairs.count == 1 ? "pair" : "pairs") of \(what) in the \(overlap.first.rawValue) "
            + "and the \(overlap.second.rawValue) part, such as \(example[0]) and \(example[1]). Remove the copies."
    }
}

extension SplitAudit: CustomStringConvertible {
    /// A table of what each two parts share.
    public var description: String {
        var table = TextTable(["shared by", "speakers", "sentences", "identical audio", "nearly identical"])
        for overlap in overlaps {
            table.append([
                "\(overlap.first.rawValue) and \(overlap.second.rawValue)", "\(overlap.speakers.count)",
                "\(overlap.sentences.count)", "\(overlap.identicalAudio.count)",
                overlap.nearlyIdenticalAudio.map { "\($0.count)" } ?? "not searched",
            ])
        }
        return (table.lines + warnings.map { "Warning: \($0)" }).joined(separator: "\n")
    }
}

extension DataSplit {
    /// What the parts have in common: speakers, sentences and identical files.
    public var audit: SplitAudit { SplitAudit(self) }

    /// What the parts have in common, recordings included that are the same sound in different files.
    /// - Parameter copies: What `Corpus.nearCopies(progress:)` found in the whole corpus.
    public func audit(with copies: NearCopies) -> SplitAudit { SplitAudit(self, copies: copies) }
}
