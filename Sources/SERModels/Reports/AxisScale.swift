import Foundation
import SERSupport

/// An axis of a figure: its range, and ticks at round numbers (1, 2 or 5 times a power of ten).
struct AxisScale {
    let lower: Double
    let upper: Double
    let ticks: [Double]
    private let places: Int

    /// An axis that holds both ends, widened to whole ticks.
    init(from low: Double, to high: Double) {
        let high = high > low ? high : low + 1
        let step = Self.step(over: high - low, atMost: 6)
        // A hair of room, so that an end that is a tick but for rounding does not add another.
        let first = ((low / step) + 1e-6).rounded(.down)
        let last = ((high / step) - 1e-6).rounded(.up)
        lower = first * step
        upper = last * step
        ticks = Self.multiples(of: step, from: first, through: last)
        places = max(0, Int((-log10(step)).rounded(.up)))
    }

    /// An axis of counted things: it begins and ends exactly there, with ticks at whole numbers.
    init(integersFrom low: Int, to high: Int) {
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
    }

    /// Where on the axis a value lies: 0 at its beginning, 1 at its end.
    func fraction(of value: Double) -> Double { min(1, max(0, (value - lower) / (upper - lower))) }

    func label(of tick: Double) -> String { tick.fixed(places) }

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
