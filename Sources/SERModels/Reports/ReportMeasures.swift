import SERSupport

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
    }

    /// One network less another.
    struct Difference: Sendable {
        var first, second: Int
        var estimates: Estimates
        var accuracy, unweightedAverageRecall: PermutationTest?
        /// Of one run each; of several, clips are not independent.
        var mcNemar: McNemarTest?
    }

    var networks: [Network]
    var differences: [Difference]

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
        for first in networks.indices {
            for second in networks.indices where first < second {
                guard networks.count <= Self.mostPaired || first == best || second == best else { continue }
                differences.append(try Difference(first, second, of: subject))
            }
        }
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
    }
}

extension ReportMeasures.Difference {
    fileprivate init(_ first: Int, _ second: Int, of subject: ReportSubject) throws(EvaluationError) {
        self.first = first
        self.second = second
        // As many runs of each.
        let runs = [first, second].map { subject.networks[$0].runs.map(\.evaluation) }
        let count = min(runs[0].count, runs[1].count)
        let pair = try PairedComparison(
            subject.pooled(Array(runs[0].prefix(count))), subject.pooled(Array(runs[1].prefix(count))))
        let bootstrap = subject.bootstrap.over(pair.first)
        estimates = try pair.differences(of: [.accuracy, .unweightedAverageRecall], bootstrap: bootstrap)
        accuracy = try pair.permutationTest(of: .accuracy, unit: bootstrap.unit)
        unweightedAverageRecall = try pair.permutationTest(of: .unweightedAverageRecall, unit: bootstrap.unit)
        mcNemar = runs[0].count == 1 && runs[1].count == 1 ? pair.mcNemar : nil
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
        guard isOverSpeakers else { return "\(clips.count) clips" }
        return "\(Set(TestedClip.speakers(of: clips) ?? []).count) speakers"
    }

    /// The runs as one evaluation in which what belongs together bears one name: a speaker, or a clip in all runs.
    fileprivate func pooled(_ runs: [Evaluation]) throws(EvaluationError) -> Evaluation {
        let names = isOverSpeakers ? TestedClip.speakers(of: clips) ?? [] : clips.indices.map { "clip \($0)" }
        return try Evaluation(
            logits: runs.flatMap(\.scaledLogits), targets: runs.flatMap(\.targets), labels: labels, speakers: runs.flatMap { _ in names })
    }
}

extension Bootstrap {
    /// Over the names of a pooled evaluation, where it has several.
    fileprivate func over(_ pooled: Evaluation) -> Bootstrap {
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
