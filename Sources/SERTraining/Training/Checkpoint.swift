import Foundation
import SERModels

/// Where a training keeps what it takes to go on after Ctrl-C, a crash, a kill or a power cut.
///
/// ```swift
/// let trained = try trainer.fit(network, on: split, checkpoint: Checkpoint(at: file, resume: true))
/// ```
/// The file is replaced at each epoch's end, whole or not at all. A training that goes on from it ends with the very
/// bits that an unbroken one gives. It is a model file too, with the best weights so far: `Recognizer(contentsOf:)`
/// reads it.
public struct Checkpoint: Sendable, Hashable {
    /// The file.
    public var file: URL
    /// Whether to go on from the file, where it is there. If not, a file that is there is an error, so that no work is
    /// written over.
    public var resumes: Bool

    /// A checkpoint in a file.
    public init(at file: URL, resume: Bool = false) {
        self.file = file
        resumes = resume
    }
}

/// Why a training cannot keep a checkpoint, or go on from one.
public enum CheckpointError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    /// There is a checkpoint, and nobody asked to go on from it.
    case exists(path: String)
    /// The checkpoint is of another training; each difference is named with both values.
    case differs(path: String, differences: [String])
    /// The checkpoint has more epochs than are asked for.
    case ahead(path: String, epochs: Int, asked: Int)
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
        case .file(let error): return error.description
        }
    }

    public var errorDescription: String? { description }
}
