// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a page of results holds, without how it looks: rendered to one HTML file that needs no network and no script.
package struct ReportPage: Sendable {
    /// A part of the page under a heading.
    package struct Section: Sendable {
        package var title: String
        package var pieces: [Piece]

        package init(_ title: String, _ pieces: [Piece]) {
            self.title = title
            self.pieces = pieces
        }
    }

    /// What sections are made of. All texts are plain; they are escaped when the page is rendered.
    package indirect enum Piece: Sendable {
        /// A heading within a section.
        case heading(String)
        case paragraph(String)
        /// Something that a reader must not overlook.
        case warning(String)
        case list([String])
        case table(Table)
        /// Figures side by side where there is room.
        case figures([CaptionedFigure])
        /// A command to copy.
        case command(String)
        /// A sound to play: a file's bytes with its type, such as `audio/wav`.
        case sound(name: String, type: String, data: Data)
        /// Pieces that open on a click, or in print.
        case details(String, [Piece])
        /// Boxes side by side where there is room, each with its pieces.
        case cards([[Piece]])
    }

    /// A figure with what stands below it.
    package struct CaptionedFigure: Sendable {
        package var figure: Figure
        package var caption: String

        package init(_ figure: Figure, caption: String) {
            self.figure = figure
            self.caption = caption
        }
    }

    /// Rows under headings.
    package struct Table: Sendable {
        package struct Column: Sendable {
            package var title: String
            /// Numbers lean right.
            package var isNumber: Bool

            package init(_ title: String, isNumber: Bool = true) {
                self.title = title
                self.isNumber = isNumber
            }
        }

        /// What the table shows, in a sentence.
        package var caption: String
        package var columns: [Column]
        /// The first cell of a row is its heading.
        package var rows: [[String]]
        /// Rows that stand out, such as the best.
        package var strong: Set<Int> = []

        /// A table whose first column holds names and whose others hold numbers.
        package init(_ caption: String, _ first: String, _ numbers: [String], rows: [[String]]) {
            self.init(
                caption: caption, columns: [Column(first, isNumber: false)] + numbers.map { Column($0) }, rows: rows)
        }

        package init(caption: String, columns: [Column], rows: [[String]]) {
            self.caption = caption
            self.columns = columns
            self.rows = rows
        }
    }

    /// The heading of the page.
    package var title: String
    /// What was tested, how, and what came out, in a sentence.
    package var summary: String
    /// What a reader must know to take the summary rightly.
    package var warnings: [String]
    /// The most important numbers, each with what it is, and a word more.
    package var highlights: [Highlight]
    package var sections: [Section]
    /// The last line, such as the library's version.
    package var footer: String
    /// After how many seconds the browser is to load the page again; `nil` for a page that is finished.
    package var refreshSeconds: Int?

    /// A number that stands out at the top of a page.
    package struct Highlight: Sendable {
        package var value, name, note: String

        package init(_ value: String, _ name: String, note: String = "") {
            self.value = value
            self.name = name
            self.note = note
        }
    }

    /// A page of sections.
    package init(
        title: String, summary: String, warnings: [String] = [], highlights: [Highlight] = [],
        sections: [Section] = [], footer: String = ""
    ) {
        self.title = title
        self.summary = summary
        self.warnings = warnings
        self.highlights = highlights
        self.sections = sections
        self.footer = footer
    }

    /// All figures of the page, in order.
    package var figures: [Figure] { sections.flatMap { Self.figures(in: $0.pieces) } }

    private static func figures(in pieces: [Piece]) -> [Figure] {
        pieces.flatMap { piece -> [Figure] in
            switch piece {
            case .figures(let figures): figures.map(\.figure)
            case .details(_, let pieces): Self.figures(in: pieces)
            case .cards(let cards): cards.flatMap { Self.figures(in: $0) }
            default: []
            }
        }
    }
}
