// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The roots of polynomials of one degree with real coefficients, all at once (Aberth 1973).
struct PolynomialRoots {
    private let degree: Int
    private var reals: [Double]
    private var imaginaries: [Double]
    private var isDone: [Bool]

    private static let mostRounds = 60
    private static let tolerance = 1e-12

    init(degree: Int) {
        self.degree = degree
        reals = [Double](repeating: 0, count: degree)
        imaginaries = reals
        isDone = [Bool](repeating: false, count: degree)
    }

    /// Calls `body` with each root of z^n + c[0] z^(n - 1) + ... + c[n - 1].
    mutating func solve(_ coefficients: [Double], _ body: (_ real: Double, _ imaginary: Double) -> Void) {
        begin(coefficients)
        coefficients.withUnsafeBufferPointer { coefficients in
            for _ in 0..<Self.mostRounds { if round(coefficients) { return } }
        }
        for root in 0..<degree where reals[root].isFinite && imaginaries[root].isFinite {
            body(reals[root], imaginaries[root])
        }
    }

    /// Spreads the roots over a circle whose radius is the geometric mean of theirs.
    private mutating func begin(_ coefficients: [Double]) {
        let product = abs(coefficients[degree - 1])
        let radius = product > 0 ? pow(product, 1 / Double(degree)) : 0.5
        for root in 0..<degree {
            let angle = 2 * Double.pi * (Double(root) + 0.3) / Double(degree)
            (reals[root], imaginaries[root], isDone[root]) = (radius * cos(angle), radius * sin(angle), false)
        }
    }

    /// Brings each root closer; whether all are where they belong.
    private mutating func round(_ coefficients: UnsafeBufferPointer<Double>) -> Bool {
        var areDone = true
        for root in 0..<degree where !isDone[root] {
            let (x, y) = (reals[root], imaginaries[root])
            var (p, q, r, s) = (1.0, 0.0, 0.0, 0.0)
            for coefficient in coefficients {
                (r, s) = (r * x - s * y + p, r * y + s * x + q)
                (p, q) = (p * x - q * y + coefficient, p * y + q * x)
            }
            // p + iq is the polynomial's value, r + is its derivative. Newton's step is p/r; Aberth's is
            // 1 / (r/p - the sum over the other roots of 1 / (z - z')), here times p/p.
            var (u, v) = (0.0, 0.0)
            for other in 0..<degree where other != root {
                let (a, b) = (x - reals[other], y - imaginaries[other])
                let inverse = 1 / (a * a + b * b)
                u += a * inverse
                v -= b * inverse
            }
            let (c, d) = (r - (p * u - q * v), s - (p * v + q * u))
            let square = c * c + d * d
            guard square > 0 else {
                isDone[root] = true
                continue
            }
            let (stepX, stepY) = ((p * c + q * d) / square, (q * c - p * d) / square)
            reals[root] = x - stepX
            imaginaries[root] = y - stepY
            isDone[root] = stepX * stepX + stepY * stepY <= Self.tolerance * Self.tolerance * (x * x + y * y)
            areDone = areDone && isDone[root]
        }
        return areDone
    }
}
