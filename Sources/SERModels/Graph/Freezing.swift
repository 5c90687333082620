// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERSupport

/// A path that names nothing in a model.
public struct UnknownPathError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    /// The path that was given.
    public let path: String
    /// What may have been meant.
    public let nearMatches: [String]

    public var description: String {
        "There is nothing at '\(path)' in the model. " + NearMatches(names: nearMatches).sentence
    }

    public var errorDescription: String? { description }
}

/// Which weights of a network a training leaves as they are.
public enum Freezing: Sendable, Hashable {
    /// None: all are trained.
    case nothing
    /// Those of layers, blocks or single tensors.
    case paths([String])
    /// All but those of the head, the dense layer that gives the logits.
    case allButHead
}

extension Model {
    /// Freezes just what a choice says, whatever was frozen before.
    /// - Throws: ``UnknownPathError`` when there is nothing at a path; `ShapeError` when all but the head is to be frozen,
    ///   and the network does not end in a dense layer.
    public mutating func freeze(_ choice: Freezing) throws {
        var model = self
        model.setFrozen(parameters.paths + state.paths, false)
        switch choice {
        case .nothing: break
        case .paths(let paths): if !paths.isEmpty { try model.setFrozen(true, paths) }
        case .allButHead: try model.freezeAll(but: head(classes: graph.output[0].length ?? 1).path)
        }
        self = model
    }

    /// Freezes weights: training leaves them and what the optimiser carries for them as they are, and a frozen batch
    /// normalisation uses and keeps its running statistics.
    ///
    /// ```swift
    /// try model.freeze("features", "rnn.weight_ih_l0")
    /// ```
    /// - Parameter paths: Layers, blocks or single tensors; all when none is given.
    /// - Throws: ``UnknownPathError`` when there is nothing at a path.
    public mutating func freeze(_ paths: String...) throws(UnknownPathError) { try setFrozen(true, paths) }

    /// Freezes all weights but those at some paths: what a new head needs.
    /// - Parameter paths: Layers, blocks or single tensors that stay as they are.
    /// - Throws: ``UnknownPathError`` when there is nothing at a path.
    public mutating func freezeAll(but paths: String...) throws(UnknownPathError) {
        let spared = Set(try tensors(at: paths))
        setFrozen((parameters.paths + state.paths).filter { !spared.contains($0) }, true)
    }

    /// Lets frozen weights move again.
    /// - Parameter paths: Layers, blocks or single tensors; all when none is given.
    /// - Throws: ``UnknownPathError`` when there is nothing at a path.
    public mutating func unfreeze(_ paths: String...) throws(UnknownPathError) { try setFrozen(false, paths) }

    /// The paths of all tensors that are frozen, running state included.
    public var frozenPaths: [String] { parameters.frozenPaths + state.frozenPaths }

    private mutating func setFrozen(_ isFrozen: Bool, _ paths: [String]) throws(UnknownPathError) {
        setFrozen(paths.isEmpty ? parameters.paths + state.paths : try tensors(at: paths), isFrozen)
    }

    /// Freezes or unfreezes tensors of the given paths.
    package mutating func setFrozen(_ paths: [String], _ isFrozen: Bool) {
        parameters.setFrozen(isFrozen, paths.filter(parameters.contains))
        state.setFrozen(isFrozen, paths.filter(state.contains))
    }

    /// The tensors at or under paths.
    private func tensors(at paths: [String]) throws(UnknownPathError) -> [String] {
        let all = parameters.paths + state.paths
        var found: [String] = []
        for path in paths {
            let under = all.filter { isPath($0, under: path) }
            guard !under.isEmpty || graph.nodes.contains(where: { isPath($0.path, under: path) }) else {
                throw UnknownPathError(
                    path: path, nearMatches: nearMatches(of: path, among: graph.pathsAndPrefixes + all).names)
            }
            found += under
        }
        return found
    }
}

/// Whether a path is another or stands under it.
func isPath(_ path: String, under prefix: String) -> Bool {
    path == prefix || path.hasPrefix(prefix + ".")
}

extension Graph {
    /// The paths of all layers and of the blocks they stand in.
    var pathsAndPrefixes: [String] {
        var result: Set<String> = []
        for node in nodes {
            var parts = node.path.split(separator: ".", omittingEmptySubsequences: false)[...]
            while !parts.isEmpty {
                result.insert(parts.joined(separator: "."))
                parts = parts.dropLast()
            }
        }
        return result.sorted()
    }
}
