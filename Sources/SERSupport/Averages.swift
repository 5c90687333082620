// SPDX-License-Identifier: Apache-2.0

extension [Double] {
    /// The arithmetic mean; 0 for none.
    package var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }

    /// The value in the middle by size, or the mean of the two that are; nil for none.
    package var median: Double? {
        guard !isEmpty else { return nil }
        let sorted = sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }
}
