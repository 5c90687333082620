extension EvaluationResults {
    /// Sections of a report that stand after confidence, where the results hold what they tell of.
    var furtherSections: [ReportPage.Section] {
        [robustness?.section, withoutSpeechSection].compactMap { $0 }
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
}
