// SPDX-License-Identifier: Apache-2.0

extension Corpus {
    /// The corpus with other names for some of its labels, so that it can be tested by networks of another corpus.
    ///
    /// ```swift
    /// let corpus = try Corpus.emodb(at: folder).relabelled(["boredom": "neutral"])
    /// ```
    /// - Throws: ``SplitError/unknownLabel(_:known:)`` for a name that is no label of the corpus.
    public func relabelled(_ names: [String: String]) throws(SplitError) -> Corpus {
        for name in names.keys.sorted() where !labels.contains(name) { throw .unknownLabel(name, known: labels) }
        let renamed = clips.map { clip in
            var clip = clip
            clip.emotion = names[clip.emotion] ?? clip.emotion
            return clip
        }
        return Corpus(name: name, clips: renamed, problems: problems)
    }

    /// Several corpora as one, with the labels that all of them have; clips with other labels are left out. Speakers and
    /// sentences of two corpora stay apart, whatever their names.
    /// - Throws: ``SplitError`` where two have one name, or they share fewer than two labels.
    public static func joined(_ corpora: [Corpus]) throws(SplitError) -> Corpus {
        var names = Set<String>()
        for corpus in corpora {
            for name in Set(corpus.clips.map(\.corpus)).sorted() where !names.insert(name).inserted {
                throw .sameCorpus(name)
            }
        }
        let shared = corpora.dropFirst().reduce(Set(corpora.first?.labels ?? [])) { $0.intersection($1.labels) }
        guard shared.count >= 2 else { throw .noSharedLabels(corpora.map(\.labels)) }
        return Corpus(
            name: corpora.map(\.name).joined(separator: " + "),
            clips: corpora.flatMap(\.clips).filter { shared.contains($0.emotion) },
            problems: corpora.flatMap(\.problems))
    }
}
