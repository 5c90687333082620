import Foundation

/// Why a corpus cannot be cut as asked.
public enum SplitError: Error, Sendable, Equatable {
    /// Fractions that are negative, not numbers, or more than 1 together, or none to train on.
    case fractions(train: Double, validation: Double, test: Double)
    /// A part that was asked for would have no clips.
    case emptyPart(Partition.Role, clips: Int)
    /// A class with fewer clips than there are parts.
    case tooFewClips(label: String, clips: Int, needed: Int)
    /// Clips without the speaker or sentence by which they should be grouped; the first of them.
    case ungrouped(by: Grouping, clips: Int, first: String)
    /// Fewer speakers or sentences than there are parts.
    case tooFewGroups(Grouping, groups: Int, parts: Int)
    /// A number of folds that cannot be made.
    case folds(Int)
    /// A position outside of the corpus.
    case outOfRange(Int, clips: Int)
    /// A position that occurs in two parts, or twice in one.
    case overlap(Int, Partition.Role, Partition.Role)
}

extension SplitError: LocalizedError, CustomStringConvertible {
    public var errorDescription: String? { description }

    public var description: String {
        switch self {
        case .fractions(let train, let validation, let test):
            "The fractions \(train) (training), \(validation) (validation) and \(test) (test) cannot be: the first "
                + "must be positive, none negative, and their sum at most 1."
        case .emptyPart(let role, let clips):
            "The \(role.rawValue) part would have no clips (the corpus has \(clips)). "
                + "Give it a larger fraction, or add clips."
        case .tooFewClips(let label, let clips, let needed):
            "The class \"\(label)\" has \(clips) \(clips == 1 ? "clip" : "clips"), too few for \(needed) parts that "
                + "each hold every class. Add clips of it, leave it out, or split at random."
        case .ungrouped(let grouping, let clips, let first):
            "\(clips) \(clips == 1 ? "clip has" : "clips have") no known \(grouping.rawValue), \(first) for one, so "
                + "that the corpus cannot be grouped by it. State it in a manifest, leave them out, or split otherwise."
        case .tooFewGroups(let grouping, let groups, let parts):
            "The corpus has \(groups) \(grouping.rawValue)\(groups == 1 ? "" : "s"), too few for \(parts) parts that "
                + "share none. Ask for fewer parts, or test on each \(grouping.rawValue) in turn."
        case .folds(let folds):
            "A corpus cannot be cut into \(folds) folds; ask for 2 or more, at most as many as the smallest class has "
                + "clips."
        case .outOfRange(let index, let clips):
            "The position \(index) is outside of the corpus of \(clips) clips."
        case .overlap(let index, let first, let second):
            first == second
                ? "The position \(index) occurs twice in the \(first.rawValue) part."
                : "The position \(index) is in both the \(first.rawValue) and the \(second.rawValue) part."
        }
    }
}
