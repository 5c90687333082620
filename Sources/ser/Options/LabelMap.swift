// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERSupport
import SERTraining

/// Other names for labels, or none for clips that are to be left out: `happiness=happy,boredom=`.
struct LabelMap: ExpressibleByArgument {
    /// The new name of each label; empty where its clips are left out.
    private(set) var names: [String: String] = [:]
    /// What is wrong with what was typed, which the parser alone would call invalid without a reason.
    private(set) var fault: String?

    init?(argument: String) {
        for pair in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                fault =
                    "\(quoted(argument)): write old=new, with commas between several, as in happiness=happy,boredom=."
                return
            }
            let old = parts[0].trimmingCharacters(in: .whitespaces), new = parts[1].trimmingCharacters(in: .whitespaces)
            if names[old] != nil {
                fault = "\(quoted(argument)): \(quoted(old)) stands twice; give each label one name."
            } else if !parts[1].isEmpty, let reason = NameRule.fault(of: new) {
                fault =
                    "\(quoted(argument)): the new name of \(quoted(old)) \(reason). Without a name, as in \(old)=, its clips "
                    + "are left out."
            }
            names[old] = new
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
            let away = Set(names.filter { $0.value.isEmpty }.keys).intersection(corpus.labels)
            let kept = try corpus.leavingOut(labels: away)
            mapped.append(try kept.relabelled(names.filter { kept.labels.contains($0.key) }))
        }
        return mapped
    }
}
