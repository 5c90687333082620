// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A number that several threads count up.
package final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0

    package init() {}

    /// How many there are.
    package var value: Int { lock.withLock { count } }

    /// Counts one more, and returns how many there are.
    package func increment() -> Int {
        lock.withLock {
            count += 1
            return count
        }
    }
}
