/// A clip that networks were tested on.
public struct TestedClip: Codable, Sendable, Hashable {
    /// The file's path below the folder that all clips lie in.
    public var clip: String
    /// The corpus it is from.
    public var corpus: String
    /// Who speaks and what is said, where known.
    public var speaker, sentence: String?
    /// The true class, a position in the labels.
    public var target: Int

    /// A clip with its true class.
    public init(clip: String, corpus: String, speaker: String? = nil, sentence: String? = nil, target: Int) {
        self.clip = clip
        self.corpus = corpus
        self.speaker = speaker
        self.sentence = sentence
        self.target = target
    }

    /// The speakers of clips, where all are known; those of two corpora are two.
    static func speakers(of clips: [TestedClip]) -> [String]? {
        let names = clips.compactMap(\.speaker)
        guard names.count == clips.count else { return nil }
        let isOneCorpus = Set(clips.map(\.corpus)).count < 2
        return isOneCorpus ? names : zip(clips, names).map { "\($0.corpus)/\($1)" }
    }

    /// Clips of a corpus with the classes that an evaluation knows, in its order.
    static func list(_ clips: [Clip], targets: [Int], in corpus: Corpus) -> [TestedClip] {
        let root = CrossValidationPlan.commonFolder(of: corpus.clips.map(\.path.path))
        return zip(clips, targets).map { clip, target in
            TestedClip(
                clip: String(clip.path.path.dropFirst(root.count)), corpus: clip.corpus, speaker: clip.speaker,
                sentence: clip.sentence, target: target)
        }
    }
}

extension TestedClip {
    /// The clip of a cross-validation's result.
    init(_ result: CrossValidationResults.ClipResult) {
        self.init(
            clip: result.clip, corpus: result.corpus, speaker: result.speaker, sentence: result.sentence,
            target: result.target)
    }
}

/// What kind of results a file holds, as its `kind` says.
public enum ResultsKind: String, Codable, Sendable, CaseIterable {
    /// Several networks trained and tested on the same parts: ``ComparisonResults``.
    case comparison
    /// Networks trained and tested fold by fold: ``CrossValidationResults``.
    case crossvalidation
    /// A saved model tested on a corpus: ``EvaluationResults``.
    case evaluation
    /// How time, memory and throughput grow: ``ScalingResults``.
    case scaling
}
