// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// Why an experiment could not be run to its end.
public enum ExperimentError: Error, Sendable, CustomStringConvertible, LocalizedError {
    /// The training part of a fold cannot be cut so.
    case split(SplitError)
    /// A setting that cannot work.
    case setting(String)
    /// A network could not be trained or tested; which run it was, where there are several.
    case training(TrainingError, run: String?)
    /// Two networks did not test the same clips: one has features of clips of which the other has none.
    case differentClips(first: String, second: String, clips: [String])
    /// A file cannot be written.
    case file(FileWriteError)
    /// Another experiment is at work in the folder, in this process or another.
    case inUse(path: String)
    /// A kept run cannot be read.
    case unreadable(path: String, reason: String)
    /// A kept run has another version.
    case version(path: String, found: Int, known: Int)
    /// A kept run is of another experiment; each difference is named.
    case differs(path: String, differences: [String])
    /// What was given to `run` to see the networks failed.
    case observer(any Error)

    /// What the caller's own code threw.
    init(caught error: any Error) {
        self =
            switch error {
            case let error as ExperimentError: error
            case let error as FileWriteError: .file(error)
            default: .observer(error)
            }
    }

    public var description: String {
        switch self {
        case .split(let error): return error.description
        case .setting(let reason): return "This experiment cannot be run: \(reason)."
        case .training(let error, let run): return run.map { "\(error) (\($0))" } ?? "\(error)"
        case .differentClips(let first, let second, let clips):
            return "\(first) and \(second) cannot be compared: one has features of \(clips.joined(separator: ", ")), "
                + "the other has none. Leave those clips out of the corpus."
        case .file(let error): return error.description
        case .inUse(let path):
            return
                "\(path) is in use: another experiment keeps its runs there. Wait until it has ended, or name another "
                + "folder."
        case .unreadable(let path, let reason):
            return "\(path) cannot be read: \(reason). Remove it, or name another folder."
        case .version(let path, let found, let known):
            return "\(path) has version \(found), and this library reads version \(known). "
                + "Make the results again with this library, or read them with that which wrote them."
        case .differs(let path, let differences):
            let rest = differences.count > 3 ? "; and \(differences.count - 3) more" : ""
            return "\(path) is of another experiment: \(differences.prefix(3).joined(separator: "; "))\(rest). "
                + "Run with what it was made with, or name another folder."
        case .observer(let error): return "\(error)"
        }
    }

    public var errorDescription: String? { description }
}
