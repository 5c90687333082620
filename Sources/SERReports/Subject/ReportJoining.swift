// SPDX-License-Identifier: Apache-2.0

import SERSupport
import SERTraining

extension ReportSubject {
    /// One subject of several, whose networks were tested on the same clips.
    /// - Throws: ``ReportError/doNotFit(first:second:reason:)`` where they were not.
    init(joining subjects: [ReportSubject]) throws(ReportError) {
        guard var joined = subjects.first else { throw .empty }
        for other in subjects.dropFirst() { try joined.add(other) }
        self = joined
        nameApart()
    }

    private mutating func add(_ other: ReportSubject) throws(ReportError) {
        if let reason = whatDiffers(from: other) {
            throw .doNotFit(first: source, second: other.source, reason: reason)
        }
        // Their clips may come in another order.
        let places = Dictionary(uniqueKeysWithValues: zip(other.clips, other.clips.indices))
        let order = clips.compactMap { places[$0] }
        for network in other.networks {
            var network = network
            for index in network.runs.indices {
                do throws(EvaluationError) { network.runs[index] = try network.runs[index].reordered(order) } catch {
                    throw .unusable(source: other.source, reason: "\(error)")
                }
            }
            networks.append(network)
        }
        warnings += other.warnings.filter { !warnings.contains($0) }
        skipped = Set(skipped + other.skipped).sorted()
        missing += other.missing
        isSearched = isSearched && other.isSearched
        libraries += other.libraries.filter { !libraries.contains($0) }
        commands += other.commands
        for fact in other.facts where !facts.contains(fact) {
            var own = fact
            own.owner = other.networks.first?.name ?? other.source
            facts.append(own)
        }
        further += other.further
    }

    /// Why two cannot stand on one page, in words; nil where they can.
    private func whatDiffers(from other: ReportSubject) -> String? {
        if kind != other.kind { return "one is an \(kind.rawValue), the other an \(other.kind.rawValue)" }
        if hasFolds != other.hasFolds { return "one is of folds, the other of one split" }
        if corpus != other.corpus { return "one was made on \(corpus), the other on \(other.corpus)" }
        if labels != other.labels { return "their labels differ" }
        if clips.count != other.clips.count {
            return "one tested \(counted(clips.count, "clip")), the other \(other.clips.count)"
        }
        guard Set(clips).count == clips.count else { return "\(source) tested some clips more than once" }
        if let missing = Set(clips).subtracting(other.clips).map(\.clip).min() {
            return "they were not tested on the same clips; only one tested \(missing)"
        }
        if cuts.map({ [$0.train, $0.validation, $0.test] }) != other.cuts.map({ [$0.train, $0.validation, $0.test] })
            || cut != other.cut
        {
            return "their folds differ (\(cut); \(other.cut))"
        }
        if let mine = networks.first?.runs.first?.folds, let others = other.networks.first?.runs.first?.folds {
            let pairs = Dictionary(uniqueKeysWithValues: zip(other.clips, others))
            if zip(clips, mine).contains(where: { pairs[$0] != $1 }) { return "their folds hold other clips" }
        }
        return nil
    }
}

extension ReportSubject.Run {
    /// The run with its clips in another order: positions in this one.
    fileprivate func reordered(_ order: [Int]) throws(EvaluationError) -> ReportSubject.Run {
        var run = self
        run.evaluation = try evaluation.reordered(order)
        if let uncalibrated { run.uncalibrated = try uncalibrated.reordered(order) }
        run.folds = folds.map { folds in order.map { folds[$0] } }
        return run
    }
}

extension Evaluation {
    fileprivate func reordered(_ order: [Int]) throws(EvaluationError) -> Evaluation {
        try Evaluation(
            logits: order.map { logits[$0] }, targets: order.map { targets[$0] }, labels: labels,
            temperature: temperature, speakers: speakers.map { speakers in order.map { speakers[$0] } })
    }
}
