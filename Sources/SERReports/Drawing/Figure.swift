// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A drawing that stands alone as an SVG file and can be put into a page.
package struct Figure: Sendable, Equatable {
    /// The name of its file without ending, such as `loss-gru`; unique within a page.
    package var name: String
    /// The heading.
    package var title: String
    /// What is seen, in numbers, for those who do not see it.
    package var description: String
    /// Size in pixels, without the heading.
    package let width, height: Double
    /// The elements, below the heading.
    package let content: String

    /// A figure of SVG elements within `width` and `height`.
    package init(name: String, title: String, description: String, width: Double, height: Double, content: String) {
        self.name = name
        self.title = title
        self.description = description
        self.width = width
        self.height = height
        self.content = content
    }

    /// The smallest text, in pixels.
    package static let textSize = 14.0

    /// The figure as a document of its own, with its heading; light or dark as the viewer likes it.
    package var svg: String {
        let heading = 34.0
        let size = (Markup.number(width), Markup.number(height + heading))
        let background = Markup.element(
            "rect", [("width", size.0), ("height", size.1)] + Paint.attributes(fill: .paper))
        let fitting = min(17, 17 * width / Label.width(title, size: 17.5))
        let text = Label(title, x: width / 2, y: 24, anchor: .middle, size: fitting)
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(size.0)" height="\(size.1)" \
            viewBox="0 0 \(size.0) \(size.1)" role="img" aria-labelledby="title description" \
            font-family="\(Self.fonts)" font-size="\(Markup.number(Self.textSize))">
            <title id="title">\(Markup.escaped(title))</title>
            <desc id="description">\(Markup.escaped(description))</desc>
            <style>\(Paint.styleSheet)</style>
            \(background)
            \(text.weighted("bold").element)
            <g transform="translate(0 \(Markup.number(heading)))">
            \(content)
            </g>
            </svg>

            """
    }

    /// The figure as an element of a page that holds ``Paint/styleSheet``; the heading is left to the caption.
    package var inlined: String {
        """
        <svg viewBox="0 0 \(Markup.number(width)) \(Markup.number(height))" style="max-width:\(Markup.number(width))px" \
        role="img" aria-labelledby="\(Markup.escaped(name))-t \(Markup.escaped(name))-d" \
        font-size="\(Markup.number(Self.textSize))">
        <title id="\(Markup.escaped(name))-t">\(Markup.escaped(title))</title>
        <desc id="\(Markup.escaped(name))-d">\(Markup.escaped(description))</desc>
        \(content)
        </svg>
        """
    }

    private static let fonts = "system-ui, 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"

    /// Several figures side by side as one.
    package static func beside(_ figures: [Figure], name: String, title: String, description: String) -> Figure {
        let gap = 16.0
        var left = 0.0
        let parts = figures.map { figure in
            defer { left += figure.width + gap }
            return Markup.element("g", [("transform", "translate(\(Markup.number(left)) 0)")], figure.content)
        }
        return Figure(
            name: name, title: title, description: description, width: max(0, left - gap),
            height: figures.map(\.height).max() ?? 0, content: parts.joined(separator: "\n"))
    }
}

/// A text in a figure.
struct Label {
    enum Anchor: String { case start, middle, end }

    private let text: String
    private let x, y: Double
    private let anchor: Anchor
    private let size: Double
    private let paint: Paint
    private let turn: Double
    private var weight: String?

    init(
        _ text: String, x: Double, y: Double, anchor: Anchor = .start, size: Double = Figure.textSize,
        paint: Paint = .ink, turn: Double = 0
    ) {
        self.text = text
        self.x = x
        self.y = y
        self.anchor = anchor
        self.size = size
        self.paint = paint
        self.turn = turn
    }

    func weighted(_ weight: String) -> Label {
        var label = self
        label.weight = weight
        return label
    }

    var element: String {
        var attributes = [("x", Markup.number(x)), ("y", Markup.number(y))]
        if anchor != .start { attributes.append(("text-anchor", anchor.rawValue)) }
        if size != Figure.textSize { attributes.append(("font-size", Markup.number(size))) }
        if let weight { attributes.append(("font-weight", weight)) }
        if turn != 0 {
            attributes.append(("transform", "rotate(\(Markup.number(turn)) \(Markup.number(x)) \(Markup.number(y)))"))
        }
        return Markup.element("text", attributes + Paint.attributes(fill: paint), Markup.escaped(text))
    }

    /// About how wide a text is: viewers have fonts of their own. Wide scripts count double.
    static func width(_ text: String, size: Double = Figure.textSize) -> Double { units(text) * size }

    private static func units(_ text: some StringProtocol, after units: Double = 0) -> Double {
        text.unicodeScalars.reduce(units) { $0 + ($1.value >= 0x2E80 ? 1.0 : $1.properties.isUppercase ? 0.66 : 0.55) }
    }

    /// A text that is no wider than `limit`, its end left out where it must be.
    static func shortened(_ text: String, to limit: Double, size: Double = Figure.textSize) -> String {
        guard width(text, size: size) > limit else { return text }
        var kept = text.startIndex, taken = 0.0
        while kept < text.endIndex {
            let next = text.index(after: kept)
            taken = units(text[kept..<next], after: taken)
            guard units("…", after: taken) * size <= limit else { break }
            kept = next
        }
        return text[..<kept] + "…"
    }
}
