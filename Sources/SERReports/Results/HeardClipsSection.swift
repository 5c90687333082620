// SPDX-License-Identifier: Apache-2.0

import SERTraining

extension [HeardClip] {
    /// The clips that were heard in part, as a section of a report.
    /// - Parameter texts: How many there are, in sentences.
    func section(telling texts: [String]) -> ReportPage.Section? {
        guard !texts.isEmpty else { return nil }
        let rows = prefix(50).map { "\($0.clip): \($0.part)" }
        return ReportPage.Section(
            "Clips heard in part",
            texts.map { .paragraph($0 + ".") } + [.list(rows + (count > 50 ? ["and \(count - 50) more"] : []))])
    }
}
