// SPDX-License-Identifier: Apache-2.0

/// Which part of a recording is listened to where it is longer than a span of seconds.
public enum ListeningWindow: String, Sendable, Hashable, Codable, CaseIterable {
    /// Its beginning.
    case beginning
    /// The part with most speech, as ``SpeechActivity`` finds it: the beginning, unless another part holds at least a
    /// tenth of a second more; among equal parts the first, and speech that is shorter than the part lies in its middle.
    case speech
}

extension SpeechActivity {
    /// How much more speech another part must hold to be heard instead of the beginning, in seconds.
    private static let leastGain = 0.1

    /// Where the part of so many seconds begins that ``ListeningWindow/speech`` stands for.
    func windowStart(seconds: Double) -> Double {
        let last = duration - seconds
        guard last > 0, hasSpeech else { return 0 }
        // The speech within a part changes evenly between parts that begin or end where speech does.
        let edges = intervals.flatMap { [$0.start, $0.end] }
        let starts = ([0, last] + edges + edges.map { $0 - seconds }).filter { (0...last).contains($0) }.sorted()
        let before = SpeechBefore(intervals)
        let held = starts.map { before($0 + seconds) - before($0) }
        let most = held.max() ?? 0
        guard most >= (held.first ?? 0) + Self.leastGain else { return 0 }
        let best = held.indices.first { held[$0] >= most - 1e-6 } ?? 0
        if most >= seconds - 1e-6 { return starts[best] }
        // Speech that is shorter than the part comes to lie in its middle.
        let end = held[best...].firstIndex { $0 < most - 1e-6 } ?? held.endIndex
        return (starts[best] + starts[end - 1]) / 2
    }
}

/// How many seconds of speech come before a time.
private struct SpeechBefore {
    private let intervals: [SpeechActivity.Interval]
    /// The speech before each interval.
    private let sums: [Double]

    init(_ intervals: [SpeechActivity.Interval]) {
        self.intervals = intervals
        var sum = 0.0
        sums = intervals.map { interval in
            defer { sum += interval.end - interval.start }
            return sum
        }
    }

    func callAsFunction(_ time: Double) -> Double {
        // The first interval that begins after the time, by halving.
        var (low, high) = (0, intervals.count)
        while low < high {
            let middle = (low + high) / 2
            if intervals[middle].start > time { high = middle } else { low = middle + 1 }
        }
        guard low > 0 else { return 0 }
        let interval = intervals[low - 1]
        return sums[low - 1] + min(time, interval.end) - interval.start
    }
}
