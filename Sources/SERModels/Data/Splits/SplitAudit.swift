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

        /// What two partitions share; they may be of two corpora. Names count as the same only within one corpus.
        public init(between first: Partition, and second: Partition) {
            self.first = first.role
            self.second = second.role
            let a = first.clips, b = second.clips
            speakers = Self.shared(a, b) { $0.speaker }
            sentences = Self.shared(a, b) { $0.sentence }
            let byContent = Dictionary(grouping: b.filter { $0.content != nil }) { $0.content }
            identicalAudio = a.filter { $0.content != nil }.flatMap { clip in
                (byContent[clip.content] ?? []).map { [clip.path.path, $0.path.path] }
            }
        }

        private static func shared(_ a: [Clip], _ b: [Clip], _ value: (Clip) -> String?) -> [String] {
            func names(_ clips: [Clip]) -> Set<[String]> {
                Set(clips.compactMap { clip in value(clip).map { [$0, clip.corpus] } })
            }
            return Set(names(a).intersection(names(b)).map { $0[0] }).sorted()
        }
    }

    /// Training with validation, training with test, validation with test.
    public let overlaps: [Overlap]
    /// What a reader of results must know, in sentences; empty where nothing is shared that matters.
    public let warnings: [String]

    init(_ split: DataSplit) {
        let parts = split.partitions
        overlaps = [(0, 1), (0, 2), (1, 2)].map { Overlap(between: parts[$0], and: parts[$1]) }
        let tested = overlaps[1]
        var warnings: [String] = []
        let heard = Set(split.test.clips.compactMap(\.speaker)).count
        if !tested.speakers.isEmpty {
            let count = tested.speakers.count
            warnings.append(
                (count == heard ? "All \(heard)" : "\(count) of the \(heard)")
                    + " test speakers were heard in training, so the result holds for known voices; a voice never heard does worse. Test on speakers who are "
                    + "not in training to measure that.")
        }
        for overlap in overlaps where !overlap.identicalAudio.isEmpty {
            let pairs = overlap.identicalAudio
            warnings.append(
                "\(pairs.count) \(pairs.count == 1 ? "pair" : "pairs") of files with the same bytes in the "
                    + "\(overlap.first.rawValue) and the \(overlap.second.rawValue) part, such as \(pairs[0][0]) and "
                    + "\(pairs[0][1]). Remove the copies.")
        }
        self.warnings = warnings
    }
}

extension DataSplit {
    /// What the parts have in common: speakers, sentences and identical files.
    public var audit: SplitAudit { SplitAudit(self) }
}
