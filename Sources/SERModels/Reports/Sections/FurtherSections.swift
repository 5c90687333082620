import SERSupport

extension EvaluationResults {
    /// Sections of a report that stand after confidence, where the results hold what they tell of.
    var furtherSections: [ReportPage.Section] {
        [robustness?.section, unreadableSection, partlyHeardSection, withoutSpeechSection].compactMap { $0 }
    }

    private var unreadableSection: ReportPage.Section? {
        guard let unreadable, !unreadable.isEmpty else { return nil }
        let count = unreadable.count
        let rows = unreadable.prefix(50).map { "\($0.path): \($0.reason)" }
        return ReportPage.Section("Clips not measured", [
            .paragraph("\(count) of \(clips.count + count) clips could not be measured."),
            .list(rows + (count > 50 ? ["and \(count - 50) more"] : [])),
        ])
    }

    private var withoutSpeechSection: ReportPage.Section? {
        guard !withoutSpeech.isEmpty else { return nil }
        let count = withoutSpeech.count
        return ReportPage.Section("Clips without speech", [
            .paragraph(
                "No speech was found in \(count) \(count == 1 ? "clip" : "clips"). They are measured all the same; what a "
                    + "model says of them means nothing."),
            .list(Array(withoutSpeech.prefix(50)) + (count > 50 ? ["and \(count - 50) more"] : [])),
        ])
    }

    private var partlyHeardSection: ReportPage.Section? {
        guard let heard = partlyHeard, let text = partlyHeardText else { return nil }
        let rows = heard.prefix(50).map { "\($0.clip): \($0.part)" }
        return ReportPage.Section("Clips heard in part", [
            .paragraph(text + "."), .list(rows + (heard.count > 50 ? ["and \(heard.count - 50) more"] : [])),
        ])
    }
}

extension EvaluationResults {
    /// In one sentence, how many clips are longer than the model hears; nil where none is.
    package var partlyHeardText: String? {
        guard let heard = partlyHeard, let first = heard.first else { return nil }
        let seconds = (first.part.end - first.part.start).fixed(2)
        return "\(heard.count) of \(clips.count) clips are longer than the \(seconds) s that the model hears of a clip; "
            + "the rest of them had no part in this"
    }
}
