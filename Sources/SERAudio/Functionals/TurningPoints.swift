// SPDX-License-Identifier: Apache-2.0

/// The peaks and valleys of a curve that count: those that rise or fall by a tenth of its range, in turn.
///
/// openSMILE's rules (its functional `Peaks2`): every local extremum is a candidate, but for the two values at each
/// end; then small peaks go, then small valleys, then all but the greatest of several of one sort in a row.
struct TurningPoints {
    /// A peak or a valley.
    struct Point {
        let isPeak: Bool
        let position: Int
        let value: Float
    }

    /// What is left, in order.
    let points: [Point]

    /// How many of them are peaks.
    var peaks: Int { points.reduce(0) { $0 + ($1.isPeak ? 1 : 0) } }

    init(_ curve: [Float], share: Float = 0.1) {
        guard let first = curve.first, let least = curve.min(), let greatest = curve.max() else {
            points = []
            return
        }
        let threshold = share * (greatest - least)
        let large = Self.withoutSmallPeaks(Self.extrema(of: curve), first: first, threshold)
        points = Self.inTurn(Self.withoutSmallValleys(large, first: first, threshold))
    }

    private static func extrema(of curve: [Float]) -> [Point] {
        guard curve.count > 4 else { return [] }
        return (2..<curve.count - 2).compactMap { index in
            let (before, now, after) = (curve[index - 1], curve[index], curve[index + 1])
            if now > before && now > after { return Point(isPeak: true, position: index, value: now) }
            if now < before && now < after { return Point(isPeak: false, position: index, value: now) }
            return nil
        }
    }

    /// A peak that is close to the extremum before it counts only where it stands out above the last valley that
    /// counted, and then in place of the peak before it where it is greater by a twentieth.
    private static func withoutSmallPeaks(_ points: [Point], first: Float, _ threshold: Float) -> [Point] {
        var kept = [Bool](repeating: true, count: points.count)
        var (lastValue, lastValley, lastPeak) = (first, first, first)
        var peakIndex: Int?
        var fellSince = false
        for (index, point) in points.enumerated() {
            let isSmall = abs(point.value - lastValue) < threshold
            lastValue = point.value
            guard point.isPeak else {
                if !isSmall { (fellSince, lastValley) = (true, point.value) }
                continue
            }
            if isSmall && point.value - lastValley < threshold {
                kept[index] = false
                continue
            }
            let isGreater = point.value > lastPeak * 1.05
            if isSmall && isGreater, let peakIndex { kept[peakIndex] = false }
            if !isSmall || isGreater || fellSince {
                (lastPeak, peakIndex) = (point.value, index)
            } else {
                kept[index] = false
            }
            fellSince = false
        }
        return zip(points, kept).compactMap { $1 ? $0 : nil }
    }

    private static func withoutSmallValleys(_ points: [Point], first: Float, _ threshold: Float) -> [Point] {
        var lastPeak = first
        return points.filter { point in
            if point.isPeak { lastPeak = point.value }
            return point.isPeak || lastPeak - point.value >= threshold
        }
    }

    private static func inTurn(_ points: [Point]) -> [Point] {
        var result: [Point] = []
        for point in points {
            guard let last = result.last, last.isPeak == point.isPeak else {
                result.append(point)
                continue
            }
            if point.isPeak ? point.value > last.value : point.value < last.value {
                result[result.count - 1] = point
            }
        }
        return result
    }
}
