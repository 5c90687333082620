// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A number that several threads count up.
package final class Counter: Sendable {
    private let count = Atomic(0)

    package init() {}

    /// How many there are.
    package var value: Int { count.load(ordering: .sequentiallyConsistent) }

    /// Counts one more, and returns how many there are.
    package func increment() -> Int { count.add(1, ordering: .sequentiallyConsistent).newValue }
}
