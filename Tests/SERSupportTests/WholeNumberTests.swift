// SPDX-License-Identifier: Apache-2.0

import SERSupport
import Testing

/// Conversions of floating-point values to whole numbers, the place of the largest value, and averages.
@Suite struct WholeNumberTests {
    @Test func roundsToTheNearestAndAsToldOtherwise() {
        #expect([-2.5, -0.4, 0, 0.5, 2.4999].map { Int(saturating: $0) } == [-3, 0, 0, 1, 2])
        #expect([-2.5, 2.7].map { Int(saturating: $0, rounding: .down) } == [-3, 2])
        #expect([-2.5, 2.2].map { Int(saturating: $0, rounding: .up) } == [-2, 3])
        #expect([-2.9, 2.9].map { Int(saturating: $0, rounding: .towardZero) } == [-2, 2])
        #expect(Int(saturating: Float(16_777_216)) == 16_777_216)
    }

    @Test func endsAtTheRangeOfEachType() {
        func check<Whole: FixedWidthInteger>(_ type: Whole.Type) {
            #expect(Whole(saturating: Double.infinity) == .max)
            #expect(Whole(saturating: -Double.infinity) == .min)
            #expect(Whole(saturating: 1e300) == .max)
            #expect(Whole(saturating: -1e300) == .min)
            #expect(Whole(saturating: Float.greatestFiniteMagnitude) == .max)
            #expect(Whole(saturating: Double.nan) == 0)
            #expect(Whole(saturating: Float.signalingNaN) == 0)
            #expect(Whole(saturating: Double(Whole.max)) == .max)
            #expect(Whole(saturating: Double(Whole.min)) == .min)
        }
        check(Int.self)
        check(UInt.self)
        check(Int64.self)
        check(Int32.self)
        check(Int16.self)
        check(UInt8.self)
        #expect(Int(saturating: 0x1p63.nextDown) == 9_223_372_036_854_774_784)
        #expect(UInt8(saturating: -0.6) == 0 && UInt8(saturating: 254.4) == 254)
    }

    @Test func theLargestIsTheFirstOfEqualsAndNothingBesideNaN() {
        #expect([1.0, 3, 3, 2].argmax == 1)
        #expect([Float.nan, 1].argmax == nil && [1, Float.nan].argmax == nil && [Float]().argmax == nil)
        #expect([-Float.infinity, -3].argmax == 1 && [Float.infinity, 1].argmax == 0)
        #expect([-Float.infinity, -.infinity].argmax == 0)
        #expect([0.0, -0.0].argmax == 0 && [5.0, 7, 9, 1].dropFirst(2).argmax == 0)
    }

    @Test func theMedianIsTheMiddleOrHalfwayBetweenTheTwo() {
        #expect([3.0, 1, 2].median == 2 && [4.0, 1, 3, 2].median == 2.5 && [7.5].median == 7.5)
        #expect([Double]().median == nil)
        #expect([1.0, 2, 6].mean == 3 && [Double]().mean == 0)
    }
}
