// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore

/// What became of each tensor when weights were taken over from elsewhere.
public struct TransferReport: Sendable, Hashable, CustomStringConvertible {
    /// A tensor that stands on both sides, in different shapes.
    public struct Mismatch: Sendable, Hashable {
        /// The path in the model.
        public let path: String
        /// The shape the model needs.
        public let expected: [Int]
        /// The shape that was given.
        public let got: [Int]
    }

    /// What was taken over.
    public internal(set) var matched: [String] = []
    /// What the model has, and was not given.
    public internal(set) var missing: [String] = []
    /// What was given, and the model has no place for.
    public internal(set) var unexpected: [String] = []
    /// What was given in another shape.
    public internal(set) var mismatched: [Mismatch] = []

    /// Whether every tensor on both sides found its other.
    public var isComplete: Bool { missing.isEmpty && unexpected.isEmpty && mismatched.isEmpty }

    public var description: String {
        var lines = ["\(matched.count) tensors match"]
        func list(_ title: String, _ entries: [String]) {
            if !entries.isEmpty { lines.append("\(title): \(entries.joined(separator: ", "))") }
        }
        list("missing", missing)
        list("unexpected", unexpected)
        list("of another shape", mismatched.map { "\($0.path) (\($0.got), and the model needs \($0.expected))" })
        return lines.joined(separator: "\n")
    }
}

/// Weights that do not fit a model, with the whole list of what does not.
public struct TransferError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    /// What fits and what does not.
    public let report: TransferReport

    public var description: String { "The weights do not fit the model, which stays as it was. \(report)" }
    public var errorDescription: String? { description }
}

extension Model {
    /// Takes over weights and running state from another model.
    ///
    /// ```swift
    /// try model.transfer(from: pretrained, under: "features")             // all of them, or an error
    /// let report = try model.transfer(from: pretrained, isStrict: false)  // what fits
    /// ```
    /// - Parameters:
    ///   - other: The model that the weights and the state come from.
    ///   - paths: Layers or blocks to take over, by the model's own paths; all when none is given.
    ///   - renaming: Where the other model has other names: the model's path for each of the other's, of tensors or of
    ///     whole layers and blocks.
    ///   - isStrict: Whether everything must fit. If not, what fits is taken over and the rest is reported.
    /// - Returns: What was taken over, and what was not.
    /// - Throws: ``TransferError`` when something does not fit and `isStrict` is set; the model is then left as it was.
    @discardableResult
    public mutating func transfer(
        from other: Model, under paths: String..., renaming: [String: String] = [:], isStrict: Bool = true
    ) throws(TransferError) -> TransferReport {
        let report = try transfer(
            zip(other.parameters.paths + other.state.paths, other.parameters.tensors + other.state.tensors).map {
                ($0, $1)
            },
            paths, renaming, isStrict)
        if !report.matched.isEmpty { standardization = other.standardization ?? standardization }
        return report
    }

    /// Takes over weights and running state, such as PyTorch's `state_dict`, by path; see
    /// ``transfer(from:under:renaming:isStrict:)-(Model,_,_,_)``.
    @discardableResult
    public mutating func transfer(
        from weights: Parameters, under paths: String..., renaming: [String: String] = [:], isStrict: Bool = true
    ) throws(TransferError) -> TransferReport {
        try transfer(zip(weights.paths, weights.tensors).map { ($0, $1) }, paths, renaming, isStrict)
    }

    private mutating func transfer(
        _ source: [(path: String, tensor: Tensor)], _ paths: [String], _ renaming: [String: String], _ isStrict: Bool
    ) throws(TransferError) -> TransferReport {
        func isWanted(_ path: String) -> Bool { paths.isEmpty || paths.contains { isPath(path, under: $0) } }
        var given: [String: Tensor] = [:]
        var taken: [(path: String, tensor: Tensor)] = []
        var report = TransferReport()
        for (path, tensor) in source where isWanted(Self.renamed(path, renaming)) {
            // Two that come to one name: the second has no place.
            if given.updateValue(tensor, forKey: Self.renamed(path, renaming)) != nil { report.unexpected.append(path) }
        }
        let wanted = (parameters.paths + state.paths).filter(isWanted)
        report.missing = paths.filter { path in !wanted.contains { isPath($0, under: path) } }
        for path in wanted {
            let expected = parameters.contains(path) ? parameters[path].shape : state[path].shape
            switch given.removeValue(forKey: path) {
            case nil: report.missing.append(path)
            case let tensor? where tensor.shape != expected:
                report.mismatched.append(.init(path: path, expected: expected, got: tensor.shape))
            case let tensor?:
                report.matched.append(path)
                taken.append((path, tensor))
            }
        }
        report.unexpected += given.keys.sorted()
        guard report.isComplete || !isStrict else { throw TransferError(report: report) }
        for (path, tensor) in taken {
            if parameters.contains(path) { parameters[path] = tensor } else { state[path] = tensor }
        }
        return report
    }

    /// A path under its other name: of the names that begin it, the longest counts.
    private static func renamed(_ path: String, _ renaming: [String: String]) -> String {
        let fitting = renaming.keys.filter { isPath(path, under: $0) }
        guard let key = fitting.max(by: { $0.count < $1.count }), let name = renaming[key] else { return path }
        return name + path.dropFirst(key.count)
    }
}
