// SPDX-License-Identifier: Apache-2.0

/// The vertex of a parabola through three values at distances of 1.
struct Parabola {
    /// Where it lies, from the middle value.
    let offset: Double
    /// The value there.
    let value: Double

    /// The vertex; where the values lie on a line, the greatest of them, or the first where none is.
    @inline(__always)
    init(_ before: Double, _ middle: Double, _ after: Double) {
        let bend = (before + after) / 2 - middle
        guard bend == 0 else {
            let slope = (after - before) / 2
            offset = -slope / (2 * bend)
            value = middle - slope * slope / (4 * bend)
            return
        }
        if after > middle { (offset, value) = (1, after) } else { (offset, value) = (-1, before) }
    }
}
