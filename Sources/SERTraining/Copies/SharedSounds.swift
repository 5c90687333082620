// SPDX-License-Identifier: Apache-2.0

/// Which sounds two sets of clips share, as pairs of copies tell it.
struct SharedSounds {
    private let copies: NearCopies
    /// For each clip, those that it is a pair with, in the order of the pairs.
    private let neighbours: [String: [String]]

    init(_ copies: NearCopies) {
        self.copies = copies
        var neighbours: [String: [String]] = [:]
        for pair in copies.pairs {
            neighbours[pair.first, default: []].append(pair.second)
            neighbours[pair.second, default: []].append(pair.first)
        }
        self.neighbours = neighbours
    }

    /// The pairs with one clip in each set; and clips that were not compared with each other, since each is a copy of
    /// enough others: one of the other set that has a pair in common with it, where it has none there itself.
    func pairs(between first: Set<String>, and second: Set<String>) -> [[String]] {
        var paired = Set<String>()
        var found = copies.pairs.compactMap { pair -> [String]? in
            var names = [pair.first, pair.second]
            if !(first.contains(names[0]) && second.contains(names[1])) { names.reverse() }
            guard first.contains(names[0]), second.contains(names[1]) else { return nil }
            paired.formUnion(names)
            return names
        }
        let crowded = copies.crowded.filter { !paired.contains($0) }
        for (own, other, isReversed) in [(first, second, false), (second, first, true)] {
            let beyond = neighbours.compactMapValues { $0.first { other.contains($0) } }
            for clip in crowded where own.contains(clip) && !paired.contains(clip) {
                guard let partner = (neighbours[clip] ?? []).lazy.compactMap({ beyond[$0] }).first else { continue }
                paired.formUnion([clip, partner])
                found.append(isReversed ? [partner, clip] : [clip, partner])
            }
        }
        return found
    }
}

extension NearCopies {
    /// The clips that are pairs with as many as suffice not to be compared with others, in the order of the pairs.
    fileprivate var crowded: [String] {
        var counts: [String: Int] = [:], names: [String] = []
        for name in pairs.flatMap({ [$0.first, $0.second] }) {
            counts[name, default: 0] += 1
            if counts[name] == NearCopySearch.mostStanding { names.append(name) }
        }
        return names
    }
}
