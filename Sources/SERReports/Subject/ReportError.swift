// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERTraining

/// Why a report cannot be made of results.
public enum ReportError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    /// A file that cannot be read as results.
    case results(ResultsError)
    /// Results that contradict themselves, or of which no figures can be made.
    case unusable(source: String, reason: String)
    /// Results that cannot stand on one page.
    case doNotFit(first: String, second: String, reason: String)
    /// Nothing to report.
    case empty

    public var description: String {
        switch self {
        case .results(let error): return error.description
        case .unusable(let source, let reason): return "\(source) cannot be read: \(reason)"
        case .doNotFit(let first, let second, let reason):
            return "\(first) and \(second) cannot be compared on one page: \(reason)."
        case .empty: return "There are no results to report."
        }
    }

    public var errorDescription: String? { description }
}
