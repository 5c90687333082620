// SPDX-License-Identifier: Apache-2.0

/// A speaker or a sentence of one corpus. Two corpora may give one name to two people: both parts tell who it is.
public struct GroupIdentity: Sendable, Hashable, Codable, Comparable {
    /// The corpus that gives the name.
    public let corpus: String
    /// The name, unique within the corpus.
    public let name: String

    /// What a corpus names so.
    public init(corpus: String, name: String) {
        self.corpus = corpus
        self.name = name
    }

    /// By corpus, then by name.
    public static func < (first: Self, second: Self) -> Bool {
        [first.corpus, first.name].lexicographicallyPrecedes([second.corpus, second.name])
    }

    /// What to call it among clips of the given corpora: its name where there is one corpus, else `corpus/name`. No two
    /// are called the same.
    public func name(among corpora: Set<String>) -> String {
        guard corpora.count > 1 else { return name }
        return corpus.replacing("\\", with: "\\\\").replacing("/", with: "\\/") + "/" + name
    }

    /// What to call each of a list, in its order; nil where one is not known.
    package static func names(of identities: [GroupIdentity?]) -> [String]? {
        let known = identities.compactMap { $0 }
        guard known.count == identities.count else { return nil }
        let corpora = Set(known.map(\.corpus))
        return known.map { $0.name(among: corpora) }
    }
}

extension Grouping {
    /// What a clip of a corpus belongs to, where that is known.
    package func identity(corpus: String, speaker: String?, sentence: String?) -> GroupIdentity? {
        let name = self == .speaker ? speaker : sentence
        return name.map { GroupIdentity(corpus: corpus, name: $0) }
    }
}

extension Clip {
    /// Who speaks or what is said, told apart from those of other corpora; nil where it is not known.
    public func identity(by grouping: Grouping) -> GroupIdentity? {
        grouping.identity(corpus: corpus, speaker: speaker, sentence: sentence)
    }
}
