// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERModels

/// Which clips stand together in the batches of an epoch, and after which batches the weights are updated.
package struct BatchOrder: Sendable {
    package let batches: [[Int]]
    /// For each batch, whether an update follows it.
    let endsUpdate: [Bool]
    /// For each batch, the rows of each speaker; nil where speakers do not stand together.
    package let speakers: [[Range<Int>]]?

    /// How many updates there are.
    package var updates: Int { endsUpdate.count { $0 } }

    /// All clips once, shuffled. Clips of about the same length stand together, so that little is padded: the shuffled
    /// clips are cut into pools of 8 updates, each pool is ordered by length and cut into updates, and these are
    /// shuffled. So the clips of an update are the same, whether it takes one large batch or several small ones.
    ///
    /// A last batch of one clip joins the batch before: batch normalisation has no variance of one value.
    /// - Parameters:
    ///   - count: How many clips there are.
    ///   - lengths: The frames of each, by which they are put together; nil where all are of one length.
    ///   - accumulation: How many batches make an update.
    package init(training count: Int, lengths: [Int]?, batchSize: Int, accumulation: Int = 1, key: RandomKey) {
        var generator = key.generator
        var order = generator.shuffled(0..<count)
        let updateSize = batchSize * min(accumulation, max(count, 1))
        if let lengths {
            let pool = updateSize * 8
            for start in stride(from: 0, to: order.count, by: pool) {
                let range = start..<min(start + pool, order.count)
                order[range].sort { (lengths[$0], $0) < (lengths[$1], $1) }
            }
        }
        var updates = BatchOrder.cut(order, batchSize: updateSize)
        BatchOrder.joinLast(&updates)
        generator.shuffle(&updates)
        let cut = updates.map { update in
            var batches = accumulation > 1 ? BatchOrder.cut(update, batchSize: batchSize) : [update]
            BatchOrder.joinLast(&batches)
            return batches
        }
        batches = cut.flatMap { $0 }
        endsUpdate = cut.flatMap { batches in batches.indices.map { $0 == batches.count - 1 } }
        speakers = nil
    }

    /// The same for clips that stand in no part of a split.
    package init(trainingBySpeaker clips: [Clip], batchSize: Int, key: RandomKey) throws(TrainingError) {
        self.init(training: try ClipSpeakers(of: clips), batchSize: batchSize, key: key)
    }

    /// The clips of a training part as they are.
    package init(training examples: Examples, batchSize: Int, key: RandomKey) {
        self.init(training: examples.count, lengths: examples.lengths, batchSize: batchSize, key: key)
    }

    /// A last batch of one clip joins the batch before.
    private static func joinLast(_ batches: inout [[Int]]) {
        guard batches.count > 1, batches[batches.count - 1].count == 1 else { return }
        batches[batches.count - 2] += batches.removeLast()
    }

    /// How many clips of a speaker stand together where the network normalises by speaker: the size of the groups that the
    /// search found good (Benchmarks/VoicesSearch.md).
    private static let clipsOfASpeaker = 16

    /// All clips once, those of a speaker in groups of at most 16 and of equal sizes, shuffled: each speaker's clips are
    /// shuffled and cut into groups, the groups are shuffled and put together until a batch has about as many clips as
    /// asked for.
    /// - Parameters:
    ///   - speakers: The clips of each speaker.
    ///   - accumulation: How many batches make an update.
    init(training speakers: ClipSpeakers, batchSize: Int, accumulation: Int = 1, key: RandomKey) {
        let most = min(max(batchSize, 1), Self.clipsOfASpeaker)
        var generator = key.generator
        var groups: [[Int]] = []
        for clips in speakers.clips {
            let order = generator.shuffled(0..<clips.count).map { clips[$0] }
            let pieces = (order.count + most - 1) / most
            groups += (0..<pieces).map { Array(order[order.count * $0 / pieces..<order.count * ($0 + 1) / pieces]) }
        }
        generator.shuffle(&groups)
        let together = max(1, batchSize / most)
        let batches = stride(from: 0, to: groups.count, by: together).map {
            Array(groups[$0..<min($0 + together, groups.count)])
        }
        self.batches = batches.map { $0.flatMap { $0 } }
        self.speakers = batches.map { groups in
            var end = 0
            return groups.map { group in
                defer { end += group.count }
                return end..<end + group.count
            }
        }
        endsUpdate = batches.indices.map { ($0 + 1) % max(accumulation, 1) == 0 || $0 == batches.count - 1 }
    }

    /// Some clips once, by length; all of them where none are named.
    package init(evaluating examples: Examples, clips: [Int]? = nil, batchSize: Int) {
        let order = (clips ?? Array(0..<examples.count)).sorted {
            (examples.frames($0), $0) < (examples.frames($1), $1)
        }
        batches = BatchOrder.cut(order, batchSize: batchSize)
        endsUpdate = batches.map { _ in true }
        speakers = nil
    }

    private static func cut(_ order: [Int], batchSize: Int) -> [[Int]] {
        stride(from: 0, to: order.count, by: max(batchSize, 1)).map {
            Array(order[$0..<min($0 + max(batchSize, 1), order.count)])
        }
    }
}
