// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// Gradients of several batches brought together, as if the batches were one: for updates of more clips than memory
/// holds at once.
///
/// ```swift
/// var accumulator = GradientAccumulator()
/// for batch in batches {
///     let (_, gradients) = valueAndGradient(at: parameters) { loss($0, batch) }
///     accumulator.add(gradients, weight: Double(batch.count))
/// }
/// accumulator.takeMean { optimizer.update(&parameters, with: $0) }
/// ```
public struct GradientAccumulator: Sendable {
    private var sum: Parameters?
    /// How much the gradients weigh that were added since the mean was taken.
    public private(set) var weight = 0.0

    /// An accumulator without gradients.
    public init() {}

    /// Adds the gradients of a batch. The buffer of the sum is made once.
    /// - Parameters:
    ///   - gradients: Of the same paths and shapes each time.
    ///   - weight: How much they count, such as the number of clips whose mean loss was differentiated.
    public mutating func add(_ gradients: Parameters, weight: Double) {
        let isFirst = self.weight == 0
        if sum == nil { sum = gradients.zeros() }
        require(
            sum?.layout === gradients.layout || sum?.layout.shapes == gradients.layout.shapes,
            "GradientAccumulator: gradients of other parameters than before")
        self.weight += weight
        let count = Int64(gradients.layout.scalarCount)
        sum?.withMutablePointer { sum in
            gradients.withPointer { ser_scale(sum, $0, Float(weight), count, !isFirst) }
        }
    }

    /// Lends the mean of what was added, weighted, and begins anew. Does nothing when nothing was added.
    public mutating func takeMean(_ body: (inout Parameters) -> Void) {
        guard weight > 0, sum != nil else { return }
        let factor = Float(1 / weight)
        let count = Int64(sum?.layout.scalarCount ?? 0)
        sum?.withMutablePointer { ser_scale_in_place($0, count, factor) }
        weight = 0
        if var mean = sum.take() {
            body(&mean)
            sum = mean
        }
    }
}
