// SPDX-License-Identifier: Apache-2.0

import SERSupport
import SERTraining

extension TuningResults {
    /// The best settings, and how to train with them.
    var bestSection: ReportPage.Section {
        guard let best else {
            return ReportPage.Section("Best settings", [.paragraph("No trial has a score.")])
        }
        var pieces: [ReportPage.Piece] = [
            .table(
                .init(
                    caption: "What trial \(best.number) drew.",
                    columns: [.init("setting", isNumber: false), .init("value")],
                    rows: space.settings.map { [$0.name, best.settings[$0.name].map { "\($0)" } ?? ""] }))
        ]
        if let next {
            pieces += [
                .paragraph("The command that trains it, and tests it once on clips that no trial has seen:"),
                .command(ReportSubject.shellText(next)),
            ]
        }
        pieces.append(
            .paragraph(
                "The score of the best trial is the best of \(trials.count), and so too high by the luck of the draw: "
                    + "trials whose intervals overlap much may be equally good. Only a test on clips that no trial has "
                    + "seen tells what the settings are worth."))
        return ReportPage.Section("Best settings", pieces)
    }

    /// More rows make a page slow; the file of comma-separated values has all.
    private static let mostRows = 500

    /// All trials.
    var trialsSection: ReportPage.Section {
        let order = ranked.prefix(Self.mostRows)
        var table = ReportPage.Table(
            caption: "Trials, the best first: those that came farther, then those with a higher score."
                + (order.count < trials.count ? " The best \(order.count) of \(trials.count)." : "")
                + (intervalText.map { " \($0.prefix(1).uppercased() + $0.dropFirst())." } ?? ""),
            columns: ["trial", "epochs", "UAR", "95 % interval", "best epoch"].map { .init($0) }
                + space.settings.map { .init($0.name, isNumber: $0.values.isOrdered) },
            rows: order.map(cells))
        if let best, let place = order.firstIndex(where: { $0.number == best.number }) { table.strong = [place] }
        let figures = [
            ReportPage.CaptionedFigure(linesFigure, caption: "A line is a trial; it crosses each setting at its value.")
        ]
        let scores = scoresFigure.map {
            [ReportPage.CaptionedFigure($0, caption: "One in \(reduction) goes on from each rung.")]
        }
        return ReportPage.Section("Trials", [.figures(figures + (scores ?? [])), .table(table)])
    }

    /// What the settings decided, and what that cannot say; nil with few trials.
    var importanceSection: ReportPage.Section? {
        guard let figure = importanceFigure else { return nil }
        let table = ReportPage.Table(
            caption:
                "After \(rungs.first ?? 0) epochs, where all \(trials.count) trials have a score. Corrected p-values are "
                + "Holm's.",
            columns: [.init("setting", isNumber: false)]
                + ["explains", "by chance", "p", "p, corrected"].map { .init($0) }
                + ["more is", "mean UAR by value"].map { .init($0, isNumber: false) },
            rows: importance.map(\.cells))
        return ReportPage.Section(
            "What the settings decided",
            [
                .paragraph(
                    "Trials are put into groups by their value of one setting; bars show how much of the variance of the "
                        + "scores' ranks lies between those groups (Kruskal and Wallis's H over trials less one), beside "
                        + "what chance alone gives. p is the probability of as much where the setting decides nothing."),
                .figures([ReportPage.CaptionedFigure(figure, caption: "")]), .table(table),
                .list([
                    "It is of the first rung: what slows learning down, such as dropout, looks worse there than at the end.",
                    "Each setting is looked at by itself: what matters together with another alone is not seen.",
                    "It is of the ranges that were searched: a setting that hardly varied decided little.",
                ]),
            ])
    }

    /// How it was done, and how to do it again.
    var tuningSettingsSection: ReportPage.Section {
        var rows = [
            ["library", "SER \(header.library)"], ["corpus", corpus], ["labels", labels.joined(separator: ", ")],
            ["cut", cut], ["clips", partsText], ["trials", rungsText], ["seed", "\(seed)"],
        ]
        rows += space.settings.map { ["drawn: \($0.name)", $0.values.text] }
        rows += training?.facts.map { ["best trial: \($0.0)", SettingText.readable($0.1)] } ?? []
        if !skipped.isEmpty { rows.append(["clips without features", skipped.prefix(50).joined(separator: ", ")]) }
        let repeated: [ReportPage.Piece] =
            header.command.map {
                [.paragraph("The command that made them:"), .command(ReportSubject.shellText($0))]
            } ?? []
        return ReportPage.Section(
            "Settings, and how to repeat it",
            repeated + [
                .table(
                    .init(
                        caption: "Settings.",
                        columns: [.init("setting", isNumber: false), .init("value", isNumber: false)], rows: rows))
            ])
    }
}

extension SearchSpace.Values {
    /// What is drawn, in words.
    fileprivate var text: String {
        switch self {
        case .uniform(let from, let to): "\(SettingValue.number(from)) to \(SettingValue.number(to)), evenly"
        case .logUniform(let from, let to):
            "\(SettingValue.number(from)) to \(SettingValue.number(to)), evenly by factors"
        case .integers(let from, let to): "whole numbers from \(from) to \(to)"
        case .choice(let values): "one of " + values.map { "\($0)" }.joined(separator: ", ")
        }
    }
}
