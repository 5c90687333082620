// SPDX-License-Identifier: Apache-2.0

import SERSupport
import SERTraining

extension ReportSubject {
    /// Whether groups of clips, such as women's and men's, are recognised alike; nothing where no groups are known.
    func groupsSection(_ measures: ReportMeasures) -> [ReportPage.Section] {
        let tables = zip(networks, measures.networks).flatMap { network, measured in
            measured.groups.map { table($0, of: network) }
        }
        guard !tables.isEmpty else { return [] }
        return [
            .init(
                "Groups",
                [
                    .paragraph(
                        "Groups are columns of the manifest. A network that serves some people worse than others shows "
                            + "it here; where intervals are wide, there are too few of them to tell.")
                ] + tables.map(ReportPage.Piece.table))
        ]
    }

    private func table(_ comparison: GroupComparison, of network: Network) -> ReportPage.Table {
        let difference = comparison.differenceText.map { " \($0)." } ?? ""
        return ReportPage.Table(
            "\(network.name), by \(comparison.name), with 95 % intervals over \(units).\(difference)",
            comparison.name, ["clips", "speakers", "accuracy", "UAR"],
            rows: comparison.groups.map { group in
                [
                    group.name, "\(group.clips)", group.speakers.map(String.init) ?? "unknown", group.accuracy.text(),
                    group.unweightedAverageRecall.text(),
                ]
            })
    }
}
