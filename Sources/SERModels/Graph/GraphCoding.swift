// SPDX-License-Identifier: Apache-2.0

import SERCore

/// A graph as it stands in a file. Names are written only where they say something: those of inputs and outputs where they
/// were given, a node's where it shares the layer of another.
extension Graph: Codable {
    private enum Keys: String, CodingKey { case input, inputs, nodes, outputs }
    private enum NodeKeys: String, CodingKey { case path, name, kind, inputs, configuration }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        if inputs.map(\.name) == ["input"] {
            try container.encode(input, forKey: .input)
        } else {
            try container.encode(inputs, forKey: .inputs)
        }
        if outputs != [Output(name: "output", source: .node(nodes.count - 1))] {
            try container.encode(outputs, forKey: .outputs)
        }
        var list = container.nestedUnkeyedContainer(forKey: .nodes)
        for node in nodes {
            var entry = list.nestedContainer(keyedBy: NodeKeys.self)
            try entry.encode(node.path, forKey: .path)
            if node.name != node.path { try entry.encode(node.name, forKey: .name) }
            LayerCollector.note(type(of: node.layer), in: encoder)
            try entry.encode(type(of: node.layer).kind, forKey: .kind)
            try entry.encode(node.inputs, forKey: .inputs)
            try node.layer.encode(to: entry.superEncoder(forKey: .configuration))
        }
    }

    public init(from decoder: any Decoder) throws {
        let registry = LayerRegistry(of: decoder)
        let container = try decoder.container(keyedBy: Keys.self)
        let inputs =
            try container.decodeIfPresent([Input].self, forKey: .inputs)
            ?? [Input(name: "input", shape: container.decode(Shape.self, forKey: .input))]
        var list = try container.nestedUnkeyedContainer(forKey: .nodes)
        var described: [Description] = []
        while !list.isAtEnd {
            guard described.count < LayerLimits.layers else { throw Self.tooManyNodes }
            let entry = try list.nestedContainer(keyedBy: NodeKeys.self)
            let kind = try entry.decode(String.self, forKey: .kind)
            let sources = try entry.decode([Source].self, forKey: .inputs)
            guard sources.allSatisfy({ $0.exists(inputs: inputs.count, nodes: described.count) }) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .inputs, in: entry, debugDescription: "a node reads from one that does not come before it")
            }
            let path = try entry.decode(String.self, forKey: .path)
            let layer = try Self.layer(kind, at: path, of: registry, from: entry.superDecoder(forKey: .configuration))
            let name = try entry.decodeIfPresent(String.self, forKey: .name) ?? path
            described.append(Description(path: path, name: name, layer: layer, inputs: sources))
        }
        let outputs =
            try container.decodeIfPresent([Output].self, forKey: .outputs)
            ?? [Output(name: "output", source: .node(described.count - 1))]
        guard outputs.allSatisfy({ $0.source.exists(inputs: inputs.count, nodes: described.count) }) else {
            throw DecodingError.dataCorruptedError(
                forKey: .outputs, in: container, debugDescription: "an output comes from a node that there is not")
        }
        try self.init(inputs: inputs, nodes: described, outputs: outputs)
    }

    /// A layer of a kind from its configuration; errors tell its path.
    private static func layer(
        _ kind: String, at path: String, of registry: LayerRegistry, from decoder: any Decoder
    ) throws -> any Layer {
        do {
            guard let type = registry[kind] else {
                throw UnknownLayerError(kind: kind, known: registry.kinds).decodingError(at: decoder.codingPath)
            }
            return try type.init(from: decoder)
        } catch DecodingError.dataCorrupted(let context) {
            if var unknown = context.underlyingError as? UnknownLayerError {
                unknown.place = path
                throw unknown.decodingError(at: context.codingPath)
            }
            throw DecodingError.dataCorrupted(
                .init(codingPath: context.codingPath, debugDescription: "\(path): \(context.debugDescription)"))
        }
    }
}
