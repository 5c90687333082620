// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// How well groups of clips were recognised, such as those of women and of men: whether a network serves all alike.
public struct GroupComparison: Codable, Sendable, Equatable {
    /// One group.
    public struct Group: Codable, Sendable, Equatable {
        /// What the clips have in common, such as `female`.
        public let name: String
        /// How many clips there are.
        public let clips: Int
        /// How many people speak in them, where all are known.
        public let speakers: Int?
        /// Accuracy of the group's clips.
        public let accuracy: Estimate
        /// Unweighted average recall over the emotions that the group has clips of.
        public let unweightedAverageRecall: Estimate
    }

    /// The largest difference between two groups.
    public struct Difference: Codable, Sendable, Equatable {
        /// The group with the highest and that with the lowest unweighted average recall.
        public let best, worst: String
        /// By how much the best is better.
        public let value: Double
        /// Its interval; nil where it is undefined. Of several groups the two were chosen for their distance, so that it
        /// is an upper guess.
        public let interval: ConfidenceInterval?
    }

    /// What the groups are told apart by, such as `sex`: a column of the manifest.
    public let name: String
    /// The groups, in the order of their names.
    public let groups: [Group]
    /// The largest difference of unweighted average recall; nil where fewer than two groups have one, or all the same.
    public let largestDifference: Difference?
}

extension GroupComparison {
    /// Compares groups of the same clips over several runs, such as trainings with other seeds, whose measures are
    /// averaged.
    /// - Parameters:
    ///   - name: What the groups are told apart by.
    ///   - group: The group of each clip; nil where it is not known.
    ///   - runs: What networks made of the clips.
    ///   - bootstrap: How intervals are made; a resample draws the same clips or speakers in every group.
    /// - Returns: nil where fewer than two groups have clips.
    /// - Throws: ``EvaluationError`` when the runs are not of the same clips, or the bootstrap cannot be.
    public init?(
        by name: String, _ group: [String?], over runs: [Evaluation], bootstrap: Bootstrap = Bootstrap()
    ) throws(EvaluationError) {
        guard let first = runs.first else { throw .empty }
        guard group.count == first.targets.count else {
            throw .speakersDiffer(speakers: group.count, clips: first.targets.count)
        }
        let names = Set(group.compactMap { $0 }).sorted()
        guard names.count > 1 else { return nil }
        for other in runs.dropFirst() { _ = try PairedComparison(first, other) }
        try bootstrap.check()
        let members = names.map { name in group.indices.filter { group[$0] == name } }
        let speakers = members.map { members in first.speakers.map { all in Set(members.map { all[$0] }).count } }
        let measured = try Self.measured(members, over: runs, bootstrap: bootstrap)
        // Of a single speaker nobody knows how the next one fares.
        let hasSpread = speakers.map { measured.unit == .clips || ($0 ?? 0) > 1 }
        self.name = name
        groups = names.indices.map { place in
            func estimate(_ index: Int) -> Estimate {
                let estimate = measured.estimates[place * 2 + index]
                return Estimate(
                    measure: estimate.measure, value: estimate.value,
                    interval: hasSpread[place] ? estimate.interval : nil)
            }
            return Group(
                name: names[place], clips: members[place].count, speakers: speakers[place], accuracy: estimate(0),
                unweightedAverageRecall: estimate(1))
        }
        largestDifference = measured.difference(names, hasSpread)
    }

    private static let measures: [Measure] = [.accuracy, .unweightedAverageRecall]

    /// What a bootstrap measured of each group.
    private struct Measured {
        let estimates: [Estimate]
        let results: BootstrapResults
        let bootstrap: Bootstrap
        let units: Int
        let unit: ResamplingUnit

        func difference(_ names: [String], _ hasSpread: [Bool]) -> Difference? {
            let recalls = names.indices.map { results.values[$0 * 2 + 1] }
            let known = names.indices.filter { recalls[$0].isFinite }
            guard known.count > 1, let best = known.max(by: { recalls[$0] < recalls[$1] }),
                let worst = known.min(by: { recalls[$0] < recalls[$1] }), recalls[best] > recalls[worst]
            else { return nil }
            func difference(_ values: [Double]) -> [Double] { [values[best * 2 + 1] - values[worst * 2 + 1]] }
            let differences = BootstrapResults(
                values: difference(results.values), replicates: results.replicates.map(difference),
                jackknife: results.jackknife.map(difference))
            return Difference(
                best: names[best], worst: names[worst], value: recalls[best] - recalls[worst],
                interval: hasSpread[best] && hasSpread[worst]
                    ? bootstrap.interval(differences, statistic: 0, units: units) : nil)
        }
    }

    private static func measured(
        _ members: [[Int]], over runs: [Evaluation], bootstrap: Bootstrap
    ) throws(EvaluationError) -> Measured {
        let units = try ResamplingUnits(runs[0], unit: bootstrap.unit)
        var prepared: [[WeightedClips]] = []
        for group in members {
            var clips: [WeightedClips] = []
            for run in runs { clips.append(try WeightedClips([try run.clips(group)], measures: measures)) }
            prepared.append(clips)
        }
        let groups = prepared
        let results = bootstrap.results(over: units) { weights in
            zip(members, groups).flatMap { members, runs in
                members.map { weights[$0] }.withUnsafeBufferPointer { own in
                    let values = runs.map { $0.values(own) }
                    return measures.indices.map { measure in values.map { $0[measure] }.mean }
                }
            }
        }
        let all = bootstrap.estimates(members.flatMap { _ in measures }, results, over: units)
        return Measured(
            estimates: all.estimates, results: results, bootstrap: bootstrap, units: units.count, unit: units.unit)
    }
}

extension Evaluation {
    /// Some of the clips.
    fileprivate func clips(_ indices: [Int]) throws(EvaluationError) -> Evaluation {
        try Evaluation(
            logits: indices.map { logits[$0] }, targets: indices.map { targets[$0] }, labels: labels,
            temperature: temperature, speakers: speakers.map { all in indices.map { all[$0] } })
    }
}

extension GroupComparison: CustomStringConvertible {
    /// A table of the groups and the largest difference.
    public var description: String {
        func text(_ estimate: Estimate) -> String {
            let interval = estimate.interval.map { " (\($0.lower.fixed(3)) to \($0.upper.fixed(3)))" } ?? ""
            return (estimate.value?.fixed(3) ?? "undefined") + interval
        }
        var table = TextTable([name, "clips", "speakers", "accuracy", "UAR"], alignments: [.left])
        for group in groups {
            table.append([
                group.name, "\(group.clips)", group.speakers.map(String.init) ?? "unknown", text(group.accuracy),
                text(group.unweightedAverageRecall),
            ])
        }
        return (table.lines + [differenceText].compactMap { $0 }).joined(separator: "\n")
    }

    /// The largest difference in a sentence.
    package var differenceText: String? {
        largestDifference.map { difference in
            let interval = difference.interval.map { " (\($0.lower.fixed(3)) to \($0.upper.fixed(3)))" } ?? ""
            return "largest difference of UAR: \(difference.best) over \(difference.worst) by "
                + "\(difference.value.fixed(3))\(interval)"
        }
    }
}
