// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels

/// Makes batches on a thread of its own while earlier ones are used, at most a few ahead.
package final class BatchPrefetcher: @unchecked Sendable {
    private let condition = NSCondition()
    private let examples: Examples
    private let order: [[Int]]
    private let ahead: Int
    private var ready: [Batch] = []
    private var isStopped = false

    package init(_ examples: Examples, order: BatchOrder, ahead: Int = 4) {
        self.examples = examples
        self.order = order.batches
        self.ahead = ahead
        let thread = Thread { [self] in produce() }
        thread.name = "batches"
        thread.start()
    }

    /// Calls `body` with each batch in turn; when it throws or returns false, no more are made.
    package func forEach(_ body: (Batch) throws -> Bool) rethrows {
        defer { stop() }
        for _ in order.indices {
            condition.lock()
            while ready.isEmpty { condition.wait() }
            let batch = ready.removeFirst()
            condition.signal()
            condition.unlock()
            guard try body(batch) else { return }
        }
    }

    private func produce() {
        for clips in order {
            let batch = examples.batch(clips)
            condition.lock()
            while ready.count >= ahead && !isStopped { condition.wait() }
            let isStopped = isStopped
            if !isStopped { ready.append(batch) }
            condition.signal()
            condition.unlock()
            if isStopped { return }
        }
    }

    private func stop() {
        condition.lock()
        isStopped = true
        condition.broadcast()
        condition.unlock()
    }
}
