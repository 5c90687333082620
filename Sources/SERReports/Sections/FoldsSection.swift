// SPDX-License-Identifier: Apache-2.0

import SERSupport
import SERTraining

extension ReportSubject {
    /// Accuracy by fold and by speaker; nil where there is neither.
    func foldsSection() -> ReportPage.Section? {
        var pieces: [ReportPage.Piece] = []
        if let chart = speakersFigure { pieces.append(.figures([chart])) }
        if hasFolds { pieces.append(.table(foldTable)) }
        guard !pieces.isEmpty else { return nil }
        return .init(hasFolds ? "Folds and speakers" : "Speakers", pieces)
    }

    private var foldTable: ReportPage.Table {
        ReportPage.Table(
            "Accuracy in the test part of each fold; the epochs whose weights were kept.", "fold",
            ["train", "validation", "test"] + networks.map(\.name) + networks.map { "\($0.name), epoch kept" },
            rows: cuts.enumerated().map { index, cut in
                ["\(index + 1): \(cut.name)", "\(cut.train)", "\(cut.validation)", "\(cut.test)"]
                    + networks.map { foldAccuracy($0, index + 1) }
                    + networks.map { network in
                        network.runs.flatMap(\.trainings).filter { $0.fold == index + 1 }
                            .map { "\($0.history.bestEpoch)" }.joined(separator: ", ")
                    }
            })
    }

    private func foldAccuracy(_ network: Network, _ fold: Int) -> String {
        let values = network.runs.compactMap { run in
            accuracy(run, where: { run.folds?[$0] == fold })
        }
        return values.isEmpty ? "–" : Spread(values).mean.fixed(3)
    }

    private func accuracy(_ run: Run, where isIncluded: (Int) -> Bool) -> Double? {
        let own = clips.indices.filter(isIncluded)
        guard !own.isEmpty else { return nil }
        let right = own.count { run.evaluation.predictions[$0] == clips[$0].target }
        return Double(right) / Double(own.count)
    }

    /// More than these do not fit into a figure.
    private static let mostSpeakers = 40

    private var speakersFigure: ReportPage.CaptionedFigure? {
        guard let speakers = TestedClip.speakers(of: clips) else { return nil }
        let names = Set(speakers).sorted { $0.compare($1, options: .numeric) == .orderedAscending }
        guard names.count > 1, names.count <= Self.mostSpeakers, networks.count <= 6 else { return nil }
        let rows = names.map { name in
            BarChart.Row(
                name,
                networks.map { network in
                    .init(
                        Spread(
                            network.runs.compactMap { accuracy($0) { speakers[$0] == name } }
                        ).mean)
                })
        }
        let told = networks.indices.map { index in
            let values = rows.compactMap { row in row.bars[index].value.map { (row.label, $0) } }
            let least = values.min { $0.1 < $1.1 }, most = values.max { $0.1 < $1.1 }
            return "\(networks[index].name): from \((least?.1 ?? 0).fixed(3)) for \(least?.0 ?? "") to "
                + "\((most?.1 ?? 0).fixed(3)) for \(most?.0 ?? "")"
        }
        let chart = BarChart(
            name: "speakers", title: "Accuracy by speaker",
            description: "Accuracy for each of \(counted(names.count, "speaker")). \(told.joined(separator: "; ")).",
            xLabel: "accuracy", series: networks.map(\.name), rows: rows, axis: AxisScale(from: 0, to: 1))
        return .init(chart.figure, caption: told.joined(separator: "; ") + ".")
    }
}
