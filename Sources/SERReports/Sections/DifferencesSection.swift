// SPDX-License-Identifier: Apache-2.0

import SERSupport
import SERTraining

extension ReportSubject {
    /// Whether networks that were tested on the same clips differ; nil where there is one.
    func differencesSection(_ measures: ReportMeasures) -> ReportPage.Section? {
        let differences = measures.differences
        guard !differences.isEmpty else { return nil }
        return .init(
            "Differences between networks",
            [.list(differences.map(sentence))]
                + (differences.count > 1 ? [.paragraph(remaining(differences))] : [])
                + [.table(table(differences))] + notes(differences).map { .paragraph($0) })
    }

    private func table(_ differences: [NetworkDifference]) -> ReportPage.Table {
        let isSingle = differences.allSatisfy { $0.mcNemar != nil }
        let isCorrected = differences.count > 1
        func cells(_ p: Double?, _ adjusted: Double?) -> [String] { [text(p)] + (isCorrected ? [text(adjusted)] : []) }
        func cells(_ compared: NetworkDifference.Compared) -> [String] {
            [compared.difference.text()] + cells(compared.test?.pValue, compared.adjustedPValue)
        }
        func headings(_ p: String) -> [String] { [p] + (isCorrected ? ["Holm's \(p)"] : []) }
        let rows = differences.map { difference in
            ["\(difference.first) − \(difference.second)"] + cells(difference.accuracy)
                + cells(difference.unweightedAverageRecall)
                + (isSingle ? cells(difference.mcNemar?.midPValue, difference.adjustedMidPValue) : [])
        }
        let exchanged = isOverSpeakers ? "speakers" : "clips"
        return ReportPage.Table(
            "Differences with 95 % intervals, and p-values of permutation tests that exchange \(exchanged)"
                + (isSingle ? "; McNemar's test counts clips" : "")
                + (isCorrected ? ". Holm's p is corrected for the number of pairs." : "."),
            "networks",
            ["accuracy"] + headings("p") + ["UAR"] + headings("p") + (isSingle ? headings("McNemar mid-p") : []),
            rows: rows)
    }

    private func notes(_ differences: [NetworkDifference]) -> [String] {
        var notes = [
            "All networks were tested on the same clips, so they are compared clip by clip. A p-value is how often a "
                + "difference as large would come about if the two networks were the same."
        ]
        if differences.count > 1 {
            let made =
                differences.count == pairs
                ? "The more pairs are compared, the sooner one of them differs by chance: Holm's correction over the "
                    + "\(pairs) pairs keeps the chance of a single false difference below 5 %."
                : "Only the pairs with the best network were compared. It is the best of all by these very clips, so "
                    + "Holm's correction is for all \(pairs) pairs: the chance of a single false difference stays below 5 %."
            notes.append(made + " Intervals are those of each pair alone.")
        }
        if isOverSpeakers, differences.allSatisfy({ $0.mcNemar != nil }) {
            notes.append(
                "McNemar's test takes clips for independent of each other. These share speakers, so go by the "
                    + "permutation test.")
        }
        return notes
    }

    /// How many pairs the networks make.
    private var pairs: Int { networks.count * (networks.count - 1) / 2 }

    private func text(_ p: Double?) -> String {
        guard let p, p.isFinite else { return "–" }
        return p < 0.001 ? "< 0.001" : p.fixed(3)
    }

    /// What can be said of a pair, by the corrected p-value.
    private func sentence(_ difference: NetworkDifference) -> String {
        let names = (difference.first, difference.second)
        guard let p = difference.accuracy.adjustedPValue, let value = difference.accuracy.difference.value else {
            return "\(names.0) and \(names.1) cannot be compared."
        }
        guard difference.differsInAccuracy else {
            return "\(names.0) and \(names.1): no difference in accuracy can be shown (\(signed(value)), p \(text(p)))."
        }
        let (better, worse) = difference.ordered
        return "\(better) is more accurate than \(worse) (\(signed(abs(value))), p \(text(p)))."
    }

    /// Which differences in accuracy remain after the correction.
    private func remaining(_ differences: [NetworkDifference]) -> String {
        let remaining = differences.filter(\.differsInAccuracy)
        let uncorrected = differences.count { difference in
            guard let test = difference.accuracy.test, difference.accuracy.difference.value != 0 else { return false }
            return test.pValue < NetworkDifference.level
        }
        let all = "\(differences.count) differences in accuracy"
        let beginning = "Of \(all), \(uncorrected) would have p below 0.05 each by itself; corrected for \(pairs) pairs"
        guard !remaining.isEmpty else { return "\(beginning), none remains." }
        let list = remaining.map { "\($0.ordered.better) over \($0.ordered.worse)" }.joined(separator: ", ")
        return "\(beginning), \(remaining.count) \(remaining.count == 1 ? "remains" : "remain"): \(list)."
    }

    private func signed(_ value: Double) -> String {
        let text = (abs(value) * 100).fixed(1)
        return (value < 0 ? "−" : "+") + text + " points"
    }
}
