// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels
import Synchronization

/// Makes batches on a thread of its own while earlier ones are used, at most a few ahead.
package final class BatchPrefetcher: Sendable {
    private let make: @Sendable (_ place: Int, _ clips: [Int]) -> Batch
    private let order: [[Int]]
    private let batches = Mutex<[Batch]>([])
    private let isStopped = Atomic(false)
    /// Counts the batches that are made and not taken yet, and the places for more.
    private let made = DispatchSemaphore(value: 0), free: DispatchSemaphore

    /// - Parameters:
    ///   - order: Which clips stand together.
    ///   - ahead: How many batches are made before they are asked for.
    ///   - make: Makes the batch at a place of the order of the given clips.
    package init(
        _ order: BatchOrder, ahead: Int = 4, make: @escaping @Sendable (_ place: Int, _ clips: [Int]) -> Batch
    ) {
        self.make = make
        self.order = order.batches
        // A semaphore must not end below the value it began with.
        free = DispatchSemaphore(value: 0)
        for _ in 0..<ahead { free.signal() }
        let thread = Thread { [self] in produce() }
        thread.name = "batches"
        thread.start()
    }

    /// Calls `body` with each batch in turn; when it throws or returns false, no more are made.
    package func forEach(_ body: (Batch) throws -> Bool) rethrows {
        defer {
            isStopped.store(true, ordering: .releasing)
            free.signal()
        }
        for _ in order.indices {
            made.wait()
            let batch = batches.withLock { $0.removeFirst() }
            free.signal()
            guard try body(batch) else { return }
        }
    }

    private func produce() {
        for (place, clips) in order.enumerated() {
            let batch = make(place, clips)
            free.wait()
            if isStopped.load(ordering: .acquiring) { return }
            batches.withLock { $0.append(batch) }
            made.signal()
        }
    }
}
