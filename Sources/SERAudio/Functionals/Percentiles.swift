// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// Values in order, for percentiles that are interpolated between neighbours (`numpy.percentile`, linear).
struct Percentiles {
    private let sorted: [Float]

    init(_ values: [Float]) { sorted = values.sorted() }

    /// The value below which a share from 0 to 1 of the values lies; 0 of no values.
    subscript(share: Double) -> Float {
        guard !sorted.isEmpty else { return 0 }
        let position = share * Double(sorted.count - 1)
        let lower = Int(saturating: position, rounding: .down)
        let upper = min(lower + 1, sorted.count - 1)
        let weight = Float(position - Double(lower))
        return sorted[lower] * (1 - weight) + sorted[upper] * weight
    }
}
