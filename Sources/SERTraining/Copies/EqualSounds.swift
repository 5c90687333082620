// SPDX-License-Identifier: Apache-2.0

/// The clips of a corpus by their samples: those of equal samples are compared with others once, by the first of them.
struct EqualSounds {
    /// Two clips that stand for all of their samples, or one with itself, and how alike they are.
    struct Match: Sendable {
        let first, second: Int
        let similarity: Double
    }

    /// Of more clips of equal samples, each further one is paired with so many and not with all.
    private static let mostPaired = 64

    private let clips: [Clip]
    /// The clips of equal samples by the first of them, in the order of the corpus.
    private let members: [Int: [Int]]

    /// - Parameter samples: A digest of each clip's samples; nil for clips that could not be listened to.
    init(_ clips: [Clip], _ samples: [ContentDigest?]) {
        self.clips = clips
        var firsts: [ContentDigest: Int] = [:]
        var members: [Int: [Int]] = [:]
        for (index, digest) in samples.enumerated() {
            guard let digest else { continue }
            let first = firsts[digest] ?? index
            firsts[digest] = first
            members[first, default: []].append(index)
        }
        self.members = members
    }

    /// Whether a clip is the first of its samples.
    func isFirst(_ clip: Int) -> Bool { members[clip] != nil }

    /// The firsts of sounds that stand in files of different bytes.
    var shared: [Int] { members.keys.filter { byContent($0).count > 1 }.sorted() }

    /// The clips of a sound by the bytes of their files; each that is of unknown bytes by itself.
    private func byContent(_ first: Int) -> [[Int]] {
        let all = members[first] ?? []
        let known = Dictionary(grouping: all.filter { clips[$0].content != nil }) { clips[$0].content }
        return known.values.sorted { $0[0] < $1[0] } + all.filter { clips[$0].content == nil }.map { [$0] }
    }

    /// The pairs of files that matches stand for, in the order of the corpus. Files of the same bytes are none; of files
    /// whose number is large, the pairs lead from each to each.
    func pairs(of matches: [Match]) -> [NearCopies.Pair] {
        var found: [(first: Int, second: Int, similarity: Double)] = []
        func add(_ some: [Int], _ others: [Int], _ similarity: Double) {
            for (place, a) in some.enumerated() {
                for b in others.prefix(place < Self.mostPaired ? others.count : Self.mostPaired) {
                    found.append((min(a, b), max(a, b), similarity))
                }
            }
        }
        for match in matches {
            if match.first != match.second {
                add(members[match.first] ?? [], members[match.second] ?? [], match.similarity)
                continue
            }
            let groups = byContent(match.first)
            for (place, group) in groups.prefix(Self.mostPaired).enumerated() {
                for other in groups[(place + 1)...] { add(group, other, match.similarity) }
            }
        }
        return found.sorted { ($0.first, $0.second) < ($1.first, $1.second) }.map {
            NearCopies.Pair(first: clips[$0.first].name, second: clips[$0.second].name, similarity: $0.similarity)
        }
    }
}
