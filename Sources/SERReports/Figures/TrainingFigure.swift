// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import SERTraining

/// A figure of one training as the report draws it: loss and accuracy over the epochs, training and validation.
public struct TrainingFigure: Sendable {
    /// The heading, such as "GRU: test accuracy 0.9929".
    public var title: String
    /// What is drawn.
    public var history: History

    /// A figure of a training.
    public init(title: String, history: History) {
        self.title = title
        self.history = history
    }

    /// The figure as an SVG document with both panels and a background of its own, light or dark as the viewer likes it.
    public var svg: String {
        Figure.beside([loss, accuracy].map(\.figure), name: "training", title: title, description: description).svg
    }

    /// Loss over the epochs, for a page.
    package var loss: LineChart {
        chart("loss", \.trainLoss, \.validationLoss, scale: lossScale, text: lossText)
    }

    /// Accuracy over the epochs, for a page.
    package var accuracy: LineChart {
        chart("accuracy", \.trainAccuracy, \.validationAccuracy, scale: accuracyScale, text: accuracyText)
    }

    private var lossScale: AxisScale {
        let losses = history.epochs.flatMap { [$0.trainLoss, $0.validationLoss] }.filter(\.isFinite)
        return AxisScale(from: 0, to: losses.max() ?? 1)
    }

    private var accuracyScale: AxisScale {
        let accuracies = history.epochs.flatMap { [$0.trainAccuracy, $0.validationAccuracy] }.filter(\.isFinite)
        return AxisScale(from: min(accuracies.min() ?? 0, 0.9), to: 1)
    }

    private func chart(
        _ name: String, _ train: KeyPath<EpochRecord, Double>, _ validation: KeyPath<EpochRecord, Double>,
        scale: AxisScale, text: String
    ) -> LineChart {
        let series = [("training", train), ("validation", validation)].map { part, values in
            LineChart.Series(part, history.epochs.map { .init(x: Double($0.epoch), y: $0[keyPath: values]) })
        }
        var chart = LineChart(
            name: name, title: "\(title), \(name)", description: text, xLabel: "epoch", yLabel: name, series: series,
            xAxis: AxisScale(integersFrom: history.epochs.first?.epoch ?? 1, to: history.epochs.last?.epoch ?? 1),
            yAxis: scale)
        if history.bestEpoch > 0 {
            chart.references = [.vertical(Double(history.bestEpoch), "epoch kept (\(history.bestEpoch))")]
        }
        return chart
    }

    private var description: String { "\(lossText) \(accuracyText)" }

    private var lossText: String { text("Loss", \.trainLoss, \.validationLoss) }

    private var accuracyText: String { text("Accuracy", \.trainAccuracy, \.validationAccuracy) }

    private func text(
        _ name: String, _ train: KeyPath<EpochRecord, Double>, _ validation: KeyPath<EpochRecord, Double>
    ) -> String {
        guard let first = history.epochs.first, let last = history.epochs.last else { return "No epoch has ended yet." }
        func change(_ value: KeyPath<EpochRecord, Double>) -> String {
            "from \(first[keyPath: value].fixed(3)) to \(last[keyPath: value].fixed(3))"
        }
        let kept =
            history.best.map {
                "; at epoch \($0.epoch), whose weights were kept, \($0[keyPath: validation].fixed(3)) in validation"
            } ?? ""
        return "\(name) over \(counted(history.epochs.count, "epoch")): training \(change(train)), validation "
            + "\(change(validation))\(kept)."
    }
}
