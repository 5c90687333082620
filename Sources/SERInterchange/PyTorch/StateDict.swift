// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERCore
import SERModels

/// The weights of a PyTorch module: a `state_dict` that `safetensors.torch.save_file` wrote.
public struct StateDict: Sendable {
    /// The tensors of floating-point numbers by PyTorch's names.
    public let tensors: [String: Tensor]
    /// The types of the tensors that hold no floating-point numbers, by name, such as `I64`; without counters.
    let otherTypes: [String: String]
    /// The file, as errors call it.
    let path: String

    /// What PyTorch counts in tensors of their own, and no result of a network depends on.
    private static let counters: Set<Substring> = ["num_batches_tracked", "n_averaged"]

    /// Reads a file of 8-, 16-, 32- or 64-bit floats. Tensors of other types are no weights, and loading says so where
    /// it finds one in a weight's place; counters (`num_batches_tracked`, `n_averaged`) are passed over.
    /// - Throws: ``InterchangeError``.
    public init(contentsOf file: URL) throws(InterchangeError) {
        path = file.path
        var tensors: [String: Tensor] = [:]
        var otherTypes: [String: String] = [:]
        do throws(ModelFileError) {
            let reader = try SafetensorsReader(at: file)
            for entry in reader.entries {
                if entry.isFloatingPoint {
                    tensors[entry.name] = try reader.tensor(entry)
                } else if !Self.counters.contains(entry.name.split(separator: ".").last ?? "") {
                    otherTypes[entry.name] = entry.typeName
                }
            }
        } catch {
            switch error {
            case .unreadable(let path, let reason): throw .unreadable(path: path, reason: reason)
            case .torchArchive: throw .torchArchive(path: file.path)
            case .otherKind(_, let kind): throw .malformed(path: file.path, reason: kind.advice)
            case .damaged(_, let part, let reason):
                throw .malformed(path: file.path, reason: "not a safetensors file, or damaged; \(part): \(reason)")
            default: throw .malformed(path: file.path, reason: "not a safetensors file that can be read: \(error)")
            }
        }
        self.tensors = tensors
        self.otherTypes = otherTypes
    }
}

/// What became of the weights of a ``StateDict``.
public struct LoadedWeights: Sendable, Hashable {
    /// The model's paths that were given weights.
    public let loaded: [String]
    /// The model's paths that were not.
    public let missing: [String]
    /// The file's names that the model has no place for.
    public let unused: [String]
    /// What wrappers of the module, such as `DataParallel` and `torch.compile`, had put into the file's names and was
    /// taken off, in alphabetical order: `module.`, say.
    public let prefixes: [String]
}

extension Model {
    /// Takes the weights and running statistics of a PyTorch module of the same architecture.
    ///
    /// ```swift
    /// var model = try Architecture.gru.model(classes: 7)
    /// try model.load(StateDict(contentsOf: file), names: ["encoder": "rnn", "head.weight": "fc2.weight"])
    /// ```
    /// - Parameters:
    ///   - weights: The module's, as PyTorch saved them.
    ///   - names: Where the file has other names: for a name, or the beginning of one up to a dot, the model's; an
    ///     empty text takes the beginning off. Where neither the table nor the model has a name, it is tried without what
    ///     wrappers put before it (`module.`, `_orig_mod.`, `model.` and the like).
    ///   - isStrict: Whether every tensor on both sides must find its other, and every key of the table its tensors;
    ///     those that are found must have its shape in any case.
    /// - Throws: ``InterchangeError/weights(path:_:)``; the model is then left as it was.
    @discardableResult
    public mutating func load(
        _ weights: StateDict, names: [String: String] = [:], isStrict: Bool = true
    ) throws(InterchangeError) -> LoadedWeights {
        let paths = parameters.paths + state.paths
        let table = WeightNames(names, paths: paths)
        let given = try placed(weights, by: table)
        let missing = paths.filter { given[$0] == nil }
        let unused = Set(given.keys).subtracting(paths).compactMap { given[$0]?.name }.sorted()
        func mismatch(_ mismatch: WeightsMismatch) -> InterchangeError { .weights(path: weights.path, mismatch) }
        for path in paths {
            let shape = parameters.contains(path) ? parameters[path].shape : state[path].shape
            guard let entry = given[path] else { continue }
            guard let tensor = entry.tensor else {
                throw mismatch(.type(name: entry.name, weights.otherTypes[entry.name] ?? "other"))
            }
            if tensor.shape != shape {
                throw mismatch(.shape(name: entry.name, tensor.shape, path: path, expected: shape))
            }
        }
        if isStrict, let path = missing.first {
            throw mismatch(.missing(path: path, unplaced: unused.first))
        }
        if isStrict, let name = unused.first {
            throw mismatch(.unplaced(name: name, type: weights.otherTypes[name]))
        }
        if isStrict, let key = table.unusedKey(among: given.values.map(\.name)) {
            throw mismatch(.unusedEntry(key))
        }
        for path in paths {
            guard let tensor = given[path]?.tensor else { continue }
            if parameters.contains(path) { parameters[path] = tensor } else { state[path] = tensor }
        }
        return LoadedWeights(
            loaded: paths.filter { given[$0] != nil }, missing: missing, unused: unused,
            prefixes: Set(given.values.map(\.prefix)).subtracting([""]).sorted())
    }

    /// A tensor of a file; nil where it is of a type that no weight has.
    private struct Given {
        var name: String
        var prefix: String
        var tensor: Tensor?
    }

    /// A file's tensors by the names that they have in the model.
    private func placed(
        _ weights: StateDict, by table: WeightNames
    ) throws(InterchangeError) -> [String: Given] {
        var given: [String: Given] = [:]
        for name in (Array(weights.tensors.keys) + weights.otherTypes.keys).sorted() {
            let own = table.own(name)
            let entry = Given(name: name, prefix: own.prefix, tensor: weights.tensors[name])
            if let other = given.updateValue(entry, forKey: own.name)?.name {
                throw .weights(path: weights.path, .ambiguous(other, name, path: own.name))
            }
        }
        return given
    }
}
