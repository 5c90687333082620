// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

extension ExperimentResults: CustomStringConvertible {
    /// What was asked, what came out and the warnings. Over one split it is the table that the report prints (its Table
    /// 1), with what a careful reader asks for besides.
    public var description: String {
        (cut.hasFolds ? foldsLines : [splitHeading] + splitRows + splitNotes).joined(separator: "\n")
    }

    private func summary(of network: String) -> NetworkSummary? { summaries.first { $0.network == network } }

    /// What stands behind a heading where figures are of voices that were heard.
    private var heardVoices: String { networks.contains(where: hearsVoices) ? "; \(HeardVoices.mark)" : "" }

    // MARK: One split

    private var splitHeading: String {
        let name = synthetic && corpus != SyntheticMarker.corpusName ? "synthetic \(corpus)" : corpus
        let parts = folds.map {
            "\(counted($0.train, "clip")) to train, \($0.validation) to validate, \($0.test) to test"
        }
        let epochs = candidates.filter { $0.linear == nil }.map(\.epochs).max()
        return "\(name), \(cut.summary): \(parts.joined(separator: "; "))" + (epochs.map { "; \($0) epochs" } ?? "")
            + heardVoices + "\n"
    }

    private var splitRows: [String] {
        var table = TextTable(
            [
                "model", "test loss", "test accuracy", "errors", "UAR", "macro F1", "AUC", "best epoch", "seconds",
                "parameters",
            ] + (seeds.count > 1 ? ["seed"] : []))
        for run in runs {
            table.append(
                [
                    run.network.uppercased(), run.metrics.loss.fixed(4), run.metrics.accuracy.fixed(4),
                    "\(run.metrics.errors)/\(run.metrics.count)", run.metrics.unweightedAverageRecall.fixed(4),
                    run.metrics.macroF1.fixed(4), run.metrics.auc.map { $0.fixed(4) } ?? "-", "\(run.bestEpoch)",
                    run.seconds.fixed(1), grouped(run.parameters),
                ] + (seeds.count > 1 ? ["\(run.seed)"] : []))
        }
        return runs.isEmpty ? [] : table.lines
    }

    private var splitNotes: [String] {
        var notes: [String] = [""]
        if synthetic { notes.append("The corpus is synthetic: these figures say nothing about real voices.") }
        notes += closingNotes
        return notes.count > 1 ? notes : []
    }

    private var closingNotes: [String] {
        var notes = warnings.map { "Warning: \($0)" }
        notes += partlyHeardTexts.map { "\($0)." }
        if !missing.isEmpty {
            notes.append("Stopped before the end; not trained: \(missing.joined(separator: ", ")).")
        }
        return notes
    }

    // MARK: Folds

    private var foldsLines: [String] {
        let seedText =
            seeds.count == 1 ? "seed \(seeds[0])" : "seeds \(seeds.map(String.init).joined(separator: ", "))"
        let chosen = choice.map { ", chosen within each training part (\($0))" } ?? ""
        let origin = synthetic ? ", which is synthetic" : ""
        var lines = [
            "\(networks.joined(separator: ", "))\(chosen) on \(corpus)\(origin): \(cut.summary), \(seedText)\(heardVoices)"
        ]
        lines += foldTable
        for summary in summaries { lines += self.lines(of: summary) }
        if !skipped.isEmpty {
            lines.append(
                "\(counted(skipped.count, "clip")) without features \(skipped.count == 1 ? "was" : "were") left out")
        }
        return lines + closingNotes
    }

    private func lines(of summary: NetworkSummary) -> [String] {
        var lines: [String] = networks.count > 1 ? ["", summary.network.uppercased()] : []
        for own in summary.seeds where seeds.count > 1 {
            lines.append(
                "seed \(own.seed): accuracy \(own.metrics.accuracy.fixed(4)), UAR "
                    + "\(own.metrics.unweightedAverageRecall.fixed(4)), macro F1 \(own.metrics.macroF1.fixed(4))")
        }
        let tested = summary.seeds.first?.metrics.count ?? 0
        lines.append("")
        lines.append(
            "over all folds, \(counted(tested, "clip"))\(seeds.count > 1 ? ", mean of \(seeds.count) seeds" : "")"
                + "\(hearsVoices(summary.network) ? ", \(HeardVoices.mark)" : ""): "
                + "accuracy \(text(summary.accuracy)), UAR \(text(summary.unweightedAverageRecall)), "
                + "macro F1 \(text(summary.macroF1))")
        lines += ["", summary.estimates.description, ""] + calibrationLines(summary)
        if seeds.count == 1, let own = summary.seeds.first {
            lines += ["", own.metrics.confusion.table(labels: labels)]
        }
        return lines
    }

    private func calibrationLines(_ summary: NetworkSummary) -> [String] {
        summary.seeds.map { own in
            let excess = own.calibrationExcess
            let interval = excess.interval.map { " (\($0.lower.fixed(4)) to \($0.upper.fixed(4)))" } ?? ""
            let change =
                own.uncalibrated.map {
                    "; log-loss \($0.loss.fixed(4)) without temperatures, \(own.metrics.loss.fixed(4)) with them"
                } ?? ""
            return "calibration error of seed \(own.seed): \(excess.expectedCalibrationError.fixed(4)), beyond chance "
                + "\(excess.value.fixed(4))\(interval)\(change)"
        }
    }

    private func text(_ spread: Spread) -> String {
        seeds.count == 1 ? spread.mean.fixed(4) : "\(spread.mean.fixed(4)) (deviation \(spread.deviation.fixed(4)))"
    }

    private var foldTable: [String] {
        var table = TextTable(
            ["fold", "train", "validation", "test", "shared speakers", "shared sentences", "copies"]
                + (networks.count == 1 ? ["accuracy"] : networks.map { "\($0), accuracy" })
                + (choice == nil ? [] : ["chosen"]))
        for (index, fold) in folds.enumerated() {
            let own = runs.filter { $0.fold == index + 1 }
            let shared = fold.audit.tested
            let copies = shared.map { $0.identicalAudio.count + ($0.nearlyIdenticalAudio?.count ?? 0) } ?? 0
            table.append(
                [
                    fold.name, "\(fold.train)", "\(fold.validation)", "\(fold.test)",
                    fold.shared(shared?.speakers, by: .speaker), fold.shared(shared?.sentences, by: .sentence),
                    unheard == nil ? "\(copies) (bytes only)" : "\(copies)",
                ] + networks.map { accuracy(of: $0, in: own) }
                    + (choice == nil ? [] : [own.map(\.candidate).joined(separator: ", ")]))
        }
        return table.lines
    }

    private func accuracy(of network: String, in runs: [Run]) -> String {
        let values = runs.filter { $0.network == network }.map(\.metrics.accuracy)
        return values.isEmpty ? "-" : Spread(values).mean.fixed(4)
    }
}

extension ExperimentResults.Fold {
    /// How many of some names parts share, as tables show it; unknown where it is not known for a clip that was tested.
    package func shared(_ names: [String]?, by grouping: Grouping) -> String {
        let isKnown = clips.allSatisfy { $0.identity(by: grouping) != nil }
        return isKnown || names?.isEmpty == false ? "\(names?.count ?? 0)" : "unknown"
    }
}
