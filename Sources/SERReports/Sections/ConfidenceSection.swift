// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import SERTraining

extension ReportSubject {
    /// Whether confidence can be believed, and what refusing to answer buys.
    func confidenceSection(_ measures: ReportMeasures) -> ReportPage.Section {
        let isCalibrated = measures.networks.contains { $0.pooledUncalibrated != nil }
        var pieces: [ReportPage.Piece] = [
            .paragraph(
                "A calibrated network that says 80 % is right in 80 of 100 such clips: its points lie on the diagonal. "
                    + "Below it, the network is too sure of itself."
                    + (isCalibrated
                        ? " A temperature, fitted on validation clips, brings confidence closer to it." : "")),
            .table(calibrationTable(measures)),
            .figures(
                zip(networks, measures.networks).map { reliability($0, $1) }),
            .heading("Leaving unsure clips unanswered"),
            .figures([riskFigure(measures)]),
            .table(riskTable(measures)),
        ]
        if !isCalibrated, kind != .evaluation {
            pieces.insert(.paragraph("No temperature was fitted; --calibrate does."), at: 1)
        }
        return .init("Confidence", pieces)
    }

    private func calibrationTable(_ measures: ReportMeasures) -> ReportPage.Table {
        func change(_ measured: ReportMeasures.Network, _ value: (ClassificationMetrics) -> Double) -> String {
            let after = value(measured.pooled.metrics).fixed(3)
            return measured.pooledUncalibrated.map { "\(value($0.metrics).fixed(3)) → \(after)" } ?? after
        }
        let isCalibrated = measures.networks.contains { $0.pooledUncalibrated != nil }
        return ReportPage.Table(
            (isCalibrated ? "Before → after the temperature. " : "")
                + "The excess is the calibration error less that of a perfectly calibrated network with the same "
                + "confidences, with its 95 % interval: around 0, nothing but chance is left.",
            "network", ["log-loss", "Brier score", "calibration error", "excess over chance"],
            rows: zip(networks, measures.networks).map { network, measured in
                let excess = measured.excess
                let interval = excess.interval.map { " (\($0.lower.fixed(3)) to \($0.upper.fixed(3)))" } ?? ""
                return [
                    network.name, change(measured) { $0.loss }, change(measured) { $0.brierScore },
                    change(measured) { $0.expectedCalibrationError }, excess.value.fixed(3) + interval,
                ]
            })
    }

    private func reliability(
        _ network: Network, _ measured: ReportMeasures.Network
    ) -> ReportPage.CaptionedFigure {
        let diagram = measured.pooled.reliability
        var series: [LineChart.Series] = []
        if let before = measured.pooledUncalibrated {
            let plain = points(before.reliability).map { LineChart.Point(x: $0.x, y: $0.y) }
            series.append(.init("before the temperature", plain, style: .lineAndPoints, look: 1))
        }
        let name = measured.pooledUncalibrated == nil ? network.name : "after the temperature"
        series.append(.init(name, points(diagram), style: .lineAndPoints, look: 0))
        let told = diagram.bins.filter { $0.count > 0 }.map { bin in
            "\(bin.lower.fixed(1)) to \(bin.upper.fixed(1)): \(counted(bin.count, "clip")), \((bin.accuracy ?? 0).fixed(3)) right"
        }
        var chart = LineChart(
            name: "reliability-\(network.slug)", title: "\(network.name), reliability",
            description: "Share of right predictions by confidence. \(told.joined(separator: "; ")).",
            xLabel: "confidence", yLabel: "share that is right", series: series,
            xAxis: AxisScale(from: 0, to: 1), yAxis: AxisScale(from: 0, to: 1))
        chart.references = [.diagonal("perfectly calibrated")]
        let total = Double(max(measured.pooled.metrics.count, 1))
        chart.columns = diagram.bins.filter { $0.count > 0 }.map {
            .init(from: $0.lower, to: $0.upper, height: Double($0.count) / total)
        }
        chart.columnsName = "share of clips"
        return .init(
            chart.figure,
            caption: "in ten bins; bars: 95 % intervals of each share (Wilson), clips taken as independent.")
    }

    private func points(_ diagram: ReliabilityDiagram) -> [LineChart.Point] {
        diagram.bins.compactMap { bin in
            guard let x = bin.confidence, let y = bin.accuracy else { return nil }
            let interval = Self.wilson(share: y, of: bin.count)
            return .init(x: x, y: y, low: interval.lowerBound, high: interval.upperBound)
        }
    }

    /// The 95 % interval of a share (Wilson, Journal of the American Statistical Association 22, 1927).
    static func wilson(share p: Double, of count: Int) -> ClosedRange<Double> {
        let n = Double(max(count, 1)), z = 1.959964
        let middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
        return max(0, middle - half)...min(1, middle + half)
    }

    private func riskFigure(_ measures: ReportMeasures) -> ReportPage.CaptionedFigure {
        let curves = measures.networks.map(\.pooled.riskCoverage)
        let told = zip(networks, curves).map { network, curve in
            let key = [1, 0.8, 0.5].compactMap(curve.point(coverage:)).map {
                "\(($0.coverage * 100).fixed(0)) % answered, \(($0.risk * 100).fixed(1)) % of them wrong"
            }
            return "\(network.name): \(key.joined(separator: "; "))"
        }
        let highest = curves.flatMap { Self.thinned($0).map(\.y) }.max() ?? 1
        let chart = LineChart(
            name: "risk-coverage", title: "Errors among the answers",
            description: told.joined(separator: ". ") + ".", xLabel: "share of clips that are answered",
            yLabel: "share of answers that are wrong",
            series: zip(networks, curves).map { .init($0.name, Self.thinned($1)) },
            xAxis: AxisScale(from: 0, to: 1), yAxis: AxisScale(from: 0, to: max(highest, 0.02)))
        return .init(chart.figure, caption: "when the least confident clips are left unanswered: \(told.first ?? "").")
    }

    /// As many points as can be told apart. The very first answers, of which one more or less is a jump, are left out.
    private static func thinned(_ curve: RiskCoverageCurve) -> [LineChart.Point] {
        let usable = curve.points.filter { $0.coverage >= 0.02 || $0.answered == curve.count }
        let step = max(1, usable.count / 150)
        return usable.enumerated().filter { $0.offset % step == 0 || $0.offset == usable.count - 1 }
            .map { .init(x: $0.element.coverage, y: $0.element.risk) }
    }

    private func riskTable(_ measures: ReportMeasures) -> ReportPage.Table {
        let shares = [1.0, 0.9, 0.8, 0.7, 0.5]
        return ReportPage.Table(
            "Accuracy of the answers, and the confidence below which a clip is left unanswered.", "network",
            shares.map { "\(($0 * 100).fixed(0)) % answered" } + ["area under the curve"],
            rows: zip(networks, measures.networks).map { network, measured in
                let curve = measured.pooled.riskCoverage
                return [network.name]
                    + shares.map { share in
                        curve.point(coverage: share).map {
                            "\((1 - $0.risk).fixed(3)) (from \($0.confidence.fixed(2)))"
                        } ?? "–"
                    } + [curve.area.fixed(4)]
            })
    }
}
