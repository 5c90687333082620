// SPDX-License-Identifier: Apache-2.0

import SERSupport
import SERTraining

/// What is computed of a subject once, for all sections.
struct ReportMeasures: Sendable {
    /// Measures of one network, their mean over its runs.
    struct Network: Sendable {
        var estimates: Estimates
        /// Recall of each class.
        var recalls: Estimates
        /// All runs one after the other, each clip or speaker with all its repetitions one unit.
        var pooled: Evaluation
        var pooledUncalibrated: Evaluation?
        var excess: CalibrationExcess
        /// How well groups of clips were recognised; empty where none are known.
        var groups: [GroupComparison]
    }

    var networks: [Network]
    /// What pairs of networks differ in, their p-values corrected for the number of pairs.
    var differences: [NetworkDifference]

    /// The network with the highest accuracy.
    var best: Int? {
        networks.indices.max { networks[$0].pooled.metrics.accuracy < networks[$1].pooled.metrics.accuracy }
    }

    /// Networks beyond so many are compared with the best alone.
    private static let mostPaired = 5

    init(_ subject: ReportSubject) throws(EvaluationError) {
        var networks: [Network] = []
        for network in subject.networks { networks.append(try Network(network, of: subject)) }
        self.networks = networks
        differences = []
        let best = self.best ?? 0
        var pairs: [PairOfNetworks] = []
        for first in networks.indices {
            for second in networks.indices where first < second {
                guard networks.count <= Self.mostPaired || first == best || second == best else { continue }
                pairs.append(try PairOfNetworks(first, second, of: subject))
            }
        }
        // The best is found by looking at all pairs.
        differences = NetworkDifference.corrected(pairs, family: networks.count * (networks.count - 1) / 2)
    }
}

extension ReportMeasures.Network {
    fileprivate init(_ network: ReportSubject.Network, of subject: ReportSubject) throws(EvaluationError) {
        var bootstrap = subject.bootstrap
        bootstrap.unit = subject.unit
        let runs = network.runs.map(\.evaluation)
        estimates = try Estimates.mean(over: runs, bootstrap: bootstrap)
        recalls = try Estimates.mean(
            over: runs, of: subject.labels.map { .recall(of: $0) }, bootstrap: bootstrap)
        pooled = try subject.pooled(runs)
        let raw = network.runs.compactMap(\.uncalibrated)
        pooledUncalibrated = raw.count == runs.count ? try subject.pooled(raw) : nil
        excess = try pooled.calibrationExcess(bootstrap: bootstrap.over(pooled))
        groups = try TestedClip.groups(of: subject.clips, over: runs, bootstrap: bootstrap) ?? []
    }
}

extension ReportSubject {
    /// Whether intervals are over speakers rather than clips.
    var isOverSpeakers: Bool {
        guard unit != .clips, let speakers = TestedClip.speakers(of: clips) else { return false }
        return Set(speakers).count > 1
    }

    /// What intervals are over, in words, such as "10 speakers".
    var units: String {
        guard isOverSpeakers else { return counted(clips.count, "clip") }
        return counted(Set(TestedClip.speakers(of: clips) ?? []).count, "speaker")
    }

    /// The runs as one evaluation in which what belongs together bears one name: a speaker, or a clip in all runs.
    func pooled(_ runs: [Evaluation]) throws(EvaluationError) -> Evaluation {
        let names = isOverSpeakers ? TestedClip.speakers(of: clips) ?? [] : clips.indices.map { "clip \($0)" }
        return try Evaluation(
            logits: runs.flatMap(\.scaledLogits), targets: runs.flatMap(\.targets), labels: labels,
            speakers: runs.flatMap { _ in names })
    }
}

extension Bootstrap {
    /// Over the names of a pooled evaluation, where it has several.
    func over(_ pooled: Evaluation) -> Bootstrap {
        var bootstrap = self
        bootstrap.unit = Set(pooled.speakers ?? []).count > 1 ? .speakers : .clips
        return bootstrap
    }
}

extension Estimate {
    /// Such as `0.612 (0.551–0.668)`.
    func text(_ places: Int = 3) -> String {
        guard let value, value.isFinite else { return "–" }
        return value.fixed(places) + (intervalText(places).map { " (\($0))" } ?? "")
    }

    /// Such as `0.551–0.668`; for differences, which may be below 0, `−0.02 to 0.05`.
    func intervalText(_ places: Int = 3) -> String? {
        interval.map { interval in
            let ends = [interval.lower, interval.upper].map { $0.fixed(places) }
            return ends.joined(separator: interval.lower < 0 ? " to " : "–")
        }
    }
}
