// SPDX-License-Identifier: Apache-2.0

import Foundation

extension ReportPage {
    /// The page as one HTML file: no address outside of it, no script.
    package var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        \(refresh)<title>\(Markup.escaped(title))</title>
        <style>
        \(Paint.styleSheet)
        \(PageStyle.css)
        </style>
        </head>
        <body>
        <header>
        <h1>\(Markup.escaped(title))</h1>
        <p class="summary">\(Markup.escaped(summary))</p>
        \(warnings.map { Piece.warning($0).html }.joined(separator: "\n"))
        \(highlightList)
        \(contents)
        </header>
        <main>
        \(sections.enumerated().map { rendered($1, $0) }.joined(separator: "\n"))
        </main>
        <footer><p>\(Markup.escaped(footer))</p></footer>
        </body>
        </html>

        """
    }

    private var refresh: String {
        refreshSeconds.map { "<meta http-equiv=\"refresh\" content=\"\($0)\">\n" } ?? ""
    }

    private var highlightList: String {
        guard !highlights.isEmpty else { return "" }
        let items = highlights.map { highlight in
            "<div><dt>\(Markup.escaped(highlight.name))</dt><dd><b>\(Markup.escaped(highlight.value))</b>"
                + (highlight.note.isEmpty ? "" : "<span>\(Markup.escaped(highlight.note))</span>") + "</dd></div>"
        }
        return "<dl class=\"highlights\">\(items.joined())</dl>"
    }

    /// Links to the sections, where there are enough to look for.
    private var contents: String {
        guard sections.count > 2 else { return "" }
        let items = sections.enumerated().map { index, section in
            "<li><a href=\"#s\(index + 1)\">\(Markup.escaped(section.title))</a></li>"
        }
        return "<nav aria-label=\"Contents\"><ul>\(items.joined())</ul></nav>"
    }

    private func rendered(_ section: Section, _ index: Int) -> String {
        """
        <section id="s\(index + 1)" aria-labelledby="h\(index + 1)">
        <h2 id="h\(index + 1)">\(Markup.escaped(section.title))</h2>
        \(section.pieces.map(\.html).joined(separator: "\n"))
        </section>
        """
    }
}

extension ReportPage.Piece {
    /// The piece as elements of a page.
    var html: String {
        switch self {
        case .heading(let text): return Markup.element("h3", [], Markup.escaped(text))
        case .paragraph(let text): return Markup.element("p", [], Markup.escaped(text))
        case .warning(let text):
            return "<p class=\"warning\"><strong>Read with care.</strong> \(Markup.escaped(text))</p>"
        case .list(let items):
            return Markup.element("ul", [], items.map { Markup.element("li", [], Markup.escaped($0)) }.joined())
        case .table(let table): return table.html
        case .figures(let figures):
            return Markup.element("div", [("class", "figures")], figures.map(\.html).joined(separator: "\n"))
        case .command(let text): return "<pre><code>\(Markup.escaped(text))</code></pre>"
        case .sound(let name, let type, let data):
            return """
                <audio controls preload="none" aria-label="\(Markup.escaped(name))" \
                src="data:\(Markup.escaped(type));base64,\(data.base64EncodedString())"></audio>
                """
        case .details(let summary, let pieces):
            return """
                <details><summary>\(Markup.escaped(summary))</summary>
                \(pieces.map(\.html).joined(separator: "\n"))
                </details>
                """
        case .cards(let cards):
            let boxes = cards.map { Markup.element("div", [("class", "card")], $0.map(\.html).joined(separator: "\n")) }
            return Markup.element("div", [("class", "figures")], boxes.joined(separator: "\n"))
        }
    }
}

extension ReportPage.CaptionedFigure {
    fileprivate var html: String {
        "<figure>\(figure.inlined)<figcaption><b>\(Markup.escaped(figure.title))</b>"
            + (caption.isEmpty ? "" : " \(Markup.escaped(caption))") + "</figcaption></figure>"
    }
}

extension ReportPage.Table {
    fileprivate var html: String {
        let head = columns.map { column in
            "<th scope=\"col\"\(column.isNumber ? " class=\"n\"" : "")>\(Markup.escaped(column.title))</th>"
        }
        let body = rows.enumerated().map { index, row in
            let cells = row.enumerated().map { place, cell -> String in
                let isNumber = place < columns.count && columns[place].isNumber
                let text = Markup.escaped(cell)
                return place == 0
                    ? "<th scope=\"row\">\(text)</th>" : "<td\(isNumber ? " class=\"n\"" : "")>\(text)</td>"
            }
            return "<tr\(strong.contains(index) ? " class=\"best\"" : "")>\(cells.joined())</tr>"
        }
        // Keyboards can scroll what can be focused.
        return """
            <p class="caption">\(Markup.escaped(caption))</p>
            <div class="scroll" role="region" aria-label="\(Markup.escaped(caption))" tabindex="0"><table>
            <thead><tr>\(head.joined())</tr></thead>
            <tbody>
            \(body.joined(separator: "\n"))
            </tbody></table></div>
            """
    }
}
