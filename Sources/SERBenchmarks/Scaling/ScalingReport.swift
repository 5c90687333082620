// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels
import SERReports
import SERSupport
import SERTraining

extension ScalingResults {
    /// The figures: one a subject and quantity, both axes logarithmic, with the fitted lines.
    package var figures: [Figure] { groups.map(figure) }

    private func figure(_ group: Group) -> Figure {
        var chart = LineChart(
            name: "\(group.quantity.rawValue)-\(group.subject.rawValue)", title: group.title,
            description: group.series.map { Self.spoken($0) }.joined(separator: " "), xLabel: group.subject.title,
            yLabel: group.quantity.unit, series: [])
        var all: [LineChart.Point] = []
        for one in group.series {
            // A network looks the same in all figures.
            let index = Architecture.allCases.firstIndex { $0.rawValue == one.model } ?? 0
            let points = one.points.map { LineChart.Point(x: $0.x, y: group.quantity.scaled($0.y)) }
            all += points
            let name = one.model.uppercased() + (one.fit.map { ", exponent \($0.exponent.fixed(2))" } ?? "")
            if let fit = one.fit, let first = points.first, let last = points.last {
                let ends = [first.x, last.x].map { LineChart.Point(x: $0, y: group.quantity.scaled(fit.value(at: $0))) }
                chart.series.append(.init(name, ends, style: .line, look: index))
                chart.series.append(.init("", points, style: .points, look: index))
                all += ends
            } else {
                chart.series.append(.init(name, points, style: .lineAndPoints, look: index))
            }
        }
        chart.xAxis = AxisScale(logarithmicFrom: all.map(\.x).min() ?? 1, to: all.map(\.x).max() ?? 10)
        chart.yAxis = AxisScale(logarithmicFrom: all.map(\.y).min() ?? 1, to: all.map(\.y).max() ?? 10)
        return chart.figure
    }

    private static func spoken(_ series: Series) -> String {
        guard let first = series.points.first, let last = series.points.last else { return "" }
        let unit = series.quantity.unit
        let ends = [first, last].map { series.quantity.scaled($0.y).significant(3) }
        let text =
            "\(series.model.uppercased()): \(ends[0]) \(unit) at \(first.x.fixed(0)), \(ends[1]) \(unit) at "
            + "\(last.x.fixed(0))"
        return text + (series.fit.map { ", exponent \($0)." } ?? ".")
    }

    /// A section of a page: the figures, what they say, and the numbers.
    package var section: ReportPage.Section {
        let tables = groups.map { group -> ReportPage.Piece in
            let table = ReportPage.Table(
                group.title, "model", ["from", "to", "smallest", "largest", "exponent", "95 % interval", "R²"],
                rows: group.series.map { one in
                    let ends = [one.points.first, one.points.last].compactMap { $0 }
                    return [one.model.uppercased()] + ends.map { $0.x.fixed(0) }
                        + ends.map { group.quantity.scaled($0.y).significant(4) }
                        + (one.fit.map {
                            [
                                $0.exponent.fixed(2), "\($0.lower.fixed(2)) to \($0.upper.fixed(2))",
                                $0.rSquared.fixed(3),
                            ]
                        } ?? ["–", "–", "–"])
                })
            return .table(table)
        }
        return ReportPage.Section(
            "How it grows",
            [
                .paragraph(
                    "Measured on \(data), with \(threads) threads on \(cores) cores. Lines are powers fitted to the "
                        + "points; an exponent of 1 is growth in proportion."),
                .figures(figures.map { ReportPage.CaptionedFigure($0, caption: "") }),
                .details("Numbers", tables),
            ])
    }

    /// What was measured on, and how to measure it again.
    private var settings: ReportPage.Section {
        let repeated =
            header.command.map { command -> [ReportPage.Piece] in
                [.paragraph("The command that made them:"), .command(ReportSubject.shellText(command))]
            } ?? []
        return ReportPage.Section(
            "Settings, and how to repeat it",
            repeated + [
                .table(
                    .init(
                        caption: "Settings.",
                        columns: [.init("setting", isNumber: false), .init("value", isNumber: false)],
                        rows: [
                            ["library", "SER \(header.library)"], ["cores", "\(cores)"], ["threads", "\(threads)"],
                            ["kernels", instructionSet], ["data", data],
                        ]))
            ])
    }

    /// A page of their own.
    package func page(title: String?) -> ReportPage {
        let told = series.filter { $0.subject == .clips && $0.quantity == .epochSeconds }.compactMap { one in
            one.fit.map { "\(one.model.uppercased()) \($0)" }
        }
        let summary =
            told.isEmpty
            ? "How training, memory and recognition grow with the work."
            : "The time of an epoch grows with the number of clips to the power of: \(told.joined(separator: ", "))."
        return ReportPage(
            title: title ?? "Scalability", summary: summary,
            warnings: isComplete ? [] : ["The measurement was stopped before its end."],
            sections: [section, settings],
            footer: "Made by SER \(LibraryVersion.current) from results of SER \(header.library).")
    }

    /// A report of their own.
    package func report(title: String? = nil) -> Report {
        Report(page(title: title), csv: ("scaling.csv", csv))
    }
}

extension Report {
    /// A report on files of results, of which one may tell how time and memory grow; that may stand alone, too.
    /// - Throws: ``ReportError``.
    package init(
        withScaling files: [URL], title: String? = nil, sounds: ReportSounds? = nil
    ) throws(ReportError) {
        var scaling: (results: ScalingResults, source: String)?
        var others: [URL] = []
        for file in files {
            let opened: ResultsFile, read: ScalingResults?
            do throws(ResultsError) {
                opened = try ResultsFile(at: file)
                read = opened.kind == .scaling ? try opened.results() : nil
            } catch { throw .results(error) }
            guard let read else {
                others.append(file)
                continue
            }
            if let first = scaling?.source {
                throw .doNotFit(first: first, second: file.relativePath, reason: "both tell how time and memory grow")
            }
            guard let results = read.checked else {
                throw .unusable(
                    source: file.relativePath, reason: "it holds sizes or quantities that nobody can have measured")
            }
            scaling = (results, file.relativePath)
        }
        if others.isEmpty, let scaling {
            self = scaling.results.report(title: title)
            return
        }
        try self.init(
            contentsOf: others,
            adding: scaling.map {
                Addition($0.results.section, command: $0.results.header.command, csv: ("scaling.csv", $0.results.csv))
            }, title: title, sounds: sounds)
    }
}
