import SERCore

/// The layers that a graph read from a file may hold: the library's own, and those a user adds.
///
/// ```swift
/// let recognizer = try Recognizer(contentsOf: file, layers: .standard.adding(Swish.self))
/// ```
public struct LayerRegistry: Sendable {
    private var types: [String: any Layer.Type] = [:]

    private init() {}

    /// The library's own layers.
    public static let standard: LayerRegistry = {
        var registry = LayerRegistry()
        for type in builtIn { registry.types[type.kind] = type }
        return registry
    }()

    private static let builtIn: [any Layer.Type] = [
        Dense.self, Dropout.self, Flatten.self, Reshape.self, Permute.self, ReLU.self, LeakyReLU.self, ELU.self,
        GELU.self, Tanh.self, Sigmoid.self, Softmax.self, RNN.self, LSTM.self, GRU.self, Conv1D.self, Conv2D.self,
        MaxPool1D.self, MaxPool2D.self, AveragePool1D.self, AveragePool2D.self, GlobalAveragePool.self,
        GlobalMaxPool.self, BatchNorm.self, LayerNorm.self, AttentionPooling.self,
        StatisticsPooling.self, MultiHeadSelfAttention.self, AdditiveSelfAttention.self, SqueezeExcitation.self,
    ]

    /// This registry and one more layer; a layer of the same kind is replaced.
    public func adding(_ type: any Layer.Type) -> LayerRegistry {
        var copy = self
        copy.types[type.kind] = type
        return copy
    }

    /// The kinds of layers known, in order.
    public var kinds: [String] { types.keys.sorted() }

    subscript(kind: String) -> (any Layer.Type)? { types[kind] }
}

extension CodingUserInfoKey {
    /// Where a decoder finds the ``LayerRegistry`` to make layers with.
    static let layerRegistry = CodingUserInfoKey(rawValue: "ser.layerRegistry")
}

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
