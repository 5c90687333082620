// SPDX-License-Identifier: Apache-2.0

/// Floats at an address that stays, for C structures of pointers.
final class FixedFloats {
    let pointer: UnsafeMutablePointer<Float>
    private let count: Int

    init(_ values: [Float]) {
        count = values.count
        pointer = .allocate(capacity: max(count, 1))
        pointer.initialize(from: values, count: count)
    }

    var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

    deinit { pointer.deallocate() }
}
