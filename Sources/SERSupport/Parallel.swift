import CSERKernels

/// How many threads the library's loops use. Results do not depend on it.
public enum Parallelism {
    /// The number of threads, the calling one included; at first the number of cores.
    public static var threads: Int {
        get { Int(ser_threads()) }
        set { ser_set_threads(Int32(clamping: newValue)) }
    }
}

/// Calls `body` once for each index, on several threads, and returns when all are done. Pieces must not depend on each
/// other, and where they are cut must follow from shapes alone.
package func parallelFor(_ count: Int, _ body: @Sendable (Int) -> Void) {
    if count == 1 { return body(0) }
    withoutActuallyEscaping(body) { escaping in
        withUnsafePointer(to: escaping) { pointer in
            ser_parallel_for(Int64(count), { context, index in
                guard let context else { return }
                context.assumingMemoryBound(to: (@Sendable (Int) -> Void).self).pointee(Int(index))
            }, UnsafeMutableRawPointer(mutating: pointer))
        }
    }
}
