import Foundation

/// Why scores and true classes could not be compared.
public enum EvaluationError: Error, Equatable, LocalizedError, CustomStringConvertible {
    /// There is nothing to evaluate.
    case empty
    /// As many predictions are needed as there are true classes.
    case countsDiffer(targets: Int, predictions: Int)
    /// A row of scores does not hold one score a class.
    case scoresDiffer(row: Int, scores: Int, classes: Int)
    /// A class index lies outside the classes.
    case classOutOfRange(Int, position: Int, classes: Int)

    public var description: String {
        switch self {
        case .empty:
            "there is no clip to evaluate: the part is empty"
        case .countsDiffer(let targets, let predictions):
            "\(targets) true classes but \(predictions) predictions: there must be one prediction for each clip"
        case .scoresDiffer(let row, let scores, let classes):
            "row \(row) holds \(scores) scores for \(classes) classes: the model's last layer must have as many "
                + "outputs as there are labels"
        case .classOutOfRange(let index, let position, let classes):
            "clip \(position) has class \(index), but classes go from 0 to \(classes - 1)"
        }
    }

    public var errorDescription: String? { description }
}
