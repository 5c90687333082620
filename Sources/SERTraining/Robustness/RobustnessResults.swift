// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERAudio
import SERSupport

/// How well a recognizer does on clips as they are and on the same clips degraded.
public struct RobustnessResults: Codable, Sendable, Equatable {
    /// What ``version`` is in results of this version of the library.
    public static let currentVersion = 1
    /// What is told of each condition.
    public static let measures: [Measure] = [.accuracy, .unweightedAverageRecall, .logLoss]

    /// A degraded clip that could not be measured.
    public struct Failure: Codable, Sendable, Equatable {
        /// The clip's file name.
        public let clip: String
        /// Why: it could not be decoded or degraded, has no features, or the network's outputs are not finite.
        public let reason: String
    }

    /// One condition.
    public struct Condition: Codable, Sendable, Equatable {
        /// What was done to the clips.
        public let degradation: Degradation
        /// What kind of condition it is.
        public let family: DegradationFamily
        /// How much of it, in ``unit``; nil where that is no number.
        public let level: Double?
        /// What the level is counted in.
        public let unit: String
        /// The condition in words, such as `white noise, 10 dB SNR`.
        public let name: String
        /// Number of clips measured.
        public let clips: Int
        /// Number of clips that could not be measured when degraded.
        public let skipped: Int
        /// Those clips and why, in the clips' order; nil in results that were written without reasons.
        public let failures: [Failure]?
        /// Accuracy, UAR and log-loss.
        public let estimates: Estimates
        /// These less those of the same clips as they are, over the same resamples.
        public let differences: Estimates
    }

    /// A condition that was not measured.
    public struct Omission: Codable, Sendable, Equatable {
        /// The condition in words.
        public let name: String
        /// Why.
        public let reason: String
    }

    /// The version of the format.
    public let version: Int
    /// The corpus's name.
    public let corpus: String
    /// Number of clips measured as they are.
    public let clips: Int
    /// Number of clips that cannot be read or have no features.
    public let skipped: Int
    /// The suite's seed.
    public let seed: UInt64
    /// The clips as they are.
    public let clean: Estimates
    /// What was measured, in the suite's order.
    public let conditions: [Condition]
    /// What was not.
    public let omitted: [Omission]
    /// Clips that babble was to be made of and that cannot be read; nil in results that were written without them.
    public let unheardVoices: [Failure]?
    /// Whether all conditions but the omitted were measured; false after a cancellation.
    public let isComplete: Bool

    /// The condition of a degradation; nil where it was not measured.
    public subscript(degradation: Degradation) -> Condition? { conditions.first { $0.degradation == degradation } }
}

extension RobustnessResults.Condition {
    /// How many clips do not count, and why the first of them.
    var skippedText: String {
        let count =
            skipped == 1 ? "1 clip could not be measured and does" : "\(skipped) clips could not be measured and do"
        return "\(count) not count" + (failures?.first.map { "; \($0.clip): \($0.reason)" } ?? "")
    }
}

extension RobustnessResults {
    /// Families with their conditions, in order.
    package var families: [(family: DegradationFamily, conditions: [Condition])] {
        conditions.inFamilies(\.family).map { ($0[0].family, $0) }
    }
}

extension RobustnessResults: CustomStringConvertible {
    /// A table by families, what was left out, and what intervals are over.
    public var description: String {
        var table = TextTable(
            ["condition", "accuracy", "95 % interval", "UAR", "log-loss", "against clean", "95 % interval"])
        table.append(["clean"] + Self.cells(clean))
        for (family, conditions) in families {
            table.append([family.title])
            for condition in conditions {
                table.append(
                    ["  " + condition.degradation.levelDescription]
                        + Self.cells(condition.estimates) + Self.differenceCells(condition.differences))
            }
        }
        var lines = table.lines
        lines += notes
        if !isComplete { lines.append("stopped before all conditions were measured") }
        let few = clean.unit == .speakers && clean.units < 10 ? "; with so few they are too narrow" : ""
        lines.append(
            "\(counted(clips, "clip")) of \(corpus); \"against clean\" is accuracy less that of the same clips as they are; "
                + "intervals over \(clean.units) \(clean.unit.rawValue) "
                + "(BCa bootstrap, \(clean.resamples) resamples, seed \(clean.seed))\(few)")
        return lines.joined(separator: "\n")
    }

    /// What does not count and why: clips of a condition, voices of babble, whole conditions.
    package var notes: [String] {
        var lines = conditions.filter { $0.skipped > 0 }.map { "\($0.name): \($0.skippedText)" }
        if let voices = unheardVoices, let first = voices.first {
            lines.append(
                "babble is made without \(voices.count == 1 ? "a clip" : "\(voices.count) clips") that cannot be read; "
                    + "\(first.clip): \(first.reason)")
        }
        return lines + omissionLines
    }

    /// What was left out, one line a reason.
    private var omissionLines: [String] {
        var reasons: [(reason: String, names: [String])] = []
        for omission in omitted {
            if let place = reasons.firstIndex(where: { $0.reason == omission.reason }) {
                reasons[place].names.append(omission.name)
            } else {
                reasons.append((omission.reason, [omission.name]))
            }
        }
        return reasons.map { "left out: \($0.names.joined(separator: "; ")): \($0.reason)" }
    }

    package static func cells(_ estimates: Estimates) -> [String] {
        [
            estimates[.accuracy]?.value?.fixed(4) ?? "", interval(estimates[.accuracy]),
            estimates[.unweightedAverageRecall]?.value?.fixed(4) ?? "", estimates[.logLoss]?.value?.fixed(3) ?? "",
        ]
    }

    private static func differenceCells(_ estimates: Estimates) -> [String] {
        [estimates[.accuracy]?.value.map { ($0 > 0 ? "+" : "") + $0.fixed(4) } ?? "", interval(estimates[.accuracy])]
    }

    package static func interval(_ estimate: Estimate?) -> String {
        estimate?.interval.map { "\($0.lower.fixed(4)) to \($0.upper.fixed(4))" } ?? ""
    }
}
