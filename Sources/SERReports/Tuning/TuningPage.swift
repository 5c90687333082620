// SPDX-License-Identifier: Apache-2.0

import SERModels
import SERSupport
import SERTraining

extension TuningResults {
    /// A page of their own.
    func page(title: String?) -> ReportPage {
        let sections = [bestSection, trialsSection, importanceSection, tuningSettingsSection].compactMap { $0 }
        return ReportPage(
            title: title ?? "Settings of \(training?.name.uppercased() ?? "a network") on \(corpus)",
            summary: pageSummary,
            warnings: pageWarnings, highlights: highlights, sections: sections,
            footer: "Made by SER \(LibraryVersion.current) from results of SER \(header.library).")
    }

    private var pageSummary: String {
        let told = "\(rungsText.prefix(1).uppercased() + rungsText.dropFirst()), on \(corpus) (\(cut))."
        guard let best, let last = best.last else { return told + " None has a score." }
        return told + " Trial \(best.number) did best, with a UAR of \(scoreText(best)) within \(last.epochs) epochs: "
            + best.settings.text(in: space) + "."
    }

    private var pageWarnings: [String] {
        (isComplete
            ? [] : ["The tuning was stopped before its end: \(trials.count) of \(plannedTrials) trials have begun."])
            + (synthetic ? ["The corpus is synthetic: these figures say nothing about real voices."] : []) + warnings
    }

    private var highlights: [ReportPage.Highlight] {
        let epochs = trials.reduce(0) { $0 + ($1.last?.epochs ?? 0) } * max(parts.count, 1)
        let all = trials.count * (rungs.last ?? 0) * max(parts.count, 1)
        let seconds = trials.reduce(0) { $0 + ($1.last?.seconds ?? 0) }
        return [
            .init(best?.last?.score?.fixed(3) ?? "none", "UAR of the best trial", note: "the best of \(trials.count)"),
            .init(grouped(epochs), "epochs trained", note: "of \(grouped(all)) if all had come to the end"),
            .init("\(seconds.fixed(0)) s", "duration of the trainings"),
        ]
    }

    /// All rungs of all trials as comma-separated values.
    var trialsTable: String {
        let names = space.settings.map(\.name)
        var rows = [
            ["trial", "epochs", "uar", "lower", "upper", "best epoch", "diverged in epoch", "seconds"] + names
        ]
        for trial in trials {
            for rung in trial.rungs {
                rows.append(
                    [
                        "\(trial.number)", "\(rung.epochs)", ReportSubject.number(rung.score),
                        ReportSubject.number(rung.interval?.lower), ReportSubject.number(rung.interval?.upper),
                        rung.bestEpochs.map(String.init).joined(separator: " "),
                        rung.divergedInEpoch.map(String.init) ?? "", ReportSubject.number(rung.seconds),
                    ] + names.map { name in trial.settings[name].map { "\($0)" } ?? "" })
            }
        }
        return ReportSubject.text(rows)
    }
}
