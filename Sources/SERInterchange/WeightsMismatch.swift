// SPDX-License-Identifier: Apache-2.0

/// Why the weights of a file do not fit the network that they are to be loaded into.
public enum WeightsMismatch: Sendable, Equatable {
    /// A tensor of numbers that are no weights, and their type as the file has it.
    case type(name: String, String)
    /// A tensor of another shape than that of the network which it is for.
    case shape(name: String, [Int], path: String, expected: [Int])
    /// The file has nothing for a tensor of the network; the first of its own names without a place there, if any.
    case missing(path: String, unplaced: String?)
    /// A name of the file without a place in the network; the type of its numbers where they are no weights.
    case unplaced(name: String, type: String?)
    /// Two names of the file that stand for the same tensor of the network.
    case ambiguous(String, String, path: String)
    /// An entry of the table of names that no name of the file begins with.
    case unusedEntry(String)
}

extension WeightsMismatch: CustomStringConvertible {
    public var description: String { text(table: "the table of names") }

    /// What does not fit and what to do.
    /// - Parameter table: What the table of names is called.
    package func text(table: String) -> String {
        switch self {
        case .type(let name, let type):
            "'\(name)' holds \(type) numbers, and weights are floats of 16, 32 or 64 bits. "
                + "A quantised network cannot be read; save the weights that it was made of."
        case .shape(let name, let shape, let path, let expected):
            "'\(name)' has the shape \(shape), and '\(path)' of the model \(expected). "
                + "The architectures differ; compare with ser summary."
        case .missing(let path, let unplaced):
            "there is nothing for '\(path)'" + (unplaced.map { ", and no place for '\($0)'" } ?? "")
                + ". Say in \(table) which of the file's it is."
        case .unplaced(let name, let type):
            "the model has no place for '\(name)'" + (type.map { " (\($0))" } ?? "")
                + ". The architectures differ; compare with ser summary."
        case .ambiguous(let first, let second, let path):
            "'\(first)' and '\(second)' both become '\(path)'. Say in \(table) what each becomes."
        case .unusedEntry(let key): "no name in it begins with '\(key)'. Correct \(table)."
        }
    }
}
