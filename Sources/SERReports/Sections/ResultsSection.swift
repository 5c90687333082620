// SPDX-License-Identifier: Apache-2.0

import SERSupport
import SERTraining

extension ReportSubject {
    /// All measures with their intervals.
    func resultsSection(_ measures: ReportMeasures) -> ReportPage.Section {
        let first: [Measure] = [.accuracy, .unweightedAverageRecall, .macroF1]
        let second: [Measure] = [.auc, .logLoss, .brierScore, .expectedCalibrationError]
        let runs = networks.map(\.runs.count).max() ?? 1
        let mean = runs > 1 ? ", mean over seeds" : ""
        var main = ReportPage.Table(
            "With 95 % intervals over \(units) (BCa bootstrap, \(bootstrap.resamples) resamples)\(mean)\(heardVoices).",
            "network",
            ["accuracy", "UAR", "macro F1", runs > 1 ? "errors, all seeds" : "errors"]
                + (runs > 1 ? ["accuracy over seeds"] : []),
            rows: zip(networks, measures.networks).map { network, measured in
                [network.name] + first.map { measured.estimates[$0]?.text() ?? "–" }
                    + ["\(measured.pooled.metrics.errors) of \(measured.pooled.metrics.count)"]
                    + (runs > 1 ? [spread(network)] : [])
            })
        if networks.count > 1, let best = measures.best { main.strong = [best] }
        let rest = ReportPage.Table(
            "Ranking, confidence and cost. Lower is better for log-loss, Brier score and calibration error.", "network",
            ["macro AUC", "log-loss", "Brier score", "calibration error", "parameters", "training"],
            rows: zip(networks, measures.networks).map { network, measured in
                [network.name] + second.map { measured.estimates[$0]?.text() ?? "–" }
                    + [network.parameters.map(grouped) ?? "–", network.seconds.map { "\($0.fixed(1)) s" } ?? "–"]
            })
        return .init("Results", [.table(main), .figures([resultsFigure(measures)]), .table(rest)])
    }

    private func spread(_ network: Network) -> String {
        let values = network.runs.map(\.evaluation.metrics.accuracy)
        let spread = Spread(values)
        return "\(spread.least.fixed(3))–\(spread.greatest.fixed(3)), s \(spread.deviation.fixed(3))"
    }

    private func resultsFigure(_ measures: ReportMeasures) -> ReportPage.CaptionedFigure {
        func bar(_ measured: ReportMeasures.Network, _ measure: Measure) -> BarChart.Bar {
            let estimate = measured.estimates[measure]
            return .init(estimate?.value, low: estimate?.interval?.lower, high: estimate?.interval?.upper)
        }
        let told = zip(networks, measures.networks).map { network, measured in
            "\(network.name): accuracy \(measured.estimates[.accuracy]?.text() ?? "–"), UAR "
                + "\(measured.estimates[.unweightedAverageRecall]?.text() ?? "–")"
        }
        var chart = BarChart(
            name: "results", title: "Accuracy and UAR", description: told.joined(separator: "; ") + ".",
            xLabel: "share of clips", series: ["accuracy", "UAR"],
            rows: zip(networks, measures.networks).map { network, measured in
                .init(network.name, [bar(measured, .accuracy), bar(measured, .unweightedAverageRecall)])
            }, axis: AxisScale(from: 0, to: 1))
        chart.reference = (1 / Double(max(labels.count, 1)), "guessing (UAR)")
        return .init(chart.figure, caption: "with 95 % intervals over \(units)\(heardVoices).")
    }
}
