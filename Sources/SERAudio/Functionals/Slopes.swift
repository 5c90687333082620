// SPDX-License-Identifier: Apache-2.0

/// How steeply a curve rises to its peaks and falls to its valleys, in its unit per second.
struct Slopes {
    /// The mean and the standard deviation of slopes of one direction.
    struct Direction {
        fileprivate(set) var mean: Float = 0
        fileprivate(set) var deviation: Float = 0
    }

    private(set) var rising = Direction()
    private(set) var falling = Direction()

    /// The slopes between the turning points of a curve.
    ///
    /// As openSMILE has it, the way from the last turning point to the end counts in the means, with its own sign (a
    /// fall after the last peak is negative, all other falls are positive), and in the deviations only in the number; a
    /// curve without turning points has one slope, per number of frames.
    /// - Parameters:
    ///   - curve: The values.
    ///   - points: Its turning points.
    ///   - period: Seconds from one value to the next.
    init(_ curve: [Float], points: [TurningPoints.Point], period: Float) {
        guard let first = curve.first, let last = curve.last else { return }
        guard let end = points.last else {
            let slope = (last - first) / Float(curve.count)
            if slope > 0 { rising.mean = slope } else { falling.mean = slope }
            return
        }
        var (ups, downs): ([Float], [Float]) = ([], [])
        var peak = (position: 0, value: first), valley = peak
        for point in points {
            if point.isPeak {
                peak = (point.position, point.value)
                ups.append((peak.value - valley.value) / (Float(peak.position - valley.position) * period))
            } else {
                valley = (point.position, point.value)
                downs.append((peak.value - valley.value) / (Float(valley.position - peak.position) * period))
            }
        }
        let rest = (last - end.value) / (Float(curve.count - 1 - end.position) * period)
        rising = Self.direction(ups, rest: end.isPeak ? nil : rest)
        falling = Self.direction(downs, rest: end.isPeak ? rest : nil)
    }

    private static func direction(_ slopes: [Float], rest: Float?) -> Direction {
        let count = Float(slopes.count + (rest == nil ? 0 : 1))
        guard count > 0 else { return Direction() }
        let mean = (slopes.reduce(0, +) + (rest ?? 0)) / count
        let squares = slopes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return Direction(mean: mean, deviation: (squares / count).squareRoot())
    }
}
