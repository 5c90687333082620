// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SERTraining

/// Other names for labels, or none for clips that are to be left out: `happiness=happy,boredom=`.
struct LabelMap: ExpressibleByArgument {
    /// The new name of each label; empty where its clips are left out.
    private(set) var names: [String: String] = [:]

    init?(argument: String) {
        for pair in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty, names[parts[0]] == nil else { return nil }
            names[parts[0]] = parts[1]
        }
    }

    /// The corpora with labels so named.
    /// - Throws: ``SplitError/unknownLabel(_:known:)`` for a label that none of them has.
    func applied(to corpora: [Corpus]) throws(SplitError) -> [Corpus] {
        let known = Set(corpora.flatMap(\.labels))
        for name in names.keys.sorted() where !known.contains(name) {
            throw .unknownLabel(name, known: known.sorted())
        }
        var mapped: [Corpus] = []
        for corpus in corpora {
            let kept = corpus.filtered { names[$0.emotion] != "" }
            mapped.append(try kept.relabelled(names.filter { kept.labels.contains($0.key) }))
        }
        return mapped
    }
}
