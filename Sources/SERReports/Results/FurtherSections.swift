// SPDX-License-Identifier: Apache-2.0

import SERSupport
import SERTraining

extension EvaluationResults {
    /// Sections of a report that stand after confidence, where the results hold what they tell of.
    var furtherSections: [ReportPage.Section] {
        [robustness?.section, unreadableSection, partlyHeardSection, withoutSpeechSection].compactMap { $0 }
    }

    private var unreadableSection: ReportPage.Section? {
        guard let unreadable, !unreadable.isEmpty else { return nil }
        let count = unreadable.count
        let rows = unreadable.prefix(50).map { "\($0.path): \($0.reason)" }
        return ReportPage.Section(
            "Clips not measured",
            [
                .paragraph("\(count) of \(counted(clips.count + count, "clip")) could not be measured."),
                .list(rows + (count > 50 ? ["and \(count - 50) more"] : [])),
            ])
    }

    private var withoutSpeechSection: ReportPage.Section? {
        guard !withoutSpeech.isEmpty else { return nil }
        let count = withoutSpeech.count
        return ReportPage.Section(
            "Clips without speech",
            [
                .paragraph(
                    "No speech was found in \(counted(count, "clip")). \(count == 1 ? "It is" : "They are") measured all the same; "
                        + "what a model says of \(count == 1 ? "it" : "them") means nothing."),
                .list(Array(withoutSpeech.prefix(50)) + (count > 50 ? ["and \(count - 50) more"] : [])),
            ])
    }

    private var partlyHeardSection: ReportPage.Section? {
        partlyHeard.section(telling: [partlyHeardText].compactMap { $0 })
    }
}

extension EvaluationResults {
    /// In one sentence, how many clips are longer than the model hears; nil where none is.
    package var partlyHeardText: String? { partlyHeard.text(of: clips.count) }
}
