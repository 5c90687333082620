// SPDX-License-Identifier: Apache-2.0

import SERTraining

extension [HeardClip] {
    /// The clips that were heard in part, as a section of a report.
    func section(of clips: Int) -> ReportPage.Section? {
        guard let text = text(of: clips) else { return nil }
        let rows = prefix(50).map { "\($0.clip): \($0.part)" }
        return ReportPage.Section(
            "Clips heard in part",
            [
                .paragraph(text + "."), .list(rows + (count > 50 ? ["and \(count - 50) more"] : [])),
            ])
    }
}
