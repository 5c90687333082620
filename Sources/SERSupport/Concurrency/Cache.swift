// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A small table behind a lock for what is costly to make and depends on settings alone: plans, windows, filterbanks.
package final class Cache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let values = Mutex<[Key: Value]>([:])
    /// A program that tries thousands of settings must not keep thousands of tables.
    private let limit = 64

    package init() {}

    package subscript(key: Key) -> Value? {
        get { values.withLock { $0[key] } }
        set {
            values.withLock { values in
                if values.count >= limit { values.removeAll() }
                values[key] = newValue
            }
        }
    }
}
