// SPDX-License-Identifier: Apache-2.0

/// The area of a chart within its axes: from values to pixels.
struct PlotArea {
    let left, top, width, height: Double
    let x, y: AxisScale

    var right: Double { left + width }
    var bottom: Double { top + height }

    func across(_ value: Double) -> Double { left + width * x.fraction(of: value) }
    func down(_ value: Double) -> Double { bottom - height * y.fraction(of: value) }

    /// Grid, ticks with their numbers, and what the axes are called.
    func axes(x xLabel: String, y yLabel: String, hasVerticalGrid: Bool = false) -> String {
        let n = Markup.number
        var parts: [String] = []
        for tick in y.ticks {
            let line = down(tick)
            parts.append(Self.line(left, line, right, line, .grid))
            parts.append(Label(y.label(of: tick), x: left - 8, y: line + 5, anchor: .end, paint: .muted).element)
        }
        for tick in x.ticks {
            let line = across(tick)
            if hasVerticalGrid { parts.append(Self.line(line, top, line, bottom, .grid)) }
            parts.append(Self.line(line, bottom, line, bottom + 5, .muted))
            let name = Label.shortened(x.label(of: tick), to: max(width / Double(max(x.ticks.count, 1)) * 1.25, 30))
            parts.append(Label(name, x: line, y: bottom + 20, anchor: .middle, paint: .muted).element)
        }
        parts.append(
            Markup.element(
                "path", [("d", "M\(n(left)) \(n(top))V\(n(bottom))H\(n(right))")] + Paint.attributes(stroke: .muted)))
        parts.append(Label(xLabel, x: left + width / 2, y: bottom + 42, anchor: .middle).element)
        parts.append(Label(yLabel, x: 14, y: top + height / 2, anchor: .middle, turn: -90).element)
        return parts.joined(separator: "\n")
    }

    /// A straight line in pixels.
    static func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ paint: Paint, width: Double = 1, dashes: String? = nil
    ) -> String {
        let n = Markup.number
        var attributes = [("x1", n(x1)), ("y1", n(y1)), ("x2", n(x2)), ("y2", n(y2))]
        if width != 1 { attributes.append(("stroke-width", n(width))) }
        if let dashes { attributes.append(("stroke-dasharray", dashes)) }
        return Markup.element("line", attributes + Paint.attributes(stroke: paint))
    }

    /// A filled rectangle in pixels.
    static func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ paint: Paint, opacity: Double = 1
    ) -> String {
        let n = Markup.number
        var attributes = [("x", n(x)), ("y", n(y)), ("width", n(max(width, 0))), ("height", n(max(height, 0)))]
        if opacity < 1 { attributes.append(("fill-opacity", opacity.fixed(3))) }
        return Markup.element("rect", attributes + Paint.attributes(fill: paint))
    }
}

/// What the lines and points of a chart stand for, in rows above it.
struct Legend {
    struct Entry {
        var name: String
        var paint: Paint
        var dashes: String?
        var shape: MarkShape?
        var isLine = true
    }

    private let rows: [[(entry: Entry, x: Double)]]
    private static let rowHeight = 22.0
    private static let sample = 34.0

    /// The entries in as many rows as the width asks for.
    init(_ entries: [Entry], from left: Double, width: Double) {
        var rows: [[(entry: Entry, x: Double)]] = [[]]
        var x = left
        for entry in entries {
            var entry = entry
            entry.name = Label.shortened(entry.name, to: width - Self.sample)
            let needed = Self.sample + Label.width(entry.name) + 16
            if x > left, x + needed - 16 > left + width {
                rows.append([])
                x = left
            }
            rows[rows.count - 1].append((entry, x))
            x += needed
        }
        self.rows = rows.filter { !$0.isEmpty }
    }

    var height: Double { Double(rows.count) * Self.rowHeight }

    /// The legend with its upper edge at `top`.
    func element(top: Double) -> String {
        var parts: [String] = []
        for (index, row) in rows.enumerated() {
            let y = top + Double(index) * Self.rowHeight + 10
            for (entry, x) in row {
                if entry.isLine {
                    parts.append(PlotArea.line(x, y, x + 26, y, entry.paint, width: 2.4, dashes: entry.dashes))
                } else if entry.shape == nil {
                    parts.append(PlotArea.rectangle(x + 4, y - 7, 18, 14, entry.paint, opacity: 0.35))
                }
                if let shape = entry.shape {
                    parts.append(shape.element(x: x + 13, y: y, radius: 4.5, paint: entry.paint))
                }
                parts.append(Label(entry.name, x: x + Self.sample, y: y + 5).element)
            }
        }
        return parts.joined(separator: "\n")
    }
}
