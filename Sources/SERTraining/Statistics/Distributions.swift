// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The standard normal distribution.
package enum NormalDistribution {
    /// The probability of a value up to `x`.
    package static func cumulative(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }

    /// The value that is not passed with the probability `p`; infinite for 0 and 1.
    package static func quantile(_ p: Double) -> Double {
        guard p > 0 else { return -.infinity }
        guard p < 1 else { return .infinity }
        // The upper half from the lower one, where probabilities have all their digits.
        return p > 0.5 ? -quantile(1 - p) : bisected(from: -40, to: 0) { cumulative($0) >= p }
    }
}

/// Student's t distribution with a whole number of degrees of freedom.
package enum StudentDistribution {
    /// The probability of a value from -t to t (Abramowitz and Stegun, Handbook of mathematical functions, 26.7.3-4).
    package static func central(_ t: Double, degreesOfFreedom n: Int) -> Double {
        let angle = atan(t / Double(n).squareRoot())
        let sine = sin(angle), square = cos(angle) * cos(angle)
        if n == 1 { return 2 * angle / .pi }
        let isOdd = n % 2 == 1
        var term = isOdd ? cos(angle) : 1
        var sum = term
        for power in stride(from: isOdd ? 3 : 2, to: n - 1, by: 2) {
            term *= square * Double(power - 1) / Double(power)
            sum += term
        }
        return isOdd ? 2 / .pi * (angle + sine * sum) : sine * sum
    }

    /// The t for which values from -t to t have the probability `level`.
    package static func quantile(central level: Double, degreesOfFreedom n: Int) -> Double {
        var upper = 1.0
        while upper < 1e12, central(upper, degreesOfFreedom: n) < level { upper *= 2 }
        return bisected(from: 0, to: upper) { central($0, degreesOfFreedom: n) >= level }
    }
}

/// The number of heads in `count` throws of a fair coin.
package struct FairCoinDistribution {
    package let count: Int

    package init(count: Int) { self.count = count }

    /// The probability of exactly `heads` heads, and of as many or fewer.
    package func probabilities(upTo heads: Int) -> (exactly: Double, atMost: Double) {
        // In logarithms: 2^-count is too small for a number from 1,075 throws on.
        var logarithm = -Double(count) * log(2)
        var sum = exp(logarithm)
        for number in stride(from: 1, through: heads, by: 1) {
            logarithm += log(Double(count - number + 1)) - log(Double(number))
            sum += exp(logarithm)
        }
        return (exp(logarithm), sum)
    }
}

/// Where a condition that is false below and true above becomes true, to the last digit.
private func bisected(from lower: Double, to upper: Double, _ isReached: (Double) -> Bool) -> Double {
    var (lower, upper) = (lower, upper)
    while true {
        let middle = lower + (upper - lower) / 2
        guard middle > lower, middle < upper else { return upper }
        if isReached(middle) { upper = middle } else { lower = middle }
    }
}
