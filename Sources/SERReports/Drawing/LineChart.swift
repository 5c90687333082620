// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Lines or points over an axis, with error bars or bands where a value has an interval.
package struct LineChart: Sendable {
    /// A value; one that is not a number leaves a gap.
    package struct Point: Sendable, Equatable {
        package var x, y: Double
        /// The ends of its interval.
        package var low, high: Double?

        package init(x: Double, y: Double, low: Double? = nil, high: Double? = nil) {
            self.x = x
            self.y = y
            self.low = low
            self.high = high
        }
    }

    /// How a series is drawn.
    package enum Style: Sendable { case line, lineAndPoints, points, steps }

    /// Points that belong together.
    package struct Series: Sendable {
        package var name: String
        package var points: [Point]
        package var style: Style
        /// Which colour, dashes and shape; by default those of its place among the series.
        package var look: Int?

        package init(_ name: String, _ points: [Point], style: Style = .line, look: Int? = nil) {
            self.name = name
            self.points = points
            self.style = style
            self.look = look
        }
    }

    /// How intervals are drawn.
    package enum Spread: Sendable { case bars, band }

    /// A line to compare with.
    package enum Reference: Sendable {
        case vertical(Double, String)
        case horizontal(Double, String)
        /// x = y.
        case diagonal(String)

        var name: String {
            switch self {
            case .vertical(_, let name), .horizontal(_, let name), .diagonal(let name): name
            }
        }
    }

    /// A bar that stands on the x axis behind the lines, such as the share of all clips between two values.
    package struct Column: Sendable {
        package var from, to, height: Double

        package init(from: Double, to: Double, height: Double) {
            self.from = from
            self.to = to
            self.height = height
        }
    }

    package var name, title, description: String
    package var xLabel, yLabel: String
    package var series: [Series]
    /// The axes; by default they hold all that is drawn.
    package var xAxis, yAxis: AxisScale?
    package var spread = Spread.bars
    package var references: [Reference] = []
    package var columns: [Column] = []
    /// What the columns are, in the legend.
    package var columnsName = ""
    package var width = 440.0
    /// Height of the area within the axes.
    package var plotHeight = 240.0

    /// A chart of series; axes that are not given hold all values.
    package init(
        name: String, title: String, description: String, xLabel: String, yLabel: String, series: [Series],
        xAxis: AxisScale? = nil, yAxis: AxisScale? = nil
    ) {
        self.name = name
        self.title = title
        self.description = description
        self.xLabel = xLabel
        self.yLabel = yLabel
        self.series = series
        self.xAxis = xAxis
        self.yAxis = yAxis
    }

    /// The chart, drawn.
    package var figure: Figure {
        let y = yAxis ?? valueAxis, x = xAxis ?? placeAxis
        let left = 34 + (y.ticks.map { Label.width(y.label(of: $0)) }.max() ?? 20)
        // Half of the last tick's label stands beyond the axis.
        let right = max(16, 6 + (x.ticks.last.map { Label.width(x.label(of: $0)) / 2 } ?? 0))
        let legend = Legend(entries, from: left, width: width - left - 8)
        let area = PlotArea(
            left: left, top: legend.height + 12, width: width - left - right, height: plotHeight, x: x, y: y)
        var parts = [legend.element(top: 0), area.axes(x: xLabel, y: yLabel)]
        parts += columns.map { column in
            let top = area.down(column.height), start = area.across(column.from) + 1
            return PlotArea.rectangle(
                start, top, area.across(column.to) - 1 - start, area.bottom - top, .muted, opacity: 0.35)
        }
        parts += references.map { line($0, in: area) }
        if spread == .band { parts += series.indices.map { band($0, in: area) } }
        parts += series.indices.map { drawn($0, in: area) }
        return Figure(
            name: name, title: title, description: description, width: width, height: area.bottom + 52,
            content: parts.filter { !$0.isEmpty }.joined(separator: "\n"))
    }

    private func look(_ index: Int) -> SeriesLook { SeriesLook(series[index].look ?? index) }

    private var entries: [Legend.Entry] {
        var entries = series.indices.map { index in
            let look = look(index)
            return Legend.Entry(
                name: series[index].name, paint: look.paint, dashes: look.dashes,
                shape: hasShapes(series[index]) ? look.shape : nil, isLine: series[index].style != .points)
        }
        // One line needs no name: the axis has it.
        if series.count == 1, references.isEmpty, columns.isEmpty { entries = [] }
        entries += references.filter { !$0.name.isEmpty }.map {
            Legend.Entry(name: $0.name, paint: .muted, dashes: Self.referenceDashes)
        }
        if !columns.isEmpty { entries.append(Legend.Entry(name: columnsName, paint: .muted, isLine: false)) }
        return entries
    }

    private func hasShapes(_ series: Series) -> Bool { series.style == .points || series.style == .lineAndPoints }

    private static let referenceDashes = "3 4"

    private var valueAxis: AxisScale {
        let values =
            (series.flatMap { $0.points.flatMap { [$0.y, $0.low ?? $0.y, $0.high ?? $0.y] } }
            + columns.map(\.height)).filter(\.isFinite)
        return AxisScale(from: min(values.min() ?? 0, 0), to: values.max() ?? 1)
    }

    private var placeAxis: AxisScale {
        let values = series.flatMap { $0.points.map(\.x) }.filter(\.isFinite)
        return AxisScale(from: values.min() ?? 0, to: values.max() ?? 1)
    }

    private func line(_ reference: Reference, in area: PlotArea) -> String {
        func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
            PlotArea.line(x1, y1, x2, y2, .muted, width: 1.6, dashes: Self.referenceDashes)
        }
        switch reference {
        case .vertical(let x, _): return line(area.across(x), area.top, area.across(x), area.bottom)
        case .horizontal(let y, _): return line(area.left, area.down(y), area.right, area.down(y))
        case .diagonal:
            let low = max(area.x.lower, area.y.lower), high = min(area.x.upper, area.y.upper)
            return line(area.across(low), area.down(low), area.across(high), area.down(high))
        }
    }

    /// Points up to the next gap.
    private func runs(_ points: [Point]) -> [ArraySlice<Point>] {
        points.split { !$0.y.isFinite || !$0.x.isFinite }
    }

    private func band(_ index: Int, in area: PlotArea) -> String {
        let look = look(index)
        return runs(series[index].points).map { run in
            let ends = run.filter { $0.low?.isFinite == true && $0.high?.isFinite == true }
            guard ends.count > 1 else { return "" }
            let corners = ends.map { ($0.x, $0.high ?? $0.y) } + ends.reversed().map { ($0.x, $0.low ?? $0.y) }
            return Markup.element(
                "polygon",
                [("points", path(corners, in: area)), ("fill-opacity", "0.18")]
                    + Paint.attributes(fill: look.paint))
        }.joined()
    }

    private func path(_ places: [(Double, Double)], in area: PlotArea) -> String {
        places.map { "\(Markup.number(area.across($0.0))),\(Markup.number(area.down($0.1)))" }.joined(separator: " ")
    }

    private func drawn(_ index: Int, in area: PlotArea) -> String {
        let series = series[index], look = look(index)
        var parts: [String] = []
        for run in runs(series.points) {
            if spread == .bars { parts += run.map { bar($0, look, in: area) } }
            if series.style != .points, run.count > 1 { parts.append(polyline(run, series.style, look, in: area)) }
            // A point that stands alone would not be seen as a line.
            if hasShapes(series) || run.count == 1 {
                parts += run.map {
                    look.shape.element(x: area.across($0.x), y: area.down($0.y), radius: 4.5, paint: look.paint)
                }
            }
        }
        return parts.joined(separator: "\n")
    }

    private func polyline(_ run: ArraySlice<Point>, _ style: Style, _ look: SeriesLook, in area: PlotArea) -> String {
        var places = run.map { ($0.x, $0.y) }
        if style == .steps {
            places = zip(places, places.dropFirst()).flatMap { [$0, ($1.0, $0.1)] } + places.suffix(1)
        }
        var attributes = [("points", path(places, in: area)), ("stroke-width", "2.2"), ("stroke-linejoin", "round")]
        if let dashes = look.dashes { attributes.append(("stroke-dasharray", dashes)) }
        return Markup.element("polyline", attributes + Paint.attributes(stroke: look.paint))
    }

    private func bar(_ point: Point, _ look: SeriesLook, in area: PlotArea) -> String {
        guard let low = point.low, let high = point.high, low.isFinite, high.isFinite else { return "" }
        let x = area.across(point.x), ends = (area.down(low), area.down(high))
        return PlotArea.line(x, ends.0, x, ends.1, look.paint, width: 1.6)
            + PlotArea.line(x - 4, ends.0, x + 4, ends.0, look.paint, width: 1.6)
            + PlotArea.line(x - 4, ends.1, x + 4, ends.1, look.paint, width: 1.6)
    }
}
