// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import SERTraining

/// How a quantity grows: y = factor x^exponent, the line through log y over log x with the least squares.
public struct ScalingFit: Codable, Sendable, Hashable {
    /// The power of x.
    public let exponent: Double
    /// What y is at x = 1.
    public let factor: Double
    /// The 95 % interval of the exponent, by Student's t with two degrees of freedom fewer than points: how far the points
    /// lie from a straight line, not how much repeated measurements differ.
    public let lower, upper: Double
    /// The part of log y's variance that the line explains, 0...1.
    public let rSquared: Double

    /// The fit; nil for fewer than three points, x that are all the same, and values that are not above 0.
    public init?(x: [Double], y: [Double]) {
        guard x.count == y.count, x.count > 2, (x + y).allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
        let count = Double(x.count)
        let (u, v) = (x.map(log), y.map(log))
        let (meanU, meanV) = (u.reduce(0, +) / count, v.reduce(0, +) / count)
        let squares = u.reduce(0) { $0 + ($1 - meanU) * ($1 - meanU) }
        guard squares > 1e-12 else { return nil }
        let products = zip(u, v).reduce(0) { $0 + ($1.0 - meanU) * ($1.1 - meanV) }
        let total = v.reduce(0) { $0 + ($1 - meanV) * ($1 - meanV) }
        exponent = products / squares
        factor = exp(meanV - exponent * meanU)
        let slope = exponent
        let rest = zip(u, v).reduce(0.0) { sum, point in
            let residual = point.1 - meanV - slope * (point.0 - meanU)
            return sum + residual * residual
        }
        let freedom = x.count - 2
        let error = (rest / Double(freedom) / squares).squareRoot()
        let t = StudentDistribution.quantile(central: 0.95, degreesOfFreedom: freedom)
        (lower, upper) = (exponent - t * error, exponent + t * error)
        rSquared = total > 0 ? 1 - rest / total : 1
    }

    /// What the line says for an x.
    public func value(at x: Double) -> Double { factor * pow(x, exponent) }
}

extension ScalingFit: CustomStringConvertible {
    /// Such as `1.00 (0.98 to 1.02)`.
    public var description: String { "\(exponent.fixed(2)) (\(lower.fixed(2)) to \(upper.fixed(2)))" }
}
