// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import SERTraining

/// A confusion matrix as a heat map, with the recall of each class beside its row.
package struct ConfusionFigure: Sendable {
    package var name, title: String
    package var labels: [String]
    package var confusion: ConfusionMatrix

    /// The matrix of classes with these names.
    package init(name: String, title: String, labels: [String], confusion: ConfusionMatrix) {
        self.name = name
        self.title = title
        self.labels = labels
        self.confusion = confusion
    }

    /// The share of its row from which on text on a cell is in the colour of the paper.
    private static let full = 0.62
    private static let widest = 92.0

    private var side: Double { min(44, max(22, 320 / Double(max(confusion.classes, 1)))) }

    /// The matrix, drawn.
    package var figure: Figure {
        let names = (0..<confusion.classes).map {
            Label.shortened($0 < labels.count ? labels[$0] : "\($0)", to: Self.widest)
        }
        let longest = names.map { Label.width($0) }.max() ?? 0
        let left = longest + 34, top = longest * 0.71 + 34
        let size = Double(confusion.classes) * side
        var parts = [
            Label("true", x: 14, y: top + size / 2, anchor: .middle, paint: .muted, turn: -90).element,
            Label("predicted", x: left + size / 2, y: top + size + 22, anchor: .middle, paint: .muted).element,
            Label("recall", x: left + size + 10, y: top + size + 22, paint: .muted).element,
        ]
        for row in 0..<confusion.classes {
            let y = top + (Double(row) + 0.5) * side
            parts.append(Label(names[row], x: left - 8, y: y + 5, anchor: .end).element)
            let place = left + (Double(row) + 0.5) * side
            parts.append(Label(names[row], x: place + 4, y: top - 8, turn: -45).element)
            let recall = support(row) > 0 ? (Double(confusion.counts[row][row]) / Double(support(row))).fixed(3) : "–"
            parts.append(Label(recall, x: left + size + 10, y: y + 5).element)
            for column in 0..<confusion.classes {
                parts.append(cell(row, column, x: left + Double(column) * side, y: top + Double(row) * side))
            }
        }
        return Figure(
            name: name, title: title, description: description, width: left + size + 64 + longest * 0.3,
            height: top + size + 32, content: parts.joined(separator: "\n"))
    }

    private func support(_ row: Int) -> Int { confusion.support(of: row) }

    private func cell(_ row: Int, _ column: Int, x: Double, y: Double) -> String {
        let count = confusion.counts[row][column]
        let share = support(row) > 0 ? Double(count) / Double(support(row)) : 0
        let text = "\(count)"
        let size = min(Figure.textSize, (side - 4) / Label.width(text, size: 1))
        return PlotArea.rectangle(x + 1, y + 1, side - 2, side - 2, .grid, opacity: 0.4)
            + (share > 0 ? PlotArea.rectangle(x + 1, y + 1, side - 2, side - 2, .heat, opacity: share) : "")
            + Label(
                text, x: x + side / 2, y: y + side / 2 + size * 0.36, anchor: .middle, size: size,
                paint: count == 0 ? .muted : share > Self.full ? .paper : .ink
            ).element
    }

    private func label(_ index: Int) -> String { index < labels.count ? labels[index] : "\(index)" }

    private var description: String {
        let classes = (0..<confusion.classes).map { row -> String in
            let wrong = (0..<confusion.classes).filter { $0 != row && confusion.counts[row][$0] > 0 }
                .sorted { confusion.counts[row][$0] > confusion.counts[row][$1] }
            let mistakes = wrong.prefix(2).map { "\(confusion.counts[row][$0]) taken for \(label($0))" }
            return (["\(label(row)): \(confusion.counts[row][row]) of \(support(row)) right"] + mistakes)
                .joined(separator: ", ")
        }
        return
            "Confusion of \(counted(confusion.total, "clip")), \(confusion.correct) right. \(classes.joined(separator: "; "))."
    }
}
