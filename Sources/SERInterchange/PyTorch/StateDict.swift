import Foundation
import SERCore
import SERModels

/// The weights of a PyTorch module: a `state_dict` that `safetensors.torch.save_file` wrote.
public struct StateDict: Sendable {
    /// The tensors of floating-point numbers by PyTorch's names.
    public let tensors: [String: Tensor]
    /// The file, as errors call it.
    let path: String

    /// Reads a file of 16-, 32- or 64-bit floats. Whole numbers, such as `num_batches_tracked`, are passed over.
    /// - Throws: ``InterchangeError``.
    public init(contentsOf file: URL) throws(InterchangeError) {
        path = file.path
        var tensors: [String: Tensor] = [:]
        do throws(ModelFileError) {
            let reader = try SafetensorsReader(at: file)
            for entry in reader.entries where entry.isFloatingPoint { tensors[entry.name] = try reader.tensor(entry) }
        } catch {
            switch error {
            case .unreadable(let path, let reason): throw .unreadable(path: path, reason: reason)
            default: throw .malformed(path: file.path, reason: "not a safetensors file that can be read: \(error)")
            }
        }
        self.tensors = tensors
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
    ///   - names: Where the file has other names: for a name, or the beginning of one up to a dot, the model's.
    ///   - isStrict: Whether every tensor on both sides must find its other; those that are found must have its shape in
    ///     any case.
    /// - Throws: ``InterchangeError/weights(path:reason:hint:)``; the model is then left as it was.
    @discardableResult
    public mutating func load(
        _ weights: StateDict, names: [String: String] = [:], isStrict: Bool = true
    ) throws(InterchangeError) -> LoadedWeights {
        func misfit(_ reason: String, _ hint: String) -> InterchangeError {
            .weights(path: weights.path, reason: reason, hint: hint)
        }
        var given: [String: (name: String, tensor: Tensor)] = [:]
        for (name, tensor) in weights.tensors {
            let own = renamed(name, names)
            if let other = given.updateValue((name, tensor), forKey: own)?.name {
                throw misfit("'\(name)' and '\(other)' both become '\(own)'", "Correct the table of names.")
            }
        }
        let paths = parameters.paths + state.paths
        let missing = paths.filter { given[$0] == nil }
        let unused = Set(given.keys).subtracting(paths).compactMap { given[$0]?.name }.sorted()
        for path in paths {
            let shape = parameters.contains(path) ? parameters[path].shape : state[path].shape
            if let (name, tensor) = given[path], tensor.shape != shape {
                throw misfit(
                    "'\(name)' has the shape \(tensor.shape), and '\(path)' of the model \(shape)",
                    "The architectures differ; compare with ser summary.")
            }
        }
        if isStrict, let path = missing.first {
            throw misfit(
                "there is nothing for '\(path)'" + (unused.isEmpty ? "" : ", and no place for '\(unused[0])'"),
                "Say in the table of names which of the file's it is.")
        }
        if isStrict, let name = unused.first {
            throw misfit("the model has no place for '\(name)'", "The architectures differ; compare with ser summary.")
        }
        for path in paths {
            guard let tensor = given[path]?.tensor else { continue }
            if parameters.contains(path) { parameters[path] = tensor } else { state[path] = tensor }
        }
        return LoadedWeights(loaded: paths.filter { given[$0] != nil }, missing: missing, unused: unused)
    }
}

/// A name under the model's: of the names in the table that begin it, the longest counts.
private func renamed(_ name: String, _ table: [String: String]) -> String {
    let fitting = table.keys.filter { name == $0 || name.hasPrefix($0 + ".") }
    guard let key = fitting.max(by: { $0.count < $1.count }), let own = table[key] else { return name }
    return own + name.dropFirst(key.count)
}
