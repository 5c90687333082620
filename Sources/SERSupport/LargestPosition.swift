// SPDX-License-Identifier: Apache-2.0

extension Collection where Element: FloatingPoint {
    /// The place of the largest value, counted from 0, the first of equals; nil where there is none: in an empty
    /// collection, and where any value is NaN, beside which nothing is the largest.
    package var argmax: Int? {
        var best: (place: Int, value: Element)?
        for (place, value) in enumerated() {
            if value.isNaN { return nil }
            if let known = best, known.value >= value { continue }
            best = (place, value)
        }
        return best?.place
    }
}
