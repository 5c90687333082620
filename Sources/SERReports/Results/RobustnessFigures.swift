// SPDX-License-Identifier: Apache-2.0

import SERAudio
import SERSupport
import SERTraining

extension RobustnessResults {
    private static let noises: [DegradationFamily] = [.white, .pink, .babble]

    /// Accuracy against the signal-to-noise ratio for each noise, and accuracy under each other condition; those that
    /// were measured.
    package var figures: [Figure] { [noiseFigure, otherFigure].compactMap { $0 } }

    private var cleanAccuracy: Double { clean[.accuracy]?.value ?? .nan }

    private var noiseFigure: Figure? {
        let series = families.filter { Self.noises.contains($0.family) }.map { family, conditions in
            LineChart.Series(
                family.title,
                conditions.compactMap { condition -> LineChart.Point? in
                    guard let level = condition.level, let estimate = condition.estimates[.accuracy],
                        let value = estimate.value
                    else { return nil }
                    return LineChart.Point(
                        x: level, y: value, low: estimate.interval?.lower, high: estimate.interval?.upper)
                }.sorted { $0.x < $1.x }, style: .lineAndPoints)
        }
        guard !series.isEmpty else { return nil }
        let ends = series.map { line in
            let points = line.points.map { "\($0.y.fixed(3)) at \($0.x.significant(3)) dB" }
            return "\(line.name): \(points.joined(separator: ", "))"
        }
        var chart = LineChart(
            name: "robustness-noise", title: "Accuracy in noise",
            description: "Accuracy against the signal-to-noise ratio; without noise it is \(cleanAccuracy.fixed(3)). "
                + ends.joined(separator: "; ") + ".",
            xLabel: "signal-to-noise ratio, dB", yLabel: "accuracy", series: series, yAxis: AxisScale(from: 0, to: 1))
        chart.references = [.horizontal(cleanAccuracy, "without noise")]
        return chart.figure
    }

    private var otherFigure: Figure? {
        let others = conditions.filter { !Self.noises.contains($0.family) }
        guard !others.isEmpty else { return nil }
        let rows = others.map { condition in
            let estimate = condition.estimates[.accuracy]
            return BarChart.Row(
                Self.label(condition.degradation),
                [BarChart.Bar(estimate?.value, low: estimate?.interval?.lower, high: estimate?.interval?.upper)])
        }
        let values = others.map { "\($0.name): \($0.estimates[.accuracy]?.value?.fixed(3) ?? "undefined")" }
        var chart = BarChart(
            name: "robustness-other", title: "Accuracy under other conditions",
            description: "Accuracy on degraded clips; on the clips as they are it is \(cleanAccuracy.fixed(3)). "
                + values.joined(separator: "; ") + ".",
            xLabel: "accuracy", rows: rows, axis: AxisScale(from: 0, to: 1))
        chart.reference = (cleanAccuracy, "clips as they are")
        return chart.figure
    }

    /// A name that fits beside a bar.
    private static func label(_ degradation: Degradation) -> String {
        switch degradation {
        case .telephone: "telephone"
        case .coding(let codec): codec.description
        case .reverberation(let seconds): "room, \(seconds.significant(3)) s"
        case .clipping(let decibels): "clipping, \(decibels.significant(3)) dB"
        case .recorded(let rate): "\((rate / 1000).significant(4)) kHz"
        case .shortened(let seconds): "first \(seconds.significant(3)) s"
        case .gain, .noise, .babble: degradation.description
        }
    }

    /// The part of a report that tells of robustness.
    package var section: ReportPage.Section {
        var pieces: [ReportPage.Piece] = [.paragraph(sentence)]
        let captioned = figures.map { figure in
            ReportPage.CaptionedFigure(
                figure, caption: "Bars are \(intervalName) over \(clean.units) \(clean.unit.rawValue).")
        }
        if !captioned.isEmpty { pieces.append(.figures(captioned)) }
        if !isComplete { pieces.append(.warning("The measurement was stopped before all conditions were measured.")) }
        if !notes.isEmpty { pieces.append(.list(notes)) }
        pieces.append(.details("All conditions", [.table(table)]))
        return ReportPage.Section("Robustness", pieces)
    }

    private var intervalName: String {
        let level = clean.estimates.lazy.compactMap(\.interval).first?.level ?? 0.95
        return "\((level * 100).significant(4)) % intervals"
    }

    private var table: ReportPage.Table {
        let rows = conditions.map { condition in
            [condition.name] + Self.cells(condition.estimates) + [
                condition.differences[.accuracy]?.value?.fixed(4) ?? "",
                Self.interval(condition.differences[.accuracy]),
                "\(condition.clips)",
            ]
        }
        return ReportPage.Table(
            "Every condition against the same clips as they are.", "condition",
            ["accuracy", intervalName, "UAR", "log-loss", "against clean", "interval", "clips"],
            rows: [["clean"] + Self.cells(clean) + ["", "", "\(clips)"]] + rows)
    }

    /// What hurts most, in a sentence.
    private var sentence: String {
        let measured = conditions.compactMap { condition in
            condition.estimates[.accuracy]?.value.map { (condition.name, $0) }
        }
        // Of two that cost as much, the later is the harder.
        guard let worst = measured.reversed().min(by: { $0.1 < $1.1 }) else { return "No condition was measured." }
        return
            "On \(counted(clips, "clip")) as \(clips == 1 ? "it is" : "they are") the accuracy is \(cleanAccuracy.fixed(3)); of \(measured.count) ways to "
            + "degrade them, \(worst.0) costs most and leaves \(worst.1.fixed(3))."
    }
}
