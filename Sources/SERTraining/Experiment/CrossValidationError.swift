// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Why a cross-validation could not be run to its end.
public enum CrossValidationError: Error, Sendable, CustomStringConvertible, LocalizedError {
    /// The corpus cannot be cut so.
    case split(SplitError)
    /// A setting that cannot work.
    case setting(String)
    /// A network could not be trained or tested; which fold it was.
    case training(TrainingError, fold: String)
    /// A file cannot be written.
    case file(FileWriteError)
    /// A kept result cannot be read.
    case unreadable(path: String, reason: String)
    /// A kept result has another version.
    case version(path: String, found: Int, known: Int)
    /// A kept fold is of another cross-validation; each difference is named.
    case differs(path: String, differences: [String])
    /// Somebody stopped it when so many folds were finished.
    case stopped(finished: Int, total: Int)

    public var description: String {
        switch self {
        case .split(let error): return error.description
        case .setting(let reason): return "This cross-validation cannot be run: \(reason)."
        case .training(let error, let fold): return "\(error) (\(fold))"
        case .file(let error): return error.description
        case .unreadable(let path, let reason):
            return "\(path) cannot be read: \(reason). Remove it, or name another folder."
        case .version(let path, let found, let known):
            return "\(path) has version \(found), and this library reads version \(known). "
                + "Make the results again with this library, or read them with that which wrote them."
        case .differs(let path, let differences):
            let rest = differences.count > 3 ? "; and \(differences.count - 3) more" : ""
            return "\(path) is of another cross-validation: \(differences.prefix(3).joined(separator: "; "))\(rest). "
                + "Run with what it was made with, or name another folder."
        case .stopped(let finished, let total): return "Stopped; \(finished) of \(total) folds are finished."
        }
    }

    public var errorDescription: String? { description }
}
