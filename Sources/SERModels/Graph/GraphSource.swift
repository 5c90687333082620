// SPDX-License-Identifier: Apache-2.0

extension Graph {
    /// Where a layer, or an output of the network, reads from.
    ///
    /// In a file it is a whole number: 0 and up for nodes, -1 for the first input of the network, -2 for the second.
    public enum Source: Sendable, Hashable {
        /// An input of the network, by its place among them.
        case input(Int)
        /// A node, by its place among them.
        case node(Int)
    }
}

extension Graph.Source: Codable {
    public init(from decoder: any Decoder) throws {
        let number = try decoder.singleValueContainer().decode(Int.self)
        self = number < 0 ? .input(-1 - number) : .node(number)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .input(let place): try container.encode(-1 - place)
        case .node(let place): try container.encode(place)
        }
    }
}

extension Graph.Source {
    /// The place in a list of all inputs, so many, and then all nodes.
    func place(afterInputs count: Int) -> Int {
        switch self {
        case .input(let place): place
        case .node(let place): count + place
        }
    }

    /// Whether there is such an input, or such a node among those that come before another.
    func exists(inputs: Int, nodes: Int) -> Bool {
        switch self {
        case .input(let place): (0..<inputs).contains(place)
        case .node(let place): (0..<nodes).contains(place)
        }
    }

    /// The node's place; nil for an input.
    package var node: Int? { if case .node(let place) = self { place } else { nil } }
}
