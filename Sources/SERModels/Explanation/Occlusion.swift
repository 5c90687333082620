// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERCore

/// Windows over time and coefficients that are replaced by the training mean, one at a time.
struct Occlusion {
    let frames: Int
    let coefficients: Int

    private static let rowsAtOnce = 32

    /// The fall of the score for each window, spread evenly over it: [frames x coefficients].
    /// - Parameters:
    ///   - features: The clip's features, before any statistics.
    ///   - baseline: What each coefficient is replaced by.
    ///   - scores: The scores of feature matrices.
    func attribution(
        of features: FeatureMatrix, score: Double, baseline: [Float],
        scores: ([FeatureMatrix]) throws(FeatureError) -> [Double]
    ) throws(FeatureError) -> [Double] {
        let columns = features.coefficients
        let windows = stride(from: 0, to: features.frames, by: frames).flatMap { frame in
            stride(from: 0, to: columns, by: coefficients).map { column in
                (
                    frames: frame..<min(frame + frames, features.frames),
                    columns: column..<min(column + coefficients, columns)
                )
            }
        }
        var values = [Double](repeating: 0, count: features.values.count)
        for start in stride(from: 0, to: windows.count, by: Self.rowsAtOnce) {
            let some = windows[start..<min(start + Self.rowsAtOnce, windows.count)]
            let occluded = some.map { window in
                var matrix = features
                for frame in window.frames {
                    for column in window.columns { matrix[frame, column] = baseline[column] }
                }
                return matrix
            }
            for (window, other) in zip(some, try scores(occluded)) {
                let part = (score - other) / Double(window.frames.count * window.columns.count)
                for frame in window.frames {
                    for column in window.columns { values[frame * columns + column] = part }
                }
            }
        }
        return values
    }
}
