import SERSupport

extension ReportSubject {
    /// Whether networks that were tested on the same clips differ; nil where there is one.
    func differencesSection(_ measures: ReportMeasures) -> ReportPage.Section? {
        guard !measures.differences.isEmpty else { return nil }
        let isSingle = measures.differences.allSatisfy { $0.mcNemar != nil }
        let rows = measures.differences.map { difference -> [String] in
            [
                "\(networks[difference.first].name) − \(networks[difference.second].name)",
                difference.estimates[.accuracy]?.text() ?? "–", p(difference.accuracy?.pValue),
                difference.estimates[.unweightedAverageRecall]?.text() ?? "–",
                p(difference.unweightedAverageRecall?.pValue),
            ] + (isSingle ? [p(difference.mcNemar?.midPValue)] : [])
        }
        let exchanged = isOverSpeakers ? "speakers" : "clips"
        let table = ReportPage.Table(
            "Differences with 95 % intervals, and p-values of permutation tests that exchange \(exchanged)"
                + (isSingle ? "; McNemar's test counts clips." : "."),
            "networks", ["accuracy", "p", "UAR", "p"] + (isSingle ? ["McNemar mid-p"] : []), rows: rows)
        var notes = [
            "All networks were tested on the same clips, so they are compared clip by clip. A p-value is how often a "
                + "difference as large would come about if the two networks were the same"
                + (measures.differences.count > 1
                    ? "; for \(measures.differences.count) comparisons it is not corrected." : ".")
        ]
        if isOverSpeakers, isSingle {
            notes.append(
                "McNemar's test takes clips for independent of each other. These share speakers, so go by the "
                    + "permutation test.")
        }
        return .init(
            "Differences between networks",
            [.list(sentences(measures)), .table(table)] + notes.map { .paragraph($0) })
    }

    private func p(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "–" }
        return value < 0.001 ? "< 0.001" : value.fixed(3)
    }

    /// What can be said, one sentence a pair.
    private func sentences(_ measures: ReportMeasures) -> [String] {
        measures.differences.map { difference in
            let names = [difference.first, difference.second].map { networks[$0].name }
            guard let test = difference.accuracy, let value = difference.estimates[.accuracy]?.value else {
                return "\(names[0]) and \(names[1]) cannot be compared."
            }
            guard test.pValue < 0.05, value != 0 else {
                return "\(names[0]) and \(names[1]): no difference in accuracy can be shown "
                    + "(\(signed(value)), p \(p(test.pValue)))."
            }
            let (better, worse) = value > 0 ? (names[0], names[1]) : (names[1], names[0])
            return "\(better) is more accurate than \(worse) (\(signed(abs(value))), p \(p(test.pValue)))."
        }
    }

    private func signed(_ value: Double) -> String {
        let text = (abs(value) * 100).fixed(1)
        return (value < 0 ? "−" : "+") + text + " points"
    }
}
