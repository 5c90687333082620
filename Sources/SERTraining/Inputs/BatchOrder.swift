// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERModels

/// Which clips stand together in the batches of an epoch.
package struct BatchOrder: Sendable {
    package var batches: [[Int]]

    /// All clips once, shuffled. Clips of about the same length stand together, so that little is padded: the shuffled
    /// clips are cut into pools of 8 batches, each pool is ordered by length, and then the batches are shuffled.
    ///
    /// A last batch of one clip joins the batch before: batch normalisation has no variance of one value.
    package init(training examples: Examples, batchSize: Int, key: RandomKey) {
        var generator = key.generator
        var order = Array(0..<examples.count).shuffled(using: &generator)
        if case .sequence = examples.arrangement {
            let pool = batchSize * 8
            for start in stride(from: 0, to: order.count, by: pool) {
                let range = start..<min(start + pool, order.count)
                order[range].sort { (examples.frames($0), $0) < (examples.frames($1), $1) }
            }
        }
        batches = BatchOrder.cut(order, batchSize: batchSize)
        if batches.count > 1, batches[batches.count - 1].count == 1 {
            batches[batches.count - 2] += batches.removeLast()
        }
        batches.shuffle(using: &generator)
    }

    /// All clips once, by length.
    package init(evaluating examples: Examples, batchSize: Int) {
        let order = (0..<examples.count).sorted { (examples.frames($0), $0) < (examples.frames($1), $1) }
        batches = BatchOrder.cut(order, batchSize: batchSize)
    }

    private static func cut(_ order: [Int], batchSize: Int) -> [[Int]] {
        stride(from: 0, to: order.count, by: max(batchSize, 1)).map {
            Array(order[$0..<min($0 + max(batchSize, 1), order.count)])
        }
    }
}
