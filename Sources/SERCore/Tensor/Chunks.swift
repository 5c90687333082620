// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// Loops over many elements are cut into pieces of this size, whatever the number of threads.
package let chunkSize = 65536
/// Loops over fewer elements than this are not cut: waking a thread would cost more than it gains.
package let chunkingThreshold = 262_144

/// Calls `body` with ranges (start, count) that cover 0..<count; several threads share large counts.
/// - Parameter weight: How many elements one index stands for.
@inline(__always)
package func inChunks(_ count: Int, weight: Int = 1, _ body: (_ start: Int, _ count: Int) -> Void) {
    if count * weight < chunkingThreshold { return body(0, count) }
    inParallelChunks(count, size: max(1, chunkSize / weight), body)
}

private func inParallelChunks(_ count: Int, size: Int, _ body: (_ start: Int, _ count: Int) -> Void) {
    withoutActuallyEscaping(body) { escaping in
        nonisolated(unsafe) let shared = escaping  // pieces touch elements of their own, so they may share the closure
        parallelFor((count + size - 1) / size) { piece in
            shared(piece * size, min(size, count - piece * size))
        }
    }
}
