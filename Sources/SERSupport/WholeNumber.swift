// SPDX-License-Identifier: Apache-2.0

extension FixedWidthInteger {
    /// The whole number that a floating-point value rounds to. A value beyond the type's range becomes the end of the
    /// range, and a value that is not a number becomes 0: the standard conversion stops the program at both.
    /// - Parameters:
    ///   - value: Any value.
    ///   - rule: Which whole number a value between two becomes; ties go away from zero unless told otherwise.
    @inlinable
    package init(saturating value: Double, rounding rule: FloatingPointRoundingRule = .toNearestOrAwayFromZero) {
        let whole = value.rounded(rule)
        // The ends as floating point may lie one beyond those of the type: hence "at least", not "above".
        if whole.isNaN {
            self = 0
        } else if whole >= Double(Self.max) {
            self = .max
        } else if whole <= Double(Self.min) {
            self = .min
        } else {
            self = Self(whole)
        }
    }

    /// The whole number that a single-precision value rounds to; see ``init(saturating:rounding:)-(Double,_)``.
    @inlinable
    package init(saturating value: Float, rounding rule: FloatingPointRoundingRule = .toNearestOrAwayFromZero) {
        self.init(saturating: Double(value), rounding: rule)
    }
}
