// SPDX-License-Identifier: Apache-2.0

/// A colour of figures and pages: as it is on white, and on a dark page.
///
/// Figures name it twice: as an attribute that every viewer understands, and as a class with which the style sheet
/// brings in the dark variant.
package struct Paint: Sendable, Hashable {
    /// The colour's name in classes and custom properties.
    package let name: String
    /// The colour on a light and on a dark page, as `#rrggbb`.
    package let light, dark: String

    /// What is behind everything.
    package static let paper = Paint(name: "paper", light: "#ffffff", dark: "#14171b")
    /// Text and axes.
    package static let ink = Paint(name: "ink", light: "#1c2127", dark: "#e6e9ed")
    /// Text that steps back.
    package static let muted = Paint(name: "muted", light: "#566070", dark: "#a3adba")
    /// Lines that lead the eye.
    package static let grid = Paint(name: "grid", light: "#dde2e8", dark: "#343b45")
    /// Full cells of a heat map.
    package static let heat = Paint(name: "heat", light: "#00588f", dark: "#6fbdf0")

    /// Colours of series, in their order: blue, vermilion, bluish green, reddish purple, orange of Okabe and Ito's set
    /// (Color universal design, 2008), which forms of colour blindness leave apart; on dark, lighter ones of the hues.
    package static let series = [
        Paint(name: "blue", light: "#0072B2", dark: "#58b1ea"),
        Paint(name: "vermilion", light: "#D55E00", dark: "#ff8a47"),
        Paint(name: "green", light: "#00855f", dark: "#2cc598"),
        Paint(name: "purple", light: "#b3588a", dark: "#e79cc6"),
        Paint(name: "orange", light: "#b97700", dark: "#f2b43a"),
        Paint(name: "slate", light: "#46505c", dark: "#c3ccd6"),
    ]

    static let all = [paper, ink, muted, grid, heat] + series

    /// Attributes that fill and draw the outline in these colours.
    static func attributes(fill: Paint? = nil, stroke: Paint? = nil) -> [(String, String)] {
        let names = [fill.map { "f-\($0.name)" }, stroke.map { "s-\($0.name)" }].compactMap { $0 }
        return [("class", names.joined(separator: " ")), ("fill", fill?.light ?? "none")]
            + (stroke.map { [("stroke", $0.light)] } ?? [])
    }

    /// The custom properties of all colours, light and dark, and the classes that use them.
    package static let styleSheet: String = {
        func properties(_ value: (Paint) -> String) -> String {
            all.map { "--\($0.name):\(value($0))" }.joined(separator: ";")
        }
        let classes = all.map { ".f-\($0.name){fill:var(--\($0.name))}.s-\($0.name){stroke:var(--\($0.name))}" }
        return
            ":root{\(properties(\.light))}\n@media screen and (prefers-color-scheme:dark){:root{\(properties(\.dark))}}\n"
            + classes.joined()
    }()
}

/// How a series looks besides its colour, so that it is known in grey too.
struct SeriesLook {
    let paint: Paint
    let dashes: String?
    let shape: MarkShape

    init(_ index: Int) {
        paint = Paint.series[index % Paint.series.count]
        dashes = [nil, "7 4", "2 3", "10 3 2 3", "14 4", "5 2"][index % 6]
        shape = MarkShape.allCases[index % MarkShape.allCases.count]
    }
}

/// The shape of a point.
enum MarkShape: CaseIterable {
    case circle, square, triangle, diamond, wedge, cross

    /// The shape around a place.
    func element(x: Double, y: Double, radius r: Double, paint: Paint) -> String {
        let n = Markup.number
        let fill = Paint.attributes(fill: paint)
        switch self {
        case .circle: return Markup.element("circle", [("cx", n(x)), ("cy", n(y)), ("r", n(r))] + fill)
        case .square:
            let side = r * 1.8
            return Markup.element(
                "rect",
                [("x", n(x - side / 2)), ("y", n(y - side / 2)), ("width", n(side)), ("height", n(side))] + fill)
        case .triangle: return polygon([(0, -1.2), (1.15, 0.9), (-1.15, 0.9)], x, y, r, fill)
        case .diamond: return polygon([(0, -1.35), (1.2, 0), (0, 1.35), (-1.2, 0)], x, y, r, fill)
        case .wedge: return polygon([(0, 1.2), (1.15, -0.9), (-1.15, -0.9)], x, y, r, fill)
        case .cross:
            let path =
                "M\(n(x - r)) \(n(y - r))L\(n(x + r)) \(n(y + r))M\(n(x - r)) \(n(y + r))"
                + "L\(n(x + r)) \(n(y - r))"
            return Markup.element("path", [("d", path), ("stroke-width", "2.4")] + Paint.attributes(stroke: paint))
        }
    }

    private func polygon(
        _ corners: [(Double, Double)], _ x: Double, _ y: Double, _ r: Double, _ fill: [(String, String)]
    ) -> String {
        let points = corners.map { "\(Markup.number(x + $0.0 * r)),\(Markup.number(y + $0.1 * r))" }
        return Markup.element("polygon", [("points", points.joined(separator: " "))] + fill)
    }
}
