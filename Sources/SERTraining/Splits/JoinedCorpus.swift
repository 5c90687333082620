// SPDX-License-Identifier: Apache-2.0

import SERSupport

extension Corpus {
    /// The corpus with other names for some of its labels, so that it can be tested by networks of another corpus.
    ///
    /// ```swift
    /// let corpus = try Corpus.emodb(at: folder).relabelled(["boredom": "neutral"])
    /// ```
    /// - Throws: ``SplitError/unknownLabel(_:known:)`` for a name that is no label of the corpus.
    public func relabelled(_ names: [String: String]) throws(SplitError) -> Corpus {
        for name in names.keys.sorted() where !labels.contains(name) { throw .unknownLabel(name, known: labels) }
        for name in names.values.sorted() {
            if let fault = NameRule.fault(of: name) { throw .labelName(name, reason: fault) }
        }
        let renamed = clips.map { clip in
            var clip = clip
            clip.emotion = names[clip.emotion] ?? clip.emotion
            return clip
        }
        return keeping(renamed)
    }

    /// The corpus without the clips of some labels; lists of files may go on naming them.
    /// - Throws: ``SplitError/unknownLabel(_:known:)`` for a name that is no label of the corpus.
    package func leavingOut(labels names: Set<String>) throws(SplitError) -> Corpus {
        for name in names.sorted() where !labels.contains(name) { throw .unknownLabel(name, known: labels) }
        return leavingOut { names.contains(clips[$0].emotion) }
    }

    /// The corpus without some of its files.
    /// - Parameter files: Names of files, or ends of paths; with `#start-end` behind it, one segment of a file.
    /// - Throws: ``SplitError/listedFile(_:found:)`` for a name that no clip has, or clips of several files;
    ///   ``SplitError/listedFiles(_:)`` for several that no clip has.
    public func leavingOut(_ files: [String]) throws(SplitError) -> Corpus {
        try Self.leavingOut(files, of: [self])[0]
    }

    /// Several corpora without some of the files of all of them; one that was left out before may be named again.
    /// - Throws: As ``leavingOut(_:)`` does.
    package static func leavingOut(_ files: [String], of corpora: [Corpus]) throws(SplitError) -> [Corpus] {
        let all = corpora.flatMap(\.clips)
        var isLeftOut = [Bool](repeating: false, count: all.count)
        let listed = ListedClips(all, leftOut: corpora.flatMap(\.leftOut))
        for clip in try listed.clips(of: files).joined() { isLeftOut[clip] = true }
        var before = 0
        return corpora.map { corpus in
            defer { before += corpus.clips.count }
            return corpus.leavingOut { isLeftOut[before + $0] }
        }
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
        let problems = corpora.flatMap(\.problems) + problems(between: corpora)
        return Corpus(
            name: corpora.map(\.name).joined(separator: " + "), clips: clips,
            problems: corpora.count > 1 ? CorpusProblem.left(of: problems, for: clips) : problems,
            leftOut: corpora.flatMap(\.leftOut))
    }

    /// What is to be known of corpora that are taken together, beside what is to be known of each.
    package static func problems(between corpora: [Corpus]) -> [CorpusProblem] {
        var seen: Set<String> = [], namesakes: Set<String> = []
        for speakers in corpora.map({ Set($0.clips.compactMap(\.speaker)) }) {
            namesakes.formUnion(seen.intersection(speakers))
            seen.formUnion(speakers)
        }
        return (namesakes.isEmpty ? [] : [.namesakes(namesakes.sorted())])
            + CorpusProblem.contradictions(between: corpora)
    }
}
