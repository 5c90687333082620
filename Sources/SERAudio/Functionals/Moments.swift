// SPDX-License-Identifier: Apache-2.0

/// The mean of values and how much they vary.
struct Moments {
    /// The mean; 0 of no values.
    let mean: Float
    /// The coefficient of variation: the standard deviation of the population over the mean, or over 1 where that is 0.
    let variation: Float

    init(_ values: [Float]) {
        guard !values.isEmpty else {
            (mean, variation) = (0, 0)
            return
        }
        let count = Double(values.count)
        mean = Float(values.reduce(0.0) { $0 + Double($1) } / count)
        let center = Double(mean)
        let variance = values.reduce(0.0) { $0 + (Double($1) - center) * (Double($1) - center) } / count
        variation = variance > 0 ? Float(variance.squareRoot() / (center == 0 ? 1 : center)) : 0
    }
}
