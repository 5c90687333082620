extension EvaluationResults {
    /// Sections of a report that stand after confidence, where the results hold what they tell of.
    var furtherSections: [ReportPage.Section] { [] }
}
