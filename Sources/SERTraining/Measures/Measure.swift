// SPDX-License-Identifier: Apache-2.0

/// One number that tells how well a model does on a set of clips; each is defined at the property of
/// ``ClassificationMetrics`` that has its name.
public enum Measure: Sendable, Hashable {
    /// Fraction of clips that are classified rightly.
    case accuracy
    /// Mean recall over the classes that have clips (UAR, balanced accuracy).
    case unweightedAverageRecall
    /// Means over all classes.
    case macroPrecision, macroRecall, macroF1
    /// Mean one-versus-rest area under the ROC curve (macro AUC).
    case auc
    /// Mean cross-entropy, in nats.
    case logLoss
    /// Mean squared difference between probabilities and what was true.
    case brierScore
    /// In 10 bins of equal width.
    case expectedCalibrationError
    /// Of the class with that label.
    case precision(of: String), recall(of: String), f1(of: String)

    /// The measures of all classes together that an evaluation is told by.
    public static let standard: [Measure] = [
        .accuracy, .unweightedAverageRecall, .macroF1, .auc, .logLoss, .brierScore, .expectedCalibrationError,
    ]

    /// Precision, recall and F1 of each of the classes.
    public static func perClass(_ labels: [String]) -> [Measure] {
        labels.flatMap { [.precision(of: $0), .recall(of: $0), .f1(of: $0)] }
    }

    /// The class that the measure is of; `nil` for one of all classes together.
    var label: String? {
        switch self {
        case .precision(let label), .recall(let label), .f1(let label): label
        default: nil
        }
    }

    /// The measure in JSON, such as `macroF1` or `recall:sad`.
    public var name: String {
        switch self {
        case .accuracy: "accuracy"
        case .unweightedAverageRecall: "unweightedAverageRecall"
        case .macroPrecision: "macroPrecision"
        case .macroRecall: "macroRecall"
        case .macroF1: "macroF1"
        case .auc: "auc"
        case .logLoss: "logLoss"
        case .brierScore: "brierScore"
        case .expectedCalibrationError: "expectedCalibrationError"
        case .precision(let label): "precision:\(label)"
        case .recall(let label): "recall:\(label)"
        case .f1(let label): "f1:\(label)"
        }
    }

    /// The measure of that ``name``; `nil` for none.
    public init?(name: String) {
        let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2 {
            switch parts[0] {
            case "precision": self = .precision(of: parts[1])
            case "recall": self = .recall(of: parts[1])
            case "f1": self = .f1(of: parts[1])
            default: return nil
            }
        } else if let measure = (Measure.standard + [.macroPrecision, .macroRecall]).first(where: { $0.name == name }) {
            self = measure
        } else {
            return nil
        }
    }
}

extension Measure: CustomStringConvertible {
    /// The measure in words, such as `macro F1`.
    public var description: String {
        switch self {
        case .accuracy: "accuracy"
        case .unweightedAverageRecall: "UAR"
        case .macroPrecision: "macro precision"
        case .macroRecall: "macro recall"
        case .macroF1: "macro F1"
        case .auc: "macro AUC"
        case .logLoss: "log-loss"
        case .brierScore: "Brier score"
        case .expectedCalibrationError: "expected calibration error"
        case .precision(let label): "precision of \(label)"
        case .recall(let label): "recall of \(label)"
        case .f1(let label): "F1 of \(label)"
        }
    }
}

extension Measure: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let name = try container.decode(String.self)
        guard let measure = Measure(name: name) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "unknown measure '\(name)'")
        }
        self = measure
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}

extension ClassificationMetrics {
    /// The value of a measure; `nil` where it is undefined, or of a class that is not among the labels.
    public subscript(measure: Measure) -> Double? {
        func of(_ label: String) -> ClassMetrics? { perClass.first { $0.label == label } }
        switch measure {
        case .accuracy: return accuracy
        case .unweightedAverageRecall: return unweightedAverageRecall
        case .macroPrecision: return macroPrecision
        case .macroRecall: return macroRecall
        case .macroF1: return macroF1
        case .auc: return auc
        case .logLoss: return loss
        case .brierScore: return brierScore
        case .expectedCalibrationError: return expectedCalibrationError
        case .precision(let label): return of(label)?.precision
        case .recall(let label): return of(label)?.recall
        case .f1(let label): return of(label)?.f1
        }
    }
}
