// SPDX-License-Identifier: Apache-2.0

/// Names that somebody may have meant.
package struct NearMatches {
    package var names: [String]

    package init(names: [String]) { self.names = names }

    /// The names as a hint.
    package var sentence: String {
        guard let first = names.first else { return "There is nothing of a similar name." }
        let rest = names.dropFirst().map { ", or '\($0)'" }.joined()
        return "Did you mean '\(first)'\(rest)?"
    }
}

/// Up to three names that differ from a wrong one in few letters, or contain it or are contained in it.
package func nearMatches(of name: String, among known: some Sequence<String>) -> NearMatches {
    let wrong = Array(name.lowercased().prefix(100))
    let scored = Set(known).compactMap { candidate -> (distance: Int, name: String)? in
        let letters = Array(candidate.lowercased().prefix(100))
        let distance = editDistance(wrong, letters)
        let isPart = !wrong.isEmpty && (contains(letters, wrong) || contains(wrong, letters))
        return isPart || distance <= max(2, wrong.count / 3) ? (distance, candidate) : nil
    }
    return NearMatches(names: scored.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name))
}

private func contains(_ whole: [Character], _ part: [Character]) -> Bool {
    !part.isEmpty && String(whole).contains(String(part))
}

/// How many letters must be inserted, removed or replaced to make one word the other (Levenshtein, 1966).
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    var row = Array(0...b.count)
    for (i, letter) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, other) in b.enumerated() {
            let replaced = diagonal + (letter == other ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
        }
    }
    return row[b.count]
}
