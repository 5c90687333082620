// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

extension ComparisonResults: CustomStringConvertible {
    /// The table that the report prints (its Table 1), with what a careful reader asks for besides.
    public var description: String {
        ([heading] + rows + notes).joined(separator: "\n")
    }

    private var heading: String {
        let part = "\(split.train) clips to train, \(split.validation) to validate, \(split.test) to test"
        let name = synthetic && !corpus.lowercased().contains("synthetic") ? "synthetic \(corpus)" : corpus
        return "\(name), \(split.method): \(part); \(epochs) epochs\n"
    }

    private var rows: [String] {
        var table = TextTable([
            "model", "test loss", "test accuracy", "errors", "UAR", "macro F1", "AUC", "best epoch", "seconds",
            "parameters",
        ])
        for model in models {
            table.append([
                model.name.uppercased(), model.testLoss.fixed(4), model.testAccuracy.fixed(4),
                "\(model.errors)/\(model.confusion.total)", model.unweightedAverageRecall.fixed(4),
                model.macroF1.fixed(4), model.auc.map { $0.fixed(4) } ?? "-", "\(model.bestEpoch)",
                model.trainSeconds.fixed(1), grouped(model.parameters),
            ])
        }
        return models.isEmpty ? [] : table.lines
    }

    private var notes: [String] {
        var notes: [String] = [""]
        if synthetic {
            notes.append("The corpus is synthetic: these figures say nothing about real voices.")
        }
        notes += (split.warnings + models.compactMap(\.divergence)).map { "Warning: \($0)" }
        if let text = partlyHeard?.text(of: split.train + split.validation + split.test) { notes.append("\(text).") }
        if !missing.isEmpty {
            notes.append("Stopped before the end; not trained: \(missing.joined(separator: ", ")).")
        }
        return notes.count > 1 ? notes : []
    }
}
