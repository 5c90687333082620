// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import SERSupport

/// A block of floats from the library's pool, given back when the last tensor that reads it goes.
package final class Buffer: @unchecked Sendable {
    // Sendable, though it holds a pointer: a buffer is written only by the one who made it, before anyone else sees it,
    // or by an owner that has checked that it holds the only reference.
    package let pointer: UnsafeMutablePointer<Float>
    package let count: Int

    /// A buffer whose contents are undefined until they are written.
    package init(uninitialized count: Int) {
        guard let block = ser_allocate(max(count, 1) * MemoryLayout<Float>.stride) else {
            stop("Tensor: out of memory, asked for \(count) values of 4 bytes")
        }
        pointer = block.bindMemory(to: Float.self, capacity: count)
        self.count = count
    }

    /// A buffer of zeros.
    package convenience init(zeros count: Int) {
        self.init(uninitialized: count)
        pointer.update(repeating: 0, count: count)
    }

    /// A buffer with the same contents.
    package convenience init(copying other: Buffer) {
        self.init(uninitialized: other.count)
        pointer.update(from: other.pointer, count: other.count)
    }

    deinit { ser_free(pointer, max(count, 1) * MemoryLayout<Float>.stride) }
}
