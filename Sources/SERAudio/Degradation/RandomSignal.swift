// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Independent samples of a normal distribution of mean 0 and deviation 1 (Box and Muller, Annals of Mathematical
/// Statistics 29, 1958), two from each random word.
func normalSamples(_ count: Int, key: RandomKey) -> [Float] {
    var generator = key.generator
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
        var index = 0
        while index < count {
            let word = generator.next()
            let radius = sqrtf(-2 * logf((Float(UInt32(word >> 32)) + 0.5) * 0x1p-32))
            let angle = 2 * Float.pi * Float(UInt32(truncatingIfNeeded: word)) * 0x1p-32
            buffer[index] = radius * cosf(angle)
            if index + 1 < count { buffer[index + 1] = radius * sinf(angle) }
            index += 2
        }
        initialized = count
    }
}
