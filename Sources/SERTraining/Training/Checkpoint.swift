// SPDX-License-Identifier: Apache-2.0

import Foundation

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
