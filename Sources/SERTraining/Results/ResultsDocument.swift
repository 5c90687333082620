// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERModels
import SERSupport

/// A file or folder that could not be written, and why.
public typealias FileWriteError = SERSupport.FileWriteError

/// What kind of results a file holds, as its header says.
public enum ResultsKind: String, Codable, Sendable, CaseIterable {
    /// Networks trained and tested over one split or over folds: ``ExperimentResults``.
    case experiment
    /// A saved model tested on a corpus: ``EvaluationResults``.
    case evaluation
    /// How time, memory and throughput grow: `ScalingResults`.
    case scaling
    /// Settings that were searched: ``TuningResults``.
    case tuning
}

/// What every file of results begins with.
public struct ResultsHeader: Codable, Sendable, Equatable {
    /// What the results are.
    public let kind: ResultsKind
    /// The version of the format.
    public let version: Int
    /// The library's version.
    public let library: String
    /// The command that made the results, as it was typed; nil where a program of its own did.
    public let command: [String]?

    /// The header of results that are written now.
    package init<Document: ResultsDocument>(of _: Document.Type, command: [String]?) {
        kind = Document.kind
        version = Document.currentVersion
        library = LibraryVersion.current
        self.command = command
    }
}

/// Results that are kept in a file, read and written in one way.
public protocol ResultsDocument: Codable, Sendable, Equatable {
    /// What kind of results these are.
    static var kind: ResultsKind { get }
    /// The version that is written, and the only one that is read.
    static var currentVersion: Int { get }
    /// What the results are, and who made them.
    var header: ResultsHeader { get }
}

extension ResultsDocument {
    /// The results as JSON, keys sorted. A number that is infinite or none is written as a string, such as "nan".
    public func json() throws -> Data { try ResultsCoding.encoder.encode(self) + Data("\n".utf8) }

    /// Results from a file that ``write(to:)`` wrote.
    /// - Throws: ``ResultsError`` for a file that cannot be read, holds other results or has another version.
    public init(contentsOf file: URL) throws(ResultsError) { self = try ResultsFile(at: file).results() }

    /// Writes the file, whole or not at all.
    /// - Throws: ``FileWriteError``.
    public func write(to file: URL) throws(FileWriteError) {
        let data: Data
        do { data = try json() } catch { throw FileWriteError(path: file.path, reason: "\(error)") }
        try AtomicFile.write(data, to: file)
    }
}
