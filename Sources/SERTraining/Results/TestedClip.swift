// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// A clip that networks were tested on.
public struct TestedClip: Codable, Sendable, Hashable {
    /// The file's path below the folder that all clips lie in, and of a part of a file its times, as in
    /// `talk.wav#t=3,4.5`.
    public var clip: String
    /// The part of the file; nil for all of it.
    public var segment: Segment?
    /// The corpus it is from.
    public var corpus: String
    /// Who speaks and what is said, where known.
    public var speaker, sentence: String?
    /// The true class, a position in the labels.
    public var target: Int
    /// What else is known of the speaker or the recording (`Clip.groups`); nil for nothing.
    public var groups: [String: String]?

    /// A clip with its true class.
    public init(
        clip: String, segment: Segment? = nil, corpus: String, speaker: String? = nil, sentence: String? = nil,
        target: Int, groups: [String: String]? = nil
    ) {
        self.clip = clip
        self.segment = segment
        self.corpus = corpus
        self.speaker = speaker
        self.sentence = sentence
        self.target = target
        self.groups = groups
    }

    /// The file's path below the folder that all clips lie in.
    package var file: String {
        let fragment = segment.map { "#\($0)" } ?? ""
        return clip.hasSuffix(fragment) ? String(clip.dropLast(fragment.count)) : clip
    }

    /// The speakers of clips, where all are known.
    package static func speakers(of clips: [TestedClip]) -> [String]? {
        GroupIdentity.names(of: clips.map { $0.identity(by: .speaker) })
    }

    /// Evaluations of the clips in this order.
    package static func evaluation(
        of clips: [TestedClip], logits: [[Float]], temperature: Double, labels: [String]
    ) throws(EvaluationError) -> Evaluation {
        try Evaluation(
            logits: logits, targets: clips.map(\.target), labels: labels, temperature: temperature,
            speakers: TestedClip.speakers(of: clips))
    }

    /// Clips of a corpus with the classes that an evaluation knows, in its order.
    static func list(_ clips: [Clip], targets: [Int], in corpus: Corpus) -> [TestedClip] {
        let root = commonFolder(of: corpus.clips.map(\.path.path))
        return zip(clips, targets).map { clip, target in
            TestedClip(
                clip: clip.name(below: root), segment: clip.segment, corpus: clip.corpus, speaker: clip.speaker,
                sentence: clip.sentence, target: target, groups: clip.groups.isEmpty ? nil : clip.groups)
        }
    }

    /// Comparisons of the groups that clips are in, over several runs on the same clips; nil where there are no groups.
    package static func groups(
        of clips: [TestedClip], over runs: [Evaluation], bootstrap: Bootstrap
    ) throws(EvaluationError) -> [GroupComparison]? {
        var comparisons: [GroupComparison] = []
        for name in Set(clips.flatMap { $0.groups?.keys.sorted() ?? [] }).sorted() {
            let groups = clips.map { $0.groups?[name] }
            if let comparison = try GroupComparison(by: name, groups, over: runs, bootstrap: bootstrap) {
                comparisons.append(comparison)
            }
        }
        return comparisons.isEmpty ? nil : comparisons
    }
}

extension TestedClip {
    /// Who speaks or what is said, told apart from those of other corpora; nil where it is not known.
    public func identity(by grouping: Grouping) -> GroupIdentity? {
        grouping.identity(corpus: corpus, speaker: speaker, sentence: sentence)
    }
}
