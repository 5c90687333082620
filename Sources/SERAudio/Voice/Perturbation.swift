// SPDX-License-Identifier: Apache-2.0

import CSERKernels
import Foundation

/// How the lengths and amplitudes of successive periods of the voice differ: jitter and shimmer.
///
/// From where the frame before left off, period after period is found as the shift, within a tenth of what the pitch
/// says, at which a period correlates best with the next. Periods that correlate by more than a half count. Local
/// jitter is the mean difference of successive lengths over the mean length, local shimmer that of amplitudes (greatest
/// less least sample) over the mean amplitude (Eyben et al. 2016, after Praat).
struct Perturbation {
    /// The jitter of the frame taken last, from 0 to 1.
    private(set) var jitter: Float = 0
    /// Its shimmer in decibels: 20 log10(1 + shimmer).
    var shimmer: Float { 20 * log10(lastShimmer + 1) }

    private static let tolerance = 0.1
    private static let leastCorrelation = 0.5

    private var lastJitter: Float = 0
    private var lastShimmer: Float = 0
    private var lastPeriod = 0.0
    /// Samples before the next frame that were not gone through yet.
    private var missed = 0

    private var correlations: [Double] = []
    // Of the samples from the first that is looked at, sums and sums of squares up to each.
    private var sums: [Double] = []
    private var squares: [Double] = []

    /// What the periods of a frame add up to.
    private struct Totals {
        var periods = 0
        var lengths = 0.0
        var changes = 0
        var change = 0.0
        var amplitude = 0.0
        var amplitudeChange = 0.0
    }

    /// Measures the frame that begins at a sample, of pitch `frequency` in Hz, 0 where it is unvoiced. Frames come in
    /// order, each of them.
    mutating func take(_ samples: UnsafePointer<Float>, frame start: Int, frequency: Float) {
        guard frequency > 0 else {
            (jitter, lastJitter, lastShimmer, lastPeriod, missed) = (0, 0, 0, 0, 0)
            return
        }
        let expected = 1 / Double(frequency) * VoiceFrames.rate
        let lags = Int((1 - Self.tolerance) * expected)...Int(((1 + Self.tolerance) * expected).rounded(.up))
        let toRead = VoiceFrames.hop + missed
        let count = min(max(toRead, 2 * lags.upperBound + 2), missed + VoiceFrames.long)
        let totals = follow(
            samples + (start - missed), count: count, lags: lags, expected: Int(expected.rounded()), end: toRead - 1)
        if totals.periods > 0 {
            if totals.changes > 0 {
                let mean = totals.lengths / Double(totals.periods)
                lastJitter = min(1, Float(totals.change / Double(totals.changes) / mean))
            }
            lastShimmer = totals.amplitude > 0 ? min(1, Float(totals.amplitudeChange / totals.amplitude)) : 0
        }
        jitter = totals.periods > 0 && totals.changes == 0 ? 0 : lastJitter
    }

    private mutating func follow(
        _ samples: UnsafePointer<Float>, count: Int, lags: ClosedRange<Int>, expected: Int, end: Int
    ) -> Totals {
        prepare(samples, count: count)
        var totals = Totals()
        var position = 0
        var reached = 0
        while position < count - 2 * lags.upperBound - 1 {
            if let peak = bestLag(samples, at: position, lags: lags) {
                let next = position + peak.lag
                if peak.correlation > Self.leastCorrelation {
                    let (first, second) = (
                        Self.amplitude(samples + position, peak.lag), Self.amplitude(samples + next, peak.lag)
                    )
                    add(peak.length, first, second, to: &totals)
                }
                position = next
            } else {
                position += expected
            }
            if position < end { reached = position }
        }
        missed = end + 1 - reached
        return totals
    }

    private mutating func add(_ length: Double, _ first: Float, _ second: Float, to totals: inout Totals) {
        totals.periods += 1
        totals.lengths += length
        if lastPeriod > 0 {
            totals.changes += 1
            totals.change += abs(lastPeriod - length)
        }
        lastPeriod = length
        totals.amplitude += Double(first + second) / 2
        totals.amplitudeChange += Double(abs(first - second))
    }

    private mutating func prepare(_ samples: UnsafePointer<Float>, count: Int) {
        if sums.count < count + 1 {
            sums = [Double](repeating: 0, count: count + 1)
            squares = sums
        }
        var (sum, square) = (0.0, 0.0)
        for index in 0..<count {
            let sample = Double(samples[index])
            sum += sample
            square += sample * sample
            sums[index + 1] = sum
            squares[index + 1] = square
        }
    }

    /// The shift at which the correlation has its highest peak, and that peak's place and height by a parabola; nil
    /// where there is none.
    private mutating func bestLag(
        _ samples: UnsafePointer<Float>, at position: Int, lags: ClosedRange<Int>
    ) -> (lag: Int, length: Double, correlation: Double)? {
        correlations.removeAll(keepingCapacity: true)
        for lag in lags { correlations.append(correlation(samples, at: position, lag)) }
        var best: Int?
        for index in stride(from: 1, to: lags.count - 2, by: 1) {
            let now = correlations[index]
            guard correlations[index - 1] < now, now > correlations[index + 1] else { continue }
            if let best, now <= correlations[best] { continue }
            best = index
        }
        guard let best else { return nil }
        let peak = Parabola(correlations[best - 1], correlations[best], correlations[best + 1])
        let lag = lags.lowerBound + best
        return (lag, Double(lag) + peak.offset, peak.value)
    }

    /// The correlation of `lag` samples with the `lag` samples behind them.
    private func correlation(_ samples: UnsafePointer<Float>, at position: Int, _ lag: Int) -> Double {
        let (middle, end) = (position + lag, position + 2 * lag)
        let count = Double(lag)
        let first = sums[middle] - sums[position], second = sums[end] - sums[middle]
        let firstSquare = squares[middle] - squares[position] - first * first / count
        let secondSquare = squares[end] - squares[middle] - second * second / count
        let product = ser_audio_dot(samples + position, samples + middle, Int64(lag)) - first * second / count
        return product / (firstSquare.squareRoot() * secondSquare.squareRoot())
    }

    /// The greatest less the least of the samples of a period, but for its first and last.
    private static func amplitude(_ samples: UnsafePointer<Float>, _ count: Int) -> Float {
        var (least, greatest) = (samples[1], samples[1])
        for index in 1..<count - 1 {
            least = min(least, samples[index])
            greatest = max(greatest, samples[index])
        }
        return greatest - least
    }
}
