// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

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
    /// A name that no speaker or sentence has; those that there are.
    case unknownGroup(Grouping, name: String, known: [String])
    /// A number of folds that cannot be made.
    case folds(Int)
    /// More folds than there are clips.
    case tooManyFolds(Int, clips: Int)
    /// All clips are of one speaker or one sentence; the protocols that remain.
    case oneGroup(Grouping, name: String, remaining: [String])
    /// Fewer than two speakers or sentences are left of which some could validate and the others train.
    case noGroupToValidate(Grouping, fold: String, groups: Int)
    /// The training part of a fold would hold no clip of a class.
    case missingClass(label: String, fold: String)
    /// A file that a list names is not one of the corpus's clips, or several have the name.
    case listedFile(String, found: Int)
    /// Several files that lists name and that are none of the corpus's clips.
    case listedFiles([String])
    /// A file that lists name twice.
    case listedTwice(String)
    /// A name that is none of the corpus's labels.
    case unknownLabel(String, known: [String])
    /// A text that cannot be the name of a label, and why.
    case labelName(String, reason: String)
    /// Speakers or sentences are named so that none is left to train on, or to validate by.
    case noGroupLeft(Grouping, groups: Int)
    /// A speaker or sentence that is named twice, be it to test and to validate.
    case groupNamedTwice(Grouping, name: String)
    /// Corpora with fewer than two labels in common; the labels of each.
    case noSharedLabels([[String]])
    /// A corpus that is not among those joined.
    case noCorpus(String, known: [String])
    /// Two corpora of one name, or one that should be both trained and tested on.
    case sameCorpus(String)
    /// A position outside of the corpus.
    case outOfRange(Int, clips: Int)
    /// A position that occurs in two parts, or twice in one.
    case overlap(Int, Partition.Role, Partition.Role)
}

extension SplitError: LocalizedError, CustomStringConvertible {
    /// Which names may have been meant: near ones, or all where they are few.
    private static func hint(at name: String, among known: [String]) -> String {
        let near = nearMatches(of: name, among: known)
        return near.names.isEmpty && known.count <= 20 ? "There are \(known.joined(separator: ", "))." : near.sentence
    }

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
            "The corpus has \(counted(groups, grouping.rawValue)), too few for \(parts) parts that "
                + "share none. Ask for fewer parts, or test on each \(grouping.rawValue) in turn."
        case .unknownGroup(let grouping, let name, let known):
            "No \(grouping.rawValue) is called '\(name)'. "
                + Self.hint(at: name, among: known)
        case .groupNamedTwice(let grouping, let name):
            "The \(grouping.rawValue) \(name) is named twice, and each can be in one part alone: to test, or to validate. "
                + "Name others, or nobody to validate: then some of the rest do, by chance."
        case .noGroupLeft(let grouping, let groups):
            "The corpus has \(counted(groups, grouping.rawValue)), and too few are left to train on and to choose the best "
                + "epoch by beside those that are named: at least one each. Name fewer."
        case .folds(let folds):
            "A corpus cannot be cut into \(folds) folds; ask for 2 or more, at most as many as the smallest class has "
                + "clips."
        case .tooManyFolds(let folds, let clips):
            "\(folds) folds cannot be made of \(clips) \(clips == 1 ? "clip" : "clips"); ask for at most as many "
                + "folds as there are clips."
        case .oneGroup(let grouping, let name, let remaining):
            "The corpus has one \(grouping.rawValue) only, \(name), so that nothing can be said about "
                + "\(grouping.rawValue)s never heard. "
                + (remaining.isEmpty
                    ? "Bring clips of other \(grouping.rawValue)s, and of two emotions or more."
                    : "What remains: \(remaining.joined(separator: ", ")); or bring clips of others.")
        case .noGroupToValidate(let grouping, let fold, let groups):
            "\(groups) \(grouping.rawValue)\(groups == 1 ? " is" : "s are") left to train and to validate (\(fold)), and "
                + "two are needed where no \(grouping.rawValue) is to be in both. Validate by a share of each class, or "
                + "ask for more folds."
        case .missingClass(let label, let fold):
            "No clip of the class \"\(label)\" would be left to train on (\(fold)): all are among those tested. Add clips "
                + "of it from elsewhere, or leave the class out; more folds help where a fold tests several groups."
        case .listedFile(let file, let found):
            found == 0
                ? "\(file) is listed, and is not in the corpus."
                : "\(file) is listed, and \(found) clips are called so; write more of its path."
        case .listedFiles(let files):
            "\(files.count) files are listed that are not in the corpus: \(files.prefix(5).joined(separator: ", "))"
                + (files.count > 5 ? " and \(files.count - 5) more." : ".")
        case .listedTwice(let file): "The lists name \(file) twice; a clip is tested once."
        case .unknownLabel(let label, let known):
            "The corpus has no label \"\(label)\"; it has \(known.joined(separator: ", "))."
                + (EmotionNames.label(for: label).flatMap {
                    known.contains($0) ? " That emotion is \"\($0)\" here." : nil
                }
                    ?? "")
        case .labelName(let name, let reason): "The label \(quoted(name)) \(reason)."
        case .noSharedLabels(let labels):
            "The corpora have fewer than two labels in common ("
                + labels.map { $0.joined(separator: ", ") }.joined(separator: " and ")
                + "). Give the same names to what is the same, as with relabelled(_:) or --map."
        case .noCorpus(let name, let known):
            "There are no clips of a corpus \(name); there are clips of \(known.joined(separator: ", "))."
        case .sameCorpus(let name):
            "\(name) stands for both corpora; give one of them another name, or name two different ones."
        case .outOfRange(let index, let clips):
            "The position \(index) is outside of the corpus of \(clips) clips."
        case .overlap(let index, let first, let second):
            first == second
                ? "The position \(index) occurs twice in the \(first.rawValue) part."
                : "The position \(index) is in both the \(first.rawValue) and the \(second.rawValue) part."
        }
    }
}
