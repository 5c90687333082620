// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport

/// A file of results of some kind, which its header tells.
package struct ResultsFile: Sendable {
    /// The kind that the file names.
    package let kind: ResultsKind
    private let path: String
    private let version: Int
    private let data: Data

    /// More than any results hold; a file as large is something else.
    static let mostBytes = 1 << 30

    private struct Beginning: Decodable {
        struct Header: Decodable {
            var kind: String
            var version: Int
        }
        var header: Header?
        /// Where results of versions before 0.2.0 had what is now in the header.
        var kind: String?
        var version: Int?
    }

    /// Reads the file and what it says it is.
    /// - Throws: ``ResultsError`` for what is no file of results.
    package init(at file: URL) throws(ResultsError) {
        path = file.relativePath
        data = try Self.data(of: file)
        guard data.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else { throw .notResults(path: path) }
        let beginning: Beginning
        do { beginning = try ResultsCoding.decoder.decode(Beginning.self, from: data) } catch {
            throw .unreadable(path: path, reason: ResultsCoding.reason(error, in: data))
        }
        guard let header = beginning.header else {
            guard let kind = beginning.kind, beginning.version != nil else { throw .notResults(path: path) }
            throw .earlier(path: path, kind: kind)
        }
        guard let kind = ResultsKind(rawValue: header.kind) else { throw .notResults(path: path) }
        self.kind = kind
        version = header.version
    }

    /// The results, where they are of the kind that is wanted and of the version that is known.
    /// - Throws: ``ResultsError``.
    package func results<Document: ResultsDocument>(
        _ type: Document.Type = Document.self
    ) throws(ResultsError) -> Document {
        guard kind == Document.kind else { throw .kind(path: path, found: kind, wanted: Document.kind) }
        guard version == Document.currentVersion else {
            throw .version(path: path, kind: kind, found: version, known: Document.currentVersion)
        }
        do { return try ResultsCoding.decoder.decode(type, from: data) } catch {
            throw .unreadable(path: path, reason: ResultsCoding.reason(error, in: data))
        }
    }

    private static func data(of file: URL) throws(ResultsError) -> Data {
        let path = file.relativePath
        do throws(FileReadError) { return try Data(ofFile: file, most: mostBytes) } catch {
            throw .unreadable(
                path: path,
                reason: error.reason + (error.reason == FileReadError.folder ? "; name the results.json in it" : ""))
        }
    }
}

/// Why a file of results cannot be read.
public enum ResultsError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    /// A file that cannot be read, or that holds what results cannot.
    case unreadable(path: String, reason: String)
    /// A file that is no file of results.
    case notResults(path: String)
    /// Results of another kind than was asked for.
    case kind(path: String, found: ResultsKind, wanted: ResultsKind)
    /// Results of another version.
    case version(path: String, kind: ResultsKind, found: Int, known: Int)
    /// Results of a version before there were headers, of a kind that is told in its own word.
    case earlier(path: String, kind: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason): return "\(path) cannot be read: \(reason)"
        case .notResults(let path):
            return
                "\(path) holds no results. Name a results.json that ser compare, crossvalidate, evaluate or tune wrote, or "
                + "scale's scaling.json."
        case .kind(let path, let found, let wanted):
            return "\(path) holds results of kind \(found.rawValue), not of kind \(wanted.rawValue)."
        case .version(let path, let kind, let found, let known):
            return
                "\(path) holds results of kind \(kind.rawValue) in version \(found), and this library reads version "
                + "\(known). \(Self.remedy)"
        case .earlier(let path, let kind):
            return "\(path) holds results of kind \(kind) of an earlier version of this library. \(Self.remedy)"
        }
    }

    private static let remedy =
        "Make the results again with this library, or read them with that which wrote them."

    public var errorDescription: String? { description }
}
