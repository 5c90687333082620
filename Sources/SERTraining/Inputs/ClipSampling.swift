// SPDX-License-Identifier: Apache-2.0

import SERCore

/// Which training clips an epoch sees, and how often.
///
/// An epoch is as long whatever is chosen: it sees as many clips as the training part holds. Where groups are to count
/// equally, each is drawn from equally often: of a small group every clip is seen several times, and of a large one
/// others are seen in every epoch. What is drawn depends on the seed and the epoch alone.
public enum ClipSampling: String, Sendable, Hashable, Codable, CaseIterable {
    /// Every clip once.
    case everyClip
    /// Each class equally often.
    case balancedClasses
    /// Each corpus equally often, so that a small one is not lost beside a large one.
    case balancedCorpora

    /// For each clip of a training part, the place of its group.
    func groups(of clips: [Clip]) -> [Int] {
        switch self {
        case .everyClip: [Int](repeating: 0, count: clips.count)
        case .balancedClasses: Self.places(of: clips.map(\.emotion))
        case .balancedCorpora: Self.places(of: clips.map(\.corpus))
        }
    }

    /// Makes sure that there is something to balance.
    func check(_ part: Partition) throws(TrainingError) {
        guard self == .balancedCorpora, let first = part.clips.first,
            part.clips.allSatisfy({ $0.corpus == first.corpus })
        else { return }
        throw .setting(
            "all training clips are of \(first.corpus), and corpora are to count equally: bring several, or balance "
                + "classes")
    }

    private static func places(of names: [String]) -> [Int] {
        var known: [String: Int] = [:]
        return names.map { name in
            let place = known[name] ?? known.count
            known[name] = place
            return place
        }
    }
}

/// The clips that an epoch sees, in the order in which they were drawn.
package struct EpochDraws: Sendable {
    /// For each draw, the clip.
    package let clips: [Int]
    /// For each draw, how often the clip was drawn before in this epoch.
    package let repeats: [Int]

    /// Every clip once.
    package init(everyOf count: Int) {
        clips = Array(0..<count)
        repeats = [Int](repeating: 0, count: count)
    }

    /// As many draws as there are clips, each group as often as any other, but for one draw where they do not divide. Of
    /// a group every clip is drawn once before one is drawn again.
    /// - Parameters:
    ///   - groups: For each clip, the place of its group.
    ///   - key: Decides what is drawn.
    package init(balancing groups: [Int], key: RandomKey) {
        var members: [[Int]] = Array(repeating: [], count: (groups.max() ?? -1) + 1)
        for (clip, group) in groups.enumerated() { members[group].append(clip) }
        members.removeAll { $0.isEmpty }
        var generator = key.generator
        // Which groups get the draws that are left over is drawn too.
        let order = generator.shuffled(members.indices)
        var clips: [Int] = [], repeats: [Int] = []
        for (place, group) in order.enumerated() {
            var left = groups.count / order.count + (place < groups.count % order.count ? 1 : 0), pass = 0
            while left > 0 {
                let drawn = generator.shuffled(members[group].indices).prefix(left)
                clips += drawn.map { members[group][$0] }
                repeats += [Int](repeating: pass, count: drawn.count)
                left -= drawn.count
                pass += 1
            }
        }
        self.clips = clips
        self.repeats = repeats
    }
}
