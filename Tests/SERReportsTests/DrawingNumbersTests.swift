// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERReports
import Testing

/// Figures of numbers that no axis and no colour has a place for.
@Suite struct DrawingNumbersTests {
    private let strange = [Double.nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0]

    @Test func axesOfAnyNumbersHaveFiniteEnds() {
        for low in strange {
            for high in strange {
                for axis in [AxisScale(from: low, to: high), AxisScale(logarithmicFrom: low, to: high)] {
                    let isFinite = axis.lower.isFinite && axis.upper.isFinite && axis.ticks.allSatisfy(\.isFinite)
                    let isDrawn = isFinite && axis.lower <= axis.upper && axis.ticks.count < 1000
                    #expect(isDrawn, "\(low) to \(high): \(axis)")
                    for tick in axis.ticks { _ = axis.label(of: tick) }
                }
            }
        }
        let named = AxisScale(names: ["a", "b"])
        #expect(named.label(of: 1) == "b" && named.label(of: .nan) == "a" && named.label(of: .infinity).isEmpty)
    }
}
