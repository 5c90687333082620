// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A small table behind a lock for what is costly to make and depends on settings alone: plans, windows, filterbanks.
final class Cache<Key: Hashable & Sendable, Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var values: [Key: Value] = [:]
    /// A program that tries thousands of settings must not keep thousands of tables.
    private let limit = 64

    subscript(key: Key) -> Value? {
        get {
            lock.lock()
            defer { lock.unlock() }
            return values[key]
        }
        set {
            lock.lock()
            defer { lock.unlock() }
            if values.count >= limit { values.removeAll() }
            values[key] = newValue
        }
    }
}
