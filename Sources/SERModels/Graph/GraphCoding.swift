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
        if outputs != [Output(name: "output", node: nodes.count - 1)] { try container.encode(outputs, forKey: .outputs) }
        var list = container.nestedUnkeyedContainer(forKey: .nodes)
        for node in nodes {
            var entry = list.nestedContainer(keyedBy: NodeKeys.self)
            try entry.encode(node.path, forKey: .path)
            if node.name != node.path { try entry.encode(node.name, forKey: .name) }
            try entry.encode(type(of: node.layer).kind, forKey: .kind)
            try entry.encode(node.inputs, forKey: .inputs)
            try node.layer.encode(to: entry.superEncoder(forKey: .configuration))
        }
    }

    public init(from decoder: any Decoder) throws {
        let registry = CodingUserInfoKey.layerRegistry.flatMap { decoder.userInfo[$0] as? LayerRegistry } ?? .standard
        let container = try decoder.container(keyedBy: Keys.self)
        let inputs = try container.decodeIfPresent([Input].self, forKey: .inputs)
            ?? [Input(name: "input", shape: container.decode(Shape.self, forKey: .input))]
        var list = try container.nestedUnkeyedContainer(forKey: .nodes)
        var described: [Description] = []
        while !list.isAtEnd {
            guard described.count < Self.nodeLimit else { throw Self.tooManyNodes }
            let entry = try list.nestedContainer(keyedBy: NodeKeys.self)
            let kind = try entry.decode(String.self, forKey: .kind)
            guard let type = registry[kind] else {
                throw DecodingError.dataCorruptedError(
                    forKey: .kind, in: entry,
                    debugDescription: "no layer of kind '\(kind)' is registered; known are "
                        + registry.kinds.joined(separator: ", "))
            }
            let sources = try entry.decode([Int].self, forKey: .inputs)
            guard sources.allSatisfy({ (-inputs.count..<described.count).contains($0) }) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .inputs, in: entry, debugDescription: "a node reads from one that does not come before it")
            }
            let path = try entry.decode(String.self, forKey: .path)
            let layer = try Self.layer(type, at: path, from: entry.superDecoder(forKey: .configuration))
            let name = try entry.decodeIfPresent(String.self, forKey: .name) ?? path
            described.append(Description(path: path, name: name, layer: layer, inputs: sources))
        }
        let outputs = try container.decodeIfPresent([Output].self, forKey: .outputs)
            ?? [Output(name: "output", node: described.count - 1)]
        guard outputs.allSatisfy({ (-inputs.count..<described.count).contains($0.node) }) else {
            throw DecodingError.dataCorruptedError(
                forKey: .outputs, in: container, debugDescription: "an output comes from a node that there is not")
        }
        try self.init(inputs: inputs, nodes: described, outputs: outputs)
    }

    /// The numbers of the library's own layers are bounded first, so that no product of them overflows; layers of a user's
    /// answer for their own, which may be seeds or the like.
    private static func layer(_ type: any Layer.Type, at path: String, from decoder: any Decoder) throws -> any Layer {
        do {
            if LayerRegistry.standard[type.kind] == type { _ = try SensibleNumbers(from: decoder) }
            return try type.init(from: decoder)
        } catch DecodingError.dataCorrupted(let context) {
            throw DecodingError.dataCorrupted(
                .init(codingPath: context.codingPath, debugDescription: "\(path): \(context.debugDescription)"))
        }
    }
}

/// Any configuration whose whole numbers are small enough to compute with: layers multiply a few of them.
private struct SensibleNumbers: Decodable {
    private static let limit = 1 << 20

    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int?
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }

    init(from decoder: any Decoder) throws {
        if let object = try? decoder.container(keyedBy: Key.self) {
            for key in object.allKeys where try !object.decodeNil(forKey: key) {
                _ = try object.decode(SensibleNumbers.self, forKey: key)
            }
        } else if var list = try? decoder.unkeyedContainer() {
            while !list.isAtEnd {
                // A null is stepped over.
                if try !list.decodeNil() { _ = try list.decode(SensibleNumbers.self) }
            }
        } else if let value = try? decoder.singleValueContainer(), let number = try? value.decode(Int.self) {
            guard (-Self.limit...Self.limit).contains(number) else {
                throw DecodingError.dataCorruptedError(
                    in: value, debugDescription: "the number \(number) is out of the range of any layer")
            }
        }
    }
}
