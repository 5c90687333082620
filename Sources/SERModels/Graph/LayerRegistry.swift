import SERCore

/// A graph as it stands in a file.
extension Graph: Codable {
    private enum Keys: String, CodingKey { case input, nodes }
    private enum NodeKeys: String, CodingKey { case path, kind, inputs, configuration }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(input, forKey: .input)
        var list = container.nestedUnkeyedContainer(forKey: .nodes)
        for node in nodes {
            var entry = list.nestedContainer(keyedBy: NodeKeys.self)
            try entry.encode(node.path, forKey: .path)
            try entry.encode(type(of: node.layer).kind, forKey: .kind)
            try entry.encode(node.inputs, forKey: .inputs)
            try node.layer.encode(to: entry.superEncoder(forKey: .configuration))
        }
    }

    public init(from decoder: any Decoder) throws {
        let registry = CodingUserInfoKey.layerRegistry.flatMap { decoder.userInfo[$0] as? LayerRegistry } ?? .standard
        let container = try decoder.container(keyedBy: Keys.self)
        let input = try container.decode(Shape.self, forKey: .input)
        var list = try container.nestedUnkeyedContainer(forKey: .nodes)
        var described: [(path: String, layer: any Layer, inputs: [Int]?)] = []
        while !list.isAtEnd {
            let entry = try list.nestedContainer(keyedBy: NodeKeys.self)
            let kind = try entry.decode(String.self, forKey: .kind)
            guard let type = registry[kind] else {
                throw DecodingError.dataCorruptedError(
                    forKey: .kind, in: entry,
                    debugDescription: "no layer of kind '\(kind)' is registered; known are "
                        + registry.kinds.joined(separator: ", "))
            }
            let inputs = try entry.decode([Int].self, forKey: .inputs)
            guard inputs.allSatisfy({ (-1..<described.count).contains($0) }) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .inputs, in: entry, debugDescription: "a node reads from one that does not come before it")
            }
            let layer = try type.init(from: entry.superDecoder(forKey: .configuration))
            described.append((try entry.decode(String.self, forKey: .path), layer, inputs))
        }
        try self.init(input: input, nodes: described)
    }
}
