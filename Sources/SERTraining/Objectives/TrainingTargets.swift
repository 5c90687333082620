// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// What clips should give at each head of a network, in the order of the clips.
public struct TrainingTargets: Sendable {
    /// The targets of a head beside the emotions.
    enum Head: Sendable {
        case classes([Int?])
        case values([[Float]?])

        /// A fingerprint of all targets.
        var digest: ContentDigest {
            let texts =
                switch self {
                case .classes(let classes): classes.map { $0.map(String.init) ?? "-" }
                case .values(let values):
                    values.map { $0?.map { String($0.bitPattern) }.joined(separator: " ") ?? "-" }
                }
            return ContentDigest(of: Array(texts.joined(separator: ",").utf8))
        }

        /// The targets of some of the clips.
        func rows(_ clips: [Int]) -> Head {
            switch self {
            case .classes(let classes): .classes(clips.map { classes[$0] })
            case .values(let values): .values(clips.map { values[$0] })
            }
        }
    }

    /// The emotion of each clip, as its place in the labels.
    public let emotions: [Int]
    let heads: [String: Head]

    init(emotions: [Int], heads: [String: Head] = [:]) {
        self.emotions = emotions
        self.heads = heads
    }

    /// How many clips there are.
    public var count: Int { emotions.count }

    /// For each clip the class that a head of classes should give, as its place in the head's classes; nil where it is
    /// not known. Stops the program when no head of classes has that output, as a wrong index does.
    public func classes(of output: String) -> [Int?] {
        guard case .classes(let classes)? = heads[output] else {
            stop("TrainingTargets: no head of classes '\(output)'; there are heads \(heads.keys.sorted())")
        }
        return classes
    }

    /// For each clip the values that a head of values should give; nil where they are not known. Stops the program when
    /// no head of values has that output, as a wrong index does.
    public func values(of output: String) -> [[Float]?] {
        guard case .values(let values)? = heads[output] else {
            stop("TrainingTargets: no head of values '\(output)'; there are heads \(heads.keys.sorted())")
        }
        return values
    }

    /// The targets of some of the clips, whose emotions are given.
    func rows(_ clips: [Int], emotions: [Int]) -> TrainingTargets {
        TrainingTargets(emotions: emotions, heads: heads.mapValues { $0.rows(clips) })
    }
}
