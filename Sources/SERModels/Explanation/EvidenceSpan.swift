// SPDX-License-Identifier: Apache-2.0

import SERSupport

extension Explanation {
    /// A stretch of time in which evidence lies close together.
    public struct Span: Codable, Sendable, Hashable {
        /// Where it begins and ends, in seconds.
        public let start, end: Double
        /// The parts within it that have its sign, added up: above 0 for the label, below 0 against it.
        public let evidence: Double
        /// Its part of all evidence of that sign, 0...1.
        public let share: Double
    }

    /// Where most evidence for the label lies, the strongest stretch first.
    public var spansInFavor: [Span] { spans(sign: 1) }

    /// Where most evidence against the label lies, the strongest stretch first.
    public var spansAgainst: [Span] { spans(sign: -1) }

    /// Coefficients that were attributed together, with their parts added up.
    public struct Group: Sendable, Hashable {
        /// The places of the coefficients.
        public let coefficients: Range<Int>
        /// What they are called, such as `MFCC 3` or `MFCC 4 to MFCC 7`.
        public let name: String
        /// The parts added up.
        public let evidence: Double
    }

    /// The coefficients, those first whose parts add up to most in either direction. Those that occlusion replaced
    /// together stand together.
    public var groups: [Group] {
        var size = 1
        if case .occlusion(_, let coefficients) = method { size = coefficients }
        return stride(from: 0, to: coefficientTotals.count, by: size).map { start in
            let range = start..<min(start + size, coefficientTotals.count)
            let (first, last) = (coefficientNames[start], coefficientNames[range.upperBound - 1])
            return Group(
                coefficients: range, name: range.count == 1 ? first : "\(first) to \(last)",
                evidence: coefficientTotals[range].reduce(0, +))
        }.sorted { (abs($1.evidence), $0.coefficients.lowerBound) < (abs($0.evidence), $1.coefficients.lowerBound) }
    }

    /// Half the time over which evidence is smoothed before stretches are told apart, and the part of its largest value
    /// that a stretch stays above.
    private static let smoothing = 0.05, threshold = 0.35

    /// Stretches in which the smoothed evidence of a sign stays above a part of its largest value.
    private func spans(sign: Double) -> [Span] {
        let evidence = frameTotals.map { max(0, sign * $0) }
        let all = evidence.reduce(0, +)
        guard all > 0 else { return [] }
        let reach = max(1, Int(saturating: Self.smoothing / max(frameSeconds, 1e-9)))
        let smooth = evidence.indices.map { frame in
            evidence[max(0, frame - reach)..<min(evidence.count, frame + reach + 1)].reduce(0, +)
                / Double(2 * reach + 1)
        }
        let limit = Self.threshold * (smooth.max() ?? 0)
        let runs = smooth.indices.filter { smooth[$0] >= limit }.reduce(into: [Range<Int>]()) { runs, frame in
            if let last = runs.last, last.upperBound == frame {
                runs[runs.count - 1] = last.lowerBound..<frame + 1
            } else {
                runs.append(frame..<frame + 1)
            }
        }
        let half = frameSeconds / 2
        return runs.map { run in
            let sum = evidence[run].reduce(0, +)
            return Span(
                start: max(0, times[run.lowerBound] - half), end: times[run.upperBound - 1] + half,
                evidence: sign * sum, share: sum / all)
        }.sorted { ($1.share, $0.start) < ($0.share, $1.start) }
    }
}

extension Explanation.Span: CustomStringConvertible {
    /// Such as `0.42 to 0.81 s`.
    public var description: String { "\(start.fixed(2)) to \(end.fixed(2)) s" }
}

extension Explanation.MelAttribution {
    /// The parts added up over frames, [bands].
    public var bandTotals: [Double] {
        frequencies.indices.map { band in values.reduce(0.0) { $0 + Double($1[band]) } }
    }

    /// The parts added up over frames and over the bands with their centres in each of five ranges of frequency, of which
    /// the last has no end.
    public var regions: [Region] {
        let edges = [0.0, 500, 1000, 2000, 4000, .infinity]
        let totals = bandTotals
        return zip(edges, edges.dropFirst()).map { low, high in
            let bands = frequencies.indices.filter { frequencies[$0] >= low && frequencies[$0] < high }
            return Region(lower: low, upper: high, evidence: bands.reduce(0) { $0 + totals[$1] })
        }
    }

    /// A range of frequencies and what speaks in it for the label or, below 0, against it.
    public struct Region: Sendable, Hashable, CustomStringConvertible {
        /// The range in Hz: from `lower` to below `upper`, which may be infinite.
        public let lower, upper: Double
        /// The parts added up.
        public let evidence: Double

        /// Such as `500 to 1000 Hz`.
        public var description: String {
            if lower == 0 { return "below \(upper.fixed(0)) Hz" }
            return upper.isFinite ? "\(lower.fixed(0)) to \(upper.fixed(0)) Hz" : "above \(lower.fixed(0)) Hz"
        }
    }
}
