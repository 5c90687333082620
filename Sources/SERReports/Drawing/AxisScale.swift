// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// An axis of a figure: its range, and ticks at round numbers (1, 2 or 5 times a power of ten).
package struct AxisScale: Sendable, Equatable {
    /// The ends of the axis.
    package let lower, upper: Double
    /// Where numbers stand.
    package let ticks: [Double]
    /// Whether equal distances are equal factors.
    package let isLogarithmic: Bool
    private let places: Int
    private var names: [String]?

    /// An axis that holds both ends, widened to whole ticks.
    package init(from low: Double, to high: Double) {
        let low = Self.drawable(low) ?? 0
        // Two ends that floating point hardly tells apart have no room for ticks between them.
        let least = low + max(1, abs(low) * 1e-3)
        let high = Self.drawable(high).map { $0 - low > abs(low) * 1e-9 ? $0 : least } ?? least
        let step = Self.step(over: high - low, atMost: 6)
        // A hair of room, so that an end that is a tick but for rounding does not add another.
        let first = ((low / step) + 1e-6).rounded(.down)
        let last = ((high / step) - 1e-6).rounded(.up)
        lower = first * step
        upper = last * step
        ticks = Self.multiples(of: step, from: first, through: last)
        places = max(0, Int(saturating: -log10(step), rounding: .up))
        isLogarithmic = false
    }

    /// A logarithmic axis that holds both ends, which are above 0: ticks at powers of ten, and at 2 and 5 times them
    /// where there are few.
    package init(logarithmicFrom low: Double, to high: Double) {
        let low = Self.drawable(low).map { $0 > 0 ? max($0, 1e-300) : 1 } ?? 1
        let high = Self.drawable(high).map { $0 > low ? $0 : low * 10 } ?? low * 10
        let decades = Int(saturating: log10(low), rounding: .down)...Int(saturating: log10(high), rounding: .up)
        let factors = decades.count > 6 ? [1.0] : decades.count > 3 ? [1.0, 3] : [1.0, 2, 5]
        let all = decades.flatMap { decade in factors.map { $0 * pow(10, Double(decade)) } }
        lower = all.last { $0 <= low * (1 + 1e-9) } ?? low
        upper = all.first { $0 >= high * (1 - 1e-9) } ?? high
        let (first, last) = (lower, upper)
        ticks = all.filter { $0 >= first && $0 <= last }
        places = 0
        isLogarithmic = true
    }

    /// An axis of named places, such as conditions, one a whole number from 0.
    package init(names: [String]) {
        lower = -0.5
        upper = Double(max(names.count, 1)) - 0.5
        ticks = names.indices.map(Double.init)
        places = 0
        isLogarithmic = false
        self.names = names
    }

    /// An axis with these ends and ticks exactly.
    package init(from low: Double, to high: Double, ticks: [Double], places: Int) {
        lower = low
        upper = high > low ? high : low + 1
        self.ticks = ticks
        self.places = places
        isLogarithmic = false
    }

    /// An axis of counted things: it begins and ends exactly there, with ticks at whole numbers.
    package init(integersFrom low: Int, to high: Int) {
        let step = high - low < 1 ? 1 : max(1, Self.step(over: Double(high - low), atMost: 10).rounded())
        // A single epoch stands in the middle.
        lower = Double(low) - (high > low ? 0 : 0.5)
        upper = Double(high) + (high > low ? 0 : 0.5)
        let first = (Double(low) / step).rounded(.up)
        let last = (Double(high) / step).rounded(.down)
        let multiples = Self.multiples(of: step, from: first, through: last)
        // Epoch 1 has its tick where the next one leaves room for it.
        let crowds = multiples.first.map { $0 - Double(low) < step / 2 } ?? false
        ticks = crowds ? multiples : [Double(low)] + multiples
        places = 0
        isLogarithmic = false
    }

    /// Where on the axis a value lies: 0 at its beginning, 1 at its end.
    package func fraction(of value: Double) -> Double {
        let share =
            isLogarithmic
            ? log(max(value, .leastNormalMagnitude) / lower) / log(upper / lower) : (value - lower) / (upper - lower)
        return min(1, max(0, share))
    }

    /// The number at a tick, or its name.
    package func label(of tick: Double) -> String {
        if let names { return names.indices.contains(Int(saturating: tick)) ? names[Int(saturating: tick)] : "" }
        guard isLogarithmic else { return tick.fixed(places) }
        return tick >= 1 && tick < 1e6 ? grouped(Int(saturating: tick)) : tick.significant(3)
    }

    /// A number, if it is one, no farther from 0 than leaves room for ticks beyond it.
    private static func drawable(_ value: Double) -> Double? { value.isFinite ? min(max(value, -1e300), 1e300) : nil }

    private static func multiples(of step: Double, from first: Double, through last: Double) -> [Double] {
        guard last >= first else { return [] }
        return stride(from: first, through: last, by: 1).map { $0 * step }
    }

    private static func step(over range: Double, atMost count: Int) -> Double {
        let rough = range / Double(count)
        let magnitude = pow(10, log10(rough).rounded(.down))
        let factor = [1.0, 2, 5].first { $0 * magnitude >= rough * (1 - 1e-9) } ?? 10
        return factor * magnitude
    }
}
