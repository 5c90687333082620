// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import SERTraining

extension ReportSubject {
    /// Loss and accuracy over the epochs, of networks that were not solved for at once; nil where there is none.
    func trainingSection() -> ReportPage.Section? {
        let figures = networks.flatMap { network -> [ReportPage.CaptionedFigure] in
            if network.isSolvedFor { return [] }
            let trainings = network.runs.flatMap(\.trainings).filter { !$0.history.epochs.isEmpty }
            if trainings.count == 1 { return single(network, trainings[0].history) }
            return trainings.isEmpty ? [] : several(network, trainings.map(\.history))
        }
        guard !figures.isEmpty else { return nil }
        return .init("Training", [.figures(figures)])
    }

    private func single(_ network: Network, _ history: History) -> [ReportPage.CaptionedFigure] {
        let figure = TrainingFigure(title: network.name, history: history)
        return [figure.loss, figure.accuracy].map { chart in
            var chart = chart
            chart.name += "-\(network.slug)"
            return .init(chart.figure, caption: "over the epochs; the weights of epoch \(history.bestEpoch) were kept.")
        }
    }

    private func several(_ network: Network, _ histories: [History]) -> [ReportPage.CaptionedFigure] {
        let kept = Spread(histories.map { Double($0.bestEpoch) })
        let caption =
            "over the epochs, mean of \(histories.count) trainings; bands: one standard deviation to either "
            + "side. Epochs kept: \(kept.least.fixed(0)) to \(kept.greatest.fixed(0))."
        return [
            meanChart(network, histories, "loss", \.trainLoss, \.validationLoss),
            meanChart(network, histories, "accuracy", \.trainAccuracy, \.validationAccuracy),
        ].map { .init($0.figure, caption: caption) }
    }

    private func meanChart(
        _ network: Network, _ histories: [History], _ name: String, _ train: KeyPath<EpochRecord, Double>,
        _ validation: KeyPath<EpochRecord, Double>
    ) -> LineChart {
        let parts = [("training", train), ("validation", validation)].map { part, value in
            LineChart.Series(part, means(histories, value))
        }
        let last = parts.map { series in
            let ends = [series.points.first, series.points.last].compactMap { $0?.y.fixed(3) }
            return "\(series.name) from \(ends.joined(separator: " to "))"
        }
        let highest = parts.flatMap(\.points).map { max($0.y, $0.high ?? $0.y) }.filter(\.isFinite).max() ?? 1
        let lowest = parts.flatMap(\.points).map(\.y).filter(\.isFinite).min() ?? 0
        var chart = LineChart(
            name: "\(name)-\(network.slug)", title: "\(network.name), \(name)",
            description: "Mean \(name) of \(histories.count) trainings: \(last.joined(separator: ", ")).",
            xLabel: "epoch", yLabel: name, series: parts,
            xAxis: AxisScale(integersFrom: 1, to: histories.map(\.epochs.count).max() ?? 1),
            yAxis: name == "accuracy" ? AxisScale(from: min(lowest, 0.9), to: 1) : AxisScale(from: 0, to: highest))
        chart.spread = .band
        return chart
    }

    private func means(_ histories: [History], _ value: KeyPath<EpochRecord, Double>) -> [LineChart.Point] {
        let isShare = value == \EpochRecord.trainAccuracy || value == \EpochRecord.validationAccuracy
        return (0..<(histories.map(\.epochs.count).max() ?? 0)).map { index in
            let values = histories.compactMap { index < $0.epochs.count ? $0.epochs[index][keyPath: value] : nil }
                .filter(\.isFinite)
            guard !values.isEmpty else { return .init(x: Double(index + 1), y: .nan) }
            let spread = Spread(values)
            return .init(
                x: Double(index + 1), y: spread.mean, low: max(0, spread.mean - spread.deviation),
                high: isShare ? min(1, spread.mean + spread.deviation) : spread.mean + spread.deviation)
        }
    }
}

extension ReportSubject.Network {
    /// Whether all its candidates are linear networks, which have no epochs to show.
    fileprivate var isSolvedFor: Bool { !settings.isEmpty && settings.allSatisfy { $0.linear != nil } }
}
