// SPDX-License-Identifier: Apache-2.0

/// What a linear support vector machine of one class against the rest minimises, bias b among the weights w:
/// 1/2 |w|^2 + sum of C_i max(0, 1 - s_i w x_i)^2 (Fan et al., LIBLINEAR: a library for large linear classification, 2008).
package struct SquaredHinge: ConvexFunction {
    let rows: LinearRows
    /// For each clip, 1 where it is of the class and -1 where it is not.
    let signs: [Double]
    /// How much each clip counts.
    let strengths: [Double]

    /// The function for some clips.
    /// - Parameters:
    ///   - signs: For each clip, 1 where it is of the class and -1 where it is not.
    ///   - strengths: For each clip, C.
    package init(_ rows: LinearRows, signs: [Double], strengths: [Double]) {
        self.rows = rows
        self.signs = signs
        self.strengths = strengths
    }

    package var count: Int { rows.columns }

    package func place(at point: [Double]) -> Place {
        let margins = rows.products(with: point)
        var value = point.reduce(0) { $0 + $1 * $1 } / 2
        var slopes = margins, bends = margins
        for clip in margins.indices {
            let lacking = max(0, 1 - signs[clip] * margins[clip])
            value += strengths[clip] * lacking * lacking
            slopes[clip] = -2 * strengths[clip] * signs[clip] * lacking
            bends[clip] = lacking > 0 ? 2 * strengths[clip] : 0
        }
        return Place(
            value: value, gradient: zip(point, rows.sums(weightedBy: slopes)).map { $0 + $1 },
            curvature: rows.sumsOfSquares(weightedBy: bends).map { 1 + $0 }, rows: rows, bends: bends)
    }

    package struct Place: ConvexPlace {
        package let value: Double
        package let gradient, curvature: [Double]
        fileprivate let rows: LinearRows
        /// For each clip, how fast the slope of its loss changes.
        fileprivate let bends: [Double]

        package func change(ofGradientAlong direction: [Double]) -> [Double] {
            let along = zip(rows.products(with: direction), bends).map { $0 * $1 }
            return zip(direction, rows.sums(weightedBy: along)).map { $0 + $1 }
        }
    }
}
