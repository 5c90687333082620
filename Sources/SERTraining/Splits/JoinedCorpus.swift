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

    /// The corpus without some of its files.
    /// - Parameter files: Names of files, or ends of paths; with `#start-end` behind it, one segment of a file.
    /// - Throws: ``SplitError/listedFile(_:found:)`` for a name that no clip has, or clips of several files.
    public func leavingOut(_ files: [String]) throws(SplitError) -> Corpus {
        let listed = ListedClips(clips)
        var isLeftOut = [Bool](repeating: false, count: clips.count)
        for file in files { for clip in try listed.clips(file) { isLeftOut[clip] = true } }
        return Corpus(
            name: name, clips: clips.indices.filter { !isLeftOut[$0] }.map { clips[$0] }, problems: problems,
            expectations: [:])
    }

    /// Which labels a corpus has that is joined of several.
    public enum JoinedLabels: Sendable, Hashable {
        /// Those that all of them have; clips with other labels are left out.
        case shared
        /// Those that any of them has.
        case all
    }

    /// Several corpora as one. Speakers and sentences of two corpora stay apart, whatever their names.
    /// - Throws: ``SplitError`` where two have one name, or they share fewer than two labels where all are to be shared.
    public static func joined(
        _ corpora: [Corpus], labels: JoinedLabels = .shared
    ) throws(SplitError) -> Corpus {
        var names = Set<String>()
        for corpus in corpora {
            for name in Set(corpus.clips.map(\.corpus)).sorted() where !names.insert(name).inserted {
                throw .sameCorpus(name)
            }
        }
        var clips = corpora.flatMap(\.clips)
        if labels == .shared {
            let shared = corpora.dropFirst().reduce(Set(corpora.first?.labels ?? [])) { $0.intersection($1.labels) }
            guard shared.count >= 2 else { throw .noSharedLabels(corpora.map(\.labels)) }
            clips.removeAll { !shared.contains($0.emotion) }
        }
        return Corpus(
            name: corpora.map(\.name).joined(separator: " + "), clips: clips,
            problems: corpora.flatMap(\.problems))
    }
}
