// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import SERTraining

/// Why a report cannot be made of results.
public enum ReportError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    /// A file that cannot be read, or that holds what results cannot.
    case unreadable(path: String, reason: String)
    /// A file that is no file of results.
    case notResults(path: String)
    /// Results of another version.
    case version(path: String, kind: ResultsKind, found: Int?, known: Int)
    /// Results that cannot stand on one page.
    case doNotFit(first: String, second: String, reason: String)
    /// Nothing to report.
    case empty

    public var description: String {
        switch self {
        case .unreadable(let path, let reason): return "\(path) cannot be read: \(reason)"
        case .notResults(let path):
            return
                "\(path) holds no results. Name a results.json that ser compare, crossvalidate or evaluate wrote, or "
                + "scale's scaling.json."
        case .version(let path, let kind, let found, let known):
            return
                "\(path) holds results of a \(kind.rawValue) \(found.map { "in version \($0)" } ?? "without a version")"
                + ", and this library reads version \(known). Make the results again with this library, or read them "
                + "with that which wrote them."
        case .doNotFit(let first, let second, let reason):
            return "\(first) and \(second) cannot be compared on one page: \(reason)."
        case .empty: return "There are no results to report."
        }
    }

    public var errorDescription: String? { description }
}

/// A file of results of some kind, which its beginning tells.
package struct ResultsFile: Sendable {
    /// The kind that the file names.
    package let kind: ResultsKind
    private let path: String
    private let version: Int?
    private let data: Data

    /// More than any results hold; a file as large is something else.
    private static let mostBytes = 1 << 30

    private struct Header: Decodable {
        var kind: String?
        var version: Int?
    }

    /// Reads the file and what it says it is.
    /// - Throws: ``ReportError`` for what is no file of results.
    package init(at file: URL) throws(ReportError) {
        path = file.relativePath
        data = try Self.data(of: file)
        guard data.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else { throw .notResults(path: path) }
        let header: Header
        do { header = try ResultsCoding.decoder.decode(Header.self, from: data) } catch {
            throw .unreadable(path: path, reason: Self.reason(error))
        }
        guard let kind = header.kind.flatMap(ResultsKind.init) else { throw .notResults(path: path) }
        self.kind = kind
        version = header.version
    }

    /// The results, where they are of the version that is known.
    /// - Throws: ``ReportError``.
    package func results<Results: Decodable>(
        _ type: Results.Type = Results.self, version known: Int
    ) throws(ReportError) -> Results {
        guard version == known else { throw .version(path: path, kind: kind, found: version, known: known) }
        do { return try ResultsCoding.decoder.decode(type, from: data) } catch {
            throw .unreadable(path: path, reason: Self.reason(error))
        }
    }

    private static func data(of file: URL) throws(ReportError) -> Data {
        let path = file.relativePath
        do {
            let values = try file.resourceValues(forKeys: [.isRegularFileKey, .fileSizeKey])
            guard values.isRegularFile == true else {
                throw ReportError.unreadable(path: path, reason: "it is not a file; name the results.json in it")
            }
            guard values.fileSize ?? 0 <= mostBytes else {
                throw ReportError.unreadable(path: path, reason: "it is larger than results can be (1 GiB)")
            }
            return try Data(contentsOf: file)
        } catch let error as ReportError { throw error } catch {
            throw .unreadable(path: path, reason: error.localizedDescription)
        }
    }

    private static func reason(_ error: any Error) -> String {
        let reason = ResultsCoding.reason(error)
        return reason.contains("JSON") ? "it is not JSON, or its end is missing" : reason
    }
}

/// Results of networks that were tested, of any kind.
package enum AnyResults: Sendable {
    case comparison(ComparisonResults)
    case crossvalidation(CrossValidationResults)
    case evaluation(EvaluationResults)

    /// Results that a command wrote.
    /// - Throws: ``ReportError``, also for results of another kind.
    package init(contentsOf file: URL) throws(ReportError) {
        let results = try ResultsFile(at: file)
        switch results.kind {
        case .comparison: self = .comparison(try results.results(version: ComparisonResults.currentVersion))
        case .crossvalidation:
            self = .crossvalidation(try results.results(version: CrossValidationResults.currentVersion))
        case .evaluation: self = .evaluation(try results.results(version: EvaluationResults.currentVersion))
        case .scaling: throw .notResults(path: file.relativePath)
        }
    }
}
