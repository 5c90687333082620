// SPDX-License-Identifier: Apache-2.0

/// What layers that drop values in training have in common.
enum DropoutRules {
    static func check(_ kind: String, _ rate: Float) throws(ShapeError) {
        guard rate >= 0, rate < 1 else {
            throw ShapeError(
                layer: kind, expected: "a dropout rate from 0 to below 1", got: "\(rate)",
                hint: "Give the share of values to drop, such as 0.2.")
        }
    }
}
