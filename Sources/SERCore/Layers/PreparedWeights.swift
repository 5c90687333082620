// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A network's weights in the forms that kernels read, made at their first use in inference and kept for later calls.
///
/// Whoever holds weights makes a new one whenever they change.
package final class PreparedWeights: Sendable {
    private struct Key: Hashable {
        var path: String
        var form: String
        var count: Int
    }

    /// A buffer is written before it is in there.
    private let buffers = Mutex<[Key: Buffer]>([:])

    package init() {}

    /// The weights at a path in a form of `count` values, which `fill` writes when they are not there yet.
    package func buffer(
        _ path: String, _ form: String, count: Int, fill: (UnsafeMutablePointer<Float>) -> Void
    ) -> Buffer {
        let key = Key(path: path, form: form, count: count)
        if let known = buffers.withLock({ $0[key] }) { return known }
        let fresh = Buffer(uninitialized: count)
        fill(fresh.pointer)
        return buffers.withLock { buffers in
            if let known = buffers[key] { return known }
            buffers[key] = fresh
            return fresh
        }
    }
}
