// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Things with several values each, one line a thing: it crosses an axis for each value, one below the other, so that any
/// number of axes fits a narrow screen (Inselberg, The Visual Computer 1, 1985, turned on its side).
package struct ParallelCoordinates: Sendable {
    /// One value of all things.
    package struct Axis: Sendable {
        package var name: String
        package var scale: AxisScale

        package init(_ name: String, _ scale: AxisScale) {
            self.name = name
            self.scale = scale
        }
    }

    /// The values of one thing, one an axis; nil where it has none.
    package struct Line: Sendable {
        package var values: [Double?]
        /// Which group it belongs to.
        package var group: Int

        package init(_ values: [Double?], group: Int) {
            self.values = values
            self.group = group
        }
    }

    package var name, title, description: String
    package var axes: [Axis]
    /// What the groups of lines are, those that matter most first.
    package var groups: [String]
    /// The lines, those that matter most first; they are drawn above the others.
    package var lines: [Line]
    /// Whether the first line stands out, with a mark on each axis, and what it is.
    package var best: String?
    package var width = 440.0

    /// A figure of lines.
    package init(
        name: String, title: String, description: String, axes: [Axis], groups: [String], lines: [Line], best: String?
    ) {
        self.name = name
        self.title = title
        self.description = description
        self.axes = axes
        self.groups = groups
        self.lines = lines
        self.best = best
    }

    private static let margin = 26.0
    private static let distance = 74.0

    /// The lines, drawn.
    package var figure: Figure {
        let used = groups.indices.filter { group in lines.contains { $0.group == group } }
        var entries = used.map { Legend.Entry(name: groups[$0], paint: paint($0), dashes: dashes($0)) }
        if let best { entries.insert(Legend.Entry(name: best, paint: .series[1], shape: .circle), at: 0) }
        let legend = Legend(entries, from: 8, width: width - 16)
        let tops = axes.indices.map { legend.height + 34 + Self.distance * Double($0) }
        var parts = [legend.element(top: 0)]
        for (place, line) in lines.enumerated().reversed() {
            parts.append(drawn(line, isBest: place == 0 && best != nil, tops))
        }
        // Texts stand above the lines, on paper of their own.
        parts += zip(axes, tops).map(drawn)
        return Figure(
            name: name, title: title, description: description, width: width, height: (tops.last ?? 0) + 34,
            content: parts.joined(separator: "\n"))
    }

    private func paint(_ group: Int) -> Paint { group == 0 ? .series[0] : group == 1 ? .series[2] : .muted }
    private func dashes(_ group: Int) -> String? { [nil, "7 4", "2 3"][min(group, 2)] }

    private func across(_ value: Double, _ axis: Axis) -> Double {
        Self.margin + (width - 2 * Self.margin) * axis.scale.fraction(of: value)
    }

    private func drawn(_ axis: Axis, top: Double) -> String {
        let right = width - Self.margin
        let name = Label.shortened(axis.name, to: right - Self.margin)
        var parts = [
            PlotArea.line(Self.margin, top, right, top, .muted, width: 1.5),
            Self.backing(left: Self.margin, width: Label.width(name) * 1.08, baseline: top - 12),
            Label(name, x: Self.margin, y: top - 12).weighted("bold").element,
        ]
        var taken = -Double.infinity
        for tick in axis.scale.ticks {
            let x = across(tick, axis)
            parts.append(PlotArea.line(x, top, x, top + 5, .muted))
            let text = Label.shortened(axis.scale.label(of: tick), to: width * 0.4), half = Label.width(text) / 2
            // Texts that have no room beside the one before are left out; none leaves the figure.
            let middle = min(max(x, half + 2), width - half - 2)
            guard middle - half > taken + 6 else { continue }
            taken = middle + half
            parts.append(Self.backing(left: middle - half, width: 2 * half, baseline: top + 21))
            parts.append(Label(text, x: middle, y: top + 21, anchor: .middle, paint: .muted).element)
        }
        return parts.joined(separator: "\n")
    }

    /// What lets a text be read above lines.
    private static func backing(left: Double, width: Double, baseline: Double) -> String {
        PlotArea.rectangle(left - 2, baseline - 12, width + 4, 16, .paper, opacity: 0.85)
    }

    private func drawn(_ line: Line, isBest: Bool, _ tops: [Double]) -> String {
        let n = Markup.number
        let places = zip(zip(axes, line.values), tops).compactMap { pair, top -> (x: Double, y: Double)? in
            guard let value = pair.1, value.isFinite else { return nil }
            return (across(value, pair.0), top)
        }
        guard !places.isEmpty else { return "" }
        let paint = isBest ? Paint.series[1] : paint(line.group)
        var attributes = [
            ("points", places.map { "\(n($0.x)),\(n($0.y))" }.joined(separator: " ")),
            ("stroke-width", isBest ? "3" : line.group == 0 ? "2" : "1.3"),
            ("stroke-opacity", isBest ? "1" : line.group == 0 ? "0.85" : "0.6"), ("stroke-linejoin", "round"),
        ]
        if !isBest, let dashes = dashes(line.group) { attributes.append(("stroke-dasharray", dashes)) }
        let marks = isBest ? places.map { MarkShape.circle.element(x: $0.x, y: $0.y, radius: 5, paint: paint) } : []
        return Markup.element("polyline", attributes + Paint.attributes(stroke: paint)) + marks.joined()
    }
}
