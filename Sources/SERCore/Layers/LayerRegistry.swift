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
        GlobalMaxPool.self, BatchNorm.self, LayerNorm.self, Add.self, Concatenate.self, Mean.self, Multiply.self,
        AttentionPooling.self, StatisticsPooling.self, MultiHeadSelfAttention.self, AdditiveSelfAttention.self, SqueezeExcitation.self,
        TimeDistributed.self, Bidirectional.self,
    ]

    /// This registry and one more layer; a layer of the same kind is replaced.
    public func adding(_ type: any Layer.Type) -> LayerRegistry {
        var copy = self
        copy.types[type.kind] = type
        return copy
    }

    /// The kinds of layers known, in order.
    public var kinds: [String] { types.keys.sorted() }

    package subscript(kind: String) -> (any Layer.Type)? { types[kind] }
}

extension CodingUserInfoKey {
    /// Where a decoder finds the ``LayerRegistry`` to make layers with.
    package static let layerRegistry = CodingUserInfoKey(rawValue: "ser.layerRegistry")
}

/// A layer inside another's configuration: a layer that wraps others keeps them in this, which reads them back by their
/// kind.
///
/// ```swift
/// struct Twice: UnaryLayer {
///     static let kind = "twice"
///     var inner: NestedLayer
/// }
/// ```
/// Written as `{"kind": ..., "configuration": ...}`.
public struct NestedLayer: Sendable, Codable {
    /// The layer inside.
    public var layer: any Layer

    /// A layer to be kept in another's configuration.
    public init(_ layer: some Layer) { self.layer = layer }

    private enum Keys: String, CodingKey { case kind, configuration }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(type(of: layer).kind, forKey: .kind)
        try layer.encode(to: container.superEncoder(forKey: .configuration))
    }

    public init(from decoder: any Decoder) throws {
        let registry = CodingUserInfoKey.layerRegistry.flatMap { decoder.userInfo[$0] as? LayerRegistry } ?? .standard
        let container = try decoder.container(keyedBy: Keys.self)
        let kind = try container.decode(String.self, forKey: .kind)
        guard let type = registry[kind] else {
            throw DecodingError.dataCorruptedError(
                forKey: .kind, in: container,
                debugDescription: "no layer of kind '\(kind)' is registered; known are "
                    + registry.kinds.joined(separator: ", "))
        }
        layer = try type.init(from: container.superDecoder(forKey: .configuration))
    }
}
