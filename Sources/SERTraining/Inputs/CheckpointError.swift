// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels

/// Why a training cannot keep a checkpoint, or go on from one.
public enum CheckpointError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    /// There is a checkpoint, and nobody asked to go on from it.
    case exists(path: String)
    /// The checkpoint is of another training; each difference is named with both values.
    case differs(path: String, differences: [String])
    /// The checkpoint has more epochs than are asked for.
    case ahead(path: String, epochs: Int, asked: Int)
    /// The file is a model without what it takes to go on.
    case notACheckpoint(path: String)
    /// Another training keeps its state in the file just now.
    case inUse(path: String)
    /// The file cannot be read or written.
    case file(ModelFileError)

    public var description: String {
        switch self {
        case .exists(let path):
            return "\(path) is there already: go on from it with --resume (in code, Checkpoint(at:resume: true)), "
                + "name another file, or remove it."
        case .differs(let path, let differences):
            let rest = differences.count > 5 ? "; and \(differences.count - 5) more" : ""
            return "\(path) is of another training: \(differences.prefix(5).joined(separator: "; "))\(rest). "
                + "Train with what the checkpoint was made with, or name another checkpoint to begin anew."
        case .ahead(let path, let epochs, let asked):
            return "\(path) has \(epochs) epochs behind it, and only \(asked) are asked for. "
                + "Ask for at least \(epochs)."
        case .notACheckpoint(let path):
            return
                "\(path) is a model, and holds nothing to go on from. Name the checkpoint that was kept beside it, or "
                + "another file to begin anew."
        case .inUse(let path):
            return
                "\(path): another training keeps this checkpoint just now. Wait for its end, or name another one."
        case .file(let error): return error.description
        }
    }

    public var errorDescription: String? { description }
}
