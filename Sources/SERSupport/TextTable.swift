// SPDX-License-Identifier: Apache-2.0

import Foundation

extension String {
    /// The text with spaces before it, up to `width` characters.
    package func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }

    /// The text with spaces after it, up to `width` characters.
    package func rightPadded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

extension Double {
    /// The number with a fixed count of decimal places, as C's `%.4f` prints it, but for a zero without a sign.
    package func fixed(_ places: Int) -> String {
        let text = String(format: "%.\(places)f", self)
        let isNegativeZero = isFinite && text.hasPrefix("-") && !text.contains { ("1"..."9").contains($0) }
        return isNegativeZero ? String(text.dropFirst()) : text
    }

    /// The number with a fixed count of significant digits, as C's `%.3g` prints it.
    package func significant(_ digits: Int) -> String { String(format: "%.\(digits)g", self) }
}

/// Columns of text under headings, each as wide as its widest cell.
package struct TextTable {
    /// Which side of its column a cell leans on.
    package enum Alignment: Sendable { case left, right }

    private let headings: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []

    /// An empty table; `alignments` counts from the left, columns past its end lean right.
    package init(_ headings: [String], alignments: [Alignment] = [.left]) {
        self.headings = headings
        self.alignments = alignments
    }

    /// Adds a row; missing cells stay empty, cells past the headings are left out.
    package mutating func append(_ row: [String]) {
        rows.append((0..<headings.count).map { $0 < row.count ? row[$0] : "" })
    }

    /// The lines of the table, headings first, no spaces at line ends.
    package var lines: [String] {
        let all = [headings] + rows
        let widths = headings.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = row.indices.map { column in
                alignment(of: column) == .left
                    ? row[column].rightPadded(to: widths[column]) : row[column].leftPadded(to: widths[column])
            }
            let line = cells.joined(separator: "  ")
            return String(line[..<(line.lastIndex { $0 != " " }.map(line.index(after:)) ?? line.startIndex)])
        }
    }

    private func alignment(of column: Int) -> Alignment { column < alignments.count ? alignments[column] : .right }
}
