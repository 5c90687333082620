// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// How many threads the library's loops use. Results do not depend on it.
public enum Parallelism {
    /// The number of threads, the calling one included; at first the number of cores.
    public static var threads: Int {
        get { Int(ser_threads()) }
        set { ser_set_threads(Int32(clamping: newValue)) }
    }

    /// Runs `body` with all loops of this thread on it alone, where several threads do whole pieces of work side by side.
    package static func confined<Result>(_ body: () throws -> Result) rethrows -> Result {
        let before = ser_confine(1)
        defer { _ = ser_confine(before) }
        return try body()
    }
}

/// Calls `body` once for each index, on several threads, and returns when all are done. Pieces must not depend on each
/// other, and where they are cut must follow from shapes alone.
package func parallelFor(_ count: Int, _ body: @Sendable (Int) -> Void) {
    if count == 1 { return body(0) }
    withoutActuallyEscaping(body) { escaping in
        withUnsafePointer(to: escaping) { pointer in
            ser_parallel_for(
                Int64(count),
                { context, index in
                    guard let context else { return }
                    context.assumingMemoryBound(to: (@Sendable (Int) -> Void).self).pointee(Int(index))
                }, UnsafeMutableRawPointer(mutating: pointer))
        }
    }
}

/// The results of a function of 0, 1, 2, ..., computed on all cores, in order.
package func parallelMap<Result: Sendable>(_ count: Int, _ transform: @Sendable (Int) -> Result) -> [Result] {
    [Result](unsafeUninitializedCapacity: count) { buffer, initialized in
        nonisolated(unsafe) let results = buffer
        parallelFor(count) { results.initializeElement(at: $0, to: transform($0)) }
        initialized = count
    }
}
