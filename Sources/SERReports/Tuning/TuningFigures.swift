// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import SERTraining

extension TuningResults {
    /// More lines than these cannot be told apart.
    private static let mostLines = 200

    /// What each trial drew and what came of it.
    var linesFigure: Figure {
        let shown = ranked.prefix(Self.mostLines)
        let scores = shown.compactMap { $0.last?.score }
        let axes =
            space.settings.map { ParallelCoordinates.Axis($0.name, $0.values.axis) } + [
                ParallelCoordinates.Axis(
                    "UAR after the last epochs", AxisScale(from: scores.min() ?? 0, to: scores.max() ?? 1))
            ]
        let reached = Set(shown.compactMap { $0.last?.epochs }).sorted(by: >)
        let lines = shown.map { trial in
            ParallelCoordinates.Line(
                space.settings.map { $0.values.place(of: trial.settings[$0.name]) } + [trial.last?.score],
                group: trial.last.flatMap { reached.firstIndex(of: $0.epochs) } ?? 0)
        }
        let told = best.map { "The best, trial \($0.number): \($0.settings.text(in: space)), UAR \(scoreText($0))." }
        let isFirst = best != nil && shown.first?.number == best?.number
        return ParallelCoordinates(
            name: "trials", title: "Settings and scores of the trials",
            description: "\(shown.count) trials, a line each. \(told ?? "None has a score.")", axes: axes,
            groups: reached.map { "up to epoch \($0)" }, lines: lines,
            best: isFirst ? best.map { "trial \($0.number), the best" } : nil
        ).figure
    }

    /// What scores came to with more epochs.
    var scoresFigure: Figure? {
        guard rungs.count > 1 else { return nil }
        let shown = ranked.prefix(Self.mostLines).filter { $0.last?.score != nil }
        guard !shown.isEmpty else { return nil }
        let series = shown.reversed().map { trial in
            let isBest = trial.number == best?.number
            return LineChart.Series(
                isBest ? "trial \(trial.number), the best" : "",
                trial.rungs.compactMap { rung in rung.score.map { .init(x: Double(rung.epochs), y: $0) } },
                style: .lineAndPoints, look: isBest ? 1 : 5)
        }
        let told = rungs.compactMap { epochs -> String? in
            let scores = trials.compactMap { trial in trial.rungs.first { $0.epochs == epochs }?.score }
            guard let most = scores.max() else { return nil }
            return "after \(epochs) epochs \(scores.count) trials, the best \(most.fixed(3))"
        }
        return LineChart(
            name: "rungs", title: "Scores after each rung", description: "UAR " + told.joined(separator: "; ") + ".",
            xLabel: "epochs", yLabel: "UAR", series: series,
            xAxis: AxisScale(logarithmicFrom: Double(rungs.first ?? 1), to: Double(rungs.last ?? 10))
        ).figure
    }

    /// What the settings decided.
    var importanceFigure: Figure? {
        guard !importance.isEmpty else { return nil }
        let told = importance.map { "\($0.name) \($0.share.fixed(2))" }.joined(separator: ", ")
        return BarChart(
            name: "importance", title: "What each setting explains by itself",
            description: "Share of the variance of the trials' ranks after \(rungs.first ?? 0) epochs: \(told).",
            xLabel: "share of the variance of ranks", series: ["explained", "by chance, on average"],
            rows: importance.map { .init($0.name, [.init($0.share), .init($0.expected)]) },
            axis: AxisScale(from: 0, to: 1)
        ).figure
    }

    /// A trial's score with its interval.
    func scoreText(_ trial: Trial) -> String {
        guard let last = trial.last, let score = last.score else { return "none" }
        return score.fixed(3) + (last.interval.map { " (\($0.lower.fixed(3)) to \($0.upper.fixed(3)))" } ?? "")
    }
}

extension SearchSpace.Values {
    /// An axis that holds all values.
    fileprivate var axis: AxisScale {
        switch self {
        case .uniform(let from, let to): AxisScale(from: from, to: to)
        case .logUniform(let from, let to): AxisScale(logarithmicFrom: from, to: to)
        case .integers(let from, let to): AxisScale(from: Double(from), to: Double(to))
        case .choice(let values): AxisScale(names: values.map { "\($0)" })
        }
    }

    /// Where on the axis a value lies; nil where there is none.
    fileprivate func place(of value: SettingValue?) -> Double? {
        guard let value else { return nil }
        if case .choice(let values) = self { return values.firstIndex(of: value).map(Double.init) }
        return value.number
    }
}
