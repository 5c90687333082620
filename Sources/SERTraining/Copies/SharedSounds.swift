// SPDX-License-Identifier: Apache-2.0

/// Which sounds two sets of clips share, as pairs of copies tell it.
struct SharedSounds {
    /// Clips that lead to each other by pairs; only of sounds of which not every two recordings are a pair.
    private var large: [[String]] = []
    private let copies: NearCopies

    init(_ copies: NearCopies) {
        self.copies = copies
        var neighbours: [String: [String]] = [:]
        for pair in copies.pairs {
            neighbours[pair.first, default: []].append(pair.second)
            neighbours[pair.second, default: []].append(pair.first)
        }
        var seen = Set<String>()
        for start in copies.pairs.map(\.first) where seen.insert(start).inserted {
            var members = [start], next = 0
            while next < members.count {
                for neighbour in neighbours[members[next]] ?? [] where seen.insert(neighbour).inserted {
                    members.append(neighbour)
                }
                next += 1
            }
            if members.count > NearCopySearch.mostStanding { large.append(members) }
        }
    }

    /// The pairs with one clip in each set; and of a sound with many recordings, each that has no such pair beside the
    /// first of the other set.
    func pairs(between first: Set<String>, and second: Set<String>) -> [[String]] {
        var paired = Set<String>()
        var found = copies.pairs.compactMap { pair -> [String]? in
            var names = [pair.first, pair.second]
            if !(first.contains(names[0]) && second.contains(names[1])) { names.reverse() }
            guard first.contains(names[0]), second.contains(names[1]) else { return nil }
            paired.formUnion(names)
            return names
        }
        for members in large {
            let (some, others) = (members.filter(first.contains), members.filter(second.contains))
            guard let one = some.first, let other = others.first else { continue }
            found += some.filter { !paired.contains($0) }.map { [$0, other] }
            found += others.filter { !paired.contains($0) && $0 != other }.map { [one, $0] }
        }
        return found
    }
}
