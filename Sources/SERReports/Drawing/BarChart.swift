// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Values with their intervals, one row a thing that is compared: bars that begin at 0 where 0 is on the axis, with the
/// number beside each.
package struct BarChart: Sendable {
    /// A value; `nil` where it is undefined.
    package struct Bar: Sendable, Equatable {
        package var value: Double?
        /// The ends of its interval.
        package var low, high: Double?

        package init(_ value: Double?, low: Double? = nil, high: Double? = nil) {
            self.value = value
            self.low = low
            self.high = high
        }
    }

    /// The bars of one thing, one a series.
    package struct Row: Sendable {
        package var label: String
        package var bars: [Bar]

        package init(_ label: String, _ bars: [Bar]) {
            self.label = label
            self.bars = bars
        }
    }

    package var name, title, description: String
    package var xLabel: String
    /// What each bar of a row is; a single one needs no name.
    package var series: [String]
    package var rows: [Row]
    /// By default from 0 to the largest value.
    package var axis: AxisScale?
    /// Decimal places of the numbers beside the bars.
    package var places = 3
    /// A line to compare with, such as chance, and what it is.
    package var reference: (value: Double, name: String)?
    package var width = 440.0

    /// A chart of rows.
    package init(
        name: String, title: String, description: String, xLabel: String, series: [String] = [], rows: [Row],
        axis: AxisScale? = nil
    ) {
        self.name = name
        self.title = title
        self.description = description
        self.xLabel = xLabel
        self.series = series
        self.rows = rows
        self.axis = axis
    }

    private static let barHeight = 17.0
    private static let numberWidth = 58.0

    /// The chart, drawn.
    package var figure: Figure {
        let axis = axis ?? valueAxis
        let labels = rows.map { Label.shortened($0.label, to: width * 0.34) }
        let left = 16 + (labels.map { Label.width($0) }.max() ?? 0)
        var entries =
            series.count > 1
            ? series.enumerated().map { index, name in
                Legend.Entry(name: name, paint: SeriesLook(index).paint, shape: SeriesLook(index).shape, isLine: false)
            } : []
        if let reference { entries.append(Legend.Entry(name: reference.name, paint: .muted, dashes: "3 4")) }
        let legend = Legend(entries, from: 8, width: width - 16)
        let bars = rows.map { Double(max($0.bars.count, 1)) * Self.barHeight }
        let height = bars.reduce(0) { $0 + $1 + 12 }
        let area = PlotArea(
            left: left, top: legend.height + 6, width: width - left - Self.numberWidth, height: height, x: axis,
            y: AxisScale(from: 0, to: 1, ticks: [], places: 0))
        var parts = [legend.element(top: 0), area.axes(x: xLabel, y: "", hasVerticalGrid: true)]
        if let reference {
            let x = area.across(reference.value)
            parts.append(PlotArea.line(x, area.top, x, area.bottom, .muted, width: 1.6, dashes: "3 4"))
        }
        var top = area.top
        for (index, row) in rows.enumerated() {
            let middle = top + 6 + bars[index] / 2
            parts.append(Label(labels[index], x: left - 8, y: middle + 5, anchor: .end).element)
            for (number, bar) in row.bars.enumerated() {
                parts.append(drawn(bar, number, y: top + 6 + Self.barHeight * (Double(number) + 0.5), in: area))
            }
            top += bars[index] + 12
        }
        return Figure(
            name: name, title: title, description: description, width: width, height: area.bottom + 52,
            content: parts.joined(separator: "\n"))
    }

    private var valueAxis: AxisScale {
        let values = rows.flatMap { $0.bars.flatMap { [$0.value, $0.low, $0.high].compactMap { $0 } } }
            .filter(\.isFinite)
        return AxisScale(from: min(values.min() ?? 0, 0), to: max(values.max() ?? 1, 0))
    }

    private func drawn(_ bar: Bar, _ number: Int, y: Double, in area: PlotArea) -> String {
        guard let value = bar.value, value.isFinite else {
            return Label("none", x: area.right + 8, y: y + 5, paint: .muted).element
        }
        let look = SeriesLook(number)
        let base = area.across(0), end = area.across(value)
        var parts = [
            PlotArea.rectangle(min(base, end), y - 6, abs(end - base), 12, look.paint, opacity: 0.35)
        ]
        if let low = bar.low, let high = bar.high, low.isFinite, high.isFinite {
            let ends = (area.across(low), area.across(high))
            parts.append(PlotArea.line(ends.0, y, ends.1, y, look.paint, width: 2))
            parts.append(PlotArea.line(ends.0, y - 4, ends.0, y + 4, look.paint, width: 2))
            parts.append(PlotArea.line(ends.1, y - 4, ends.1, y + 4, look.paint, width: 2))
        }
        parts.append(look.shape.element(x: end, y: y, radius: 4.5, paint: look.paint))
        parts.append(Label(value.fixed(places), x: area.right + 8, y: y + 5).element)
        return parts.joined()
    }
}
