// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// How often each class was taken for each other: rows are the true classes, columns the predicted ones.
///
/// In JSON it is the array of its rows.
public struct ConfusionMatrix: Sendable, Equatable {
    /// Counts, [true class, predicted class].
    public let counts: [[Int]]

    /// Counts pairs of true and predicted class indices.
    ///
    /// - Throws: ``EvaluationError`` when the two differ in length or an index is not below `classes`.
    public init(targets: [Int], predictions: [Int], classes: Int) throws(EvaluationError) {
        guard targets.count == predictions.count else {
            throw .countsDiffer(targets: targets.count, predictions: predictions.count)
        }
        var counts = [[Int]](repeating: [Int](repeating: 0, count: max(classes, 0)), count: max(classes, 0))
        for (position, (target, prediction)) in zip(targets, predictions).enumerated() {
            for index in [target, prediction] where !counts.indices.contains(index) {
                throw .classOutOfRange(index, position: position, classes: classes)
            }
            counts[target][prediction] += 1
        }
        self.counts = counts
    }

    /// Number of classes.
    public var classes: Int { counts.count }

    /// Number of clips counted.
    public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

    /// Number of clips whose class was predicted correctly.
    public var correct: Int { counts.indices.reduce(0) { $0 + counts[$1][$1] } }

    /// Number of clips that belong to the class `index`.
    public func support(of index: Int) -> Int { counts[index].reduce(0, +) }

    /// Number of clips that were taken for the class `index`.
    public func predicted(as index: Int) -> Int { counts.reduce(0) { $0 + $1[index] } }

    /// The matrix as a table with the names of the classes.
    public func table(labels: [String]) -> String {
        var table = TextTable(["true \\ predicted"] + labels)
        for (index, row) in counts.enumerated() {
            table.append([index < labels.count ? labels[index] : "\(index)"] + row.map(String.init))
        }
        return table.lines.joined(separator: "\n")
    }
}

extension ConfusionMatrix: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        counts = try container.decode([[Int]].self)
        guard counts.allSatisfy({ $0.count == counts.count && $0.allSatisfy { $0 >= 0 } }) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a confusion matrix is square and holds counts")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(counts)
    }
}
