// SPDX-License-Identifier: Apache-2.0

/// Natural cubic splines through values at fixed knots, read at fixed points: a tridiagonal system for the second
/// derivatives, of which all that does not depend on the values is made once (Press et al., Numerical Recipes, 3.3).
struct CubicSpline: Sendable {
    private let count: Int
    // For each inner knot: 6 over the widths on both sides, what the solution before is multiplied with, and
    // what the solution behind is multiplied with on the way back.
    private let before: [Double]
    private let after: [Double]
    private let chain: [Double]
    private let back: [Double]
    // For each point: the knot to its left and the weights of values and derivatives there and one further on.
    private let left: [Int32]
    private let weights: [SIMD4<Double>]

    /// Knots and points in rising order, points within the knots.
    init(knots: [Double], points: [Double]) {
        count = knots.count
        let widths = zip(knots.dropFirst(), knots).map { $0 - $1 }
        var (before, after) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
        var (chain, back) = (before, before)
        for knot in 1..<count - 1 {
            let diagonal = 2 * (widths[knot - 1] + widths[knot])
            let pivot = 1 / (diagonal - widths[knot - 1] * back[knot - 1])
            back[knot] = widths[knot] * pivot
            chain[knot] = widths[knot - 1] * pivot
            before[knot] = 6 / widths[knot - 1] * pivot
            after[knot] = 6 / widths[knot] * pivot
        }
        (self.before, self.after, self.chain, self.back) = (before, after, chain, back)
        var knot = 0
        var left: [Int32] = []
        weights = points.map { point in
            while knot < widths.count - 1, knots[knot + 1] < point { knot += 1 }
            left.append(Int32(knot))
            let width = widths[knot]
            let a = (knots[knot + 1] - point) / width, b = 1 - a
            return SIMD4(a, b, (a * a * a - a) * width * width / 6, (b * b * b - b) * width * width / 6)
        }
        self.left = left
    }

    /// The splines at all points of four sets of values at once: where each number waits for the one before, four take
    /// little longer than one. `spare` has room for as many numbers as there are knots.
    func interpolate(
        _ values: UnsafePointer<SIMD4<Double>>, into out: UnsafeMutablePointer<SIMD4<Double>>,
        spare: UnsafeMutablePointer<SIMD4<Double>>
    ) {
        before.withUnsafeBufferPointer { before in
            after.withUnsafeBufferPointer { after in
                for knot in 1..<count - 1 {
                    let (rise, fall) = (values[knot + 1] - values[knot], values[knot] - values[knot - 1])
                    spare[knot] = rise * after[knot] - fall * before[knot]
                }
            }
        }
        solve(spare)
        left.withUnsafeBufferPointer { left in
            weights.withUnsafeBufferPointer { weights in
                for point in 0..<left.count {
                    let knot = Int(left[point]), weight = weights[point]
                    let line = values[knot] * weight[0] + values[knot + 1] * weight[1]
                    out[point] = line + spare[knot] * weight[2] + spare[knot + 1] * weight[3]
                }
            }
        }
    }

    private func solve(_ derivatives: UnsafeMutablePointer<SIMD4<Double>>) {
        derivatives[0] = .zero
        derivatives[count - 1] = .zero
        chain.withUnsafeBufferPointer { chain in
            for knot in 1..<count - 1 { derivatives[knot] -= derivatives[knot - 1] * chain[knot] }
        }
        back.withUnsafeBufferPointer { back in
            for knot in stride(from: count - 2, through: 1, by: -1) {
                derivatives[knot] -= derivatives[knot + 1] * back[knot]
            }
        }
    }
}
