// SPDX-License-Identifier: Apache-2.0

import SERSupport
import SERTraining

extension ReportSubject {
    /// What was taken for what, and how well each class is found.
    func confusionSection(_ measures: ReportMeasures) -> ReportPage.Section {
        let runs = networks.map(\.runs.count).max() ?? 1
        let caption =
            "rows are true classes, columns predicted ones; the fuller a cell, the larger its share of the row"
            + (runs > 1 ? "; counts over all seeds." : ".")
        let figures = zip(networks, measures.networks).map { network, measured in
            ReportPage.CaptionedFigure(
                ConfusionFigure(
                    name: "confusion-\(network.slug)", title: "\(network.name), confusion", labels: labels,
                    confusion: measured.pooled.metrics.confusion
                ).figure, caption: caption)
        }
        let tables = zip(networks, measures.networks).map { network, measured in classTable(network, measured) }
        let pieces: [ReportPage.Piece] =
            tables.count == 1
            ? tables.map { .table($0) }
            : [.details("Precision, recall and F1 of each class, by network", tables.map { .table($0) })]
        return .init("Confusion of classes", [.figures(figures)] + pieces)
    }

    private func classTable(_ network: Network, _ measured: ReportMeasures.Network) -> ReportPage.Table {
        ReportPage.Table(
            "\(network.name): each class; recall with 95 % intervals over \(units).", "class",
            ["clips", "recall", "precision", "F1"],
            rows: measured.pooled.metrics.perClass.map { entry in
                [
                    entry.label, "\(entry.support / max(network.runs.count, 1))",
                    measured.recalls[.recall(of: entry.label)]?.text() ?? "–", entry.precision.fixed(3),
                    entry.f1.fixed(3),
                ]
            })
    }
}
