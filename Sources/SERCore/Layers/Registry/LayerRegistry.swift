// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// Two types go by one name in files.
public typealias KindTakenError = SERSupport.KindTakenError

/// The layers that a graph read from a file may hold: the library's own, and those a user adds.
///
/// ```swift
/// let recognizer = try Recognizer(contentsOf: file, layers: .standard.adding(Swish.self))
/// ```
public struct LayerRegistry: Sendable {
    private var registry: Registry<any Layer.Type>

    private init(_ registry: Registry<any Layer.Type>) { self.registry = registry }

    /// The library's own layers.
    public static let standard = LayerRegistry(Registry(builtIn, kind: { $0.kind }))

    private static let builtIn: [any Layer.Type] = [
        Dense.self, Dropout.self, Flatten.self, Reshape.self, Permute.self, ReLU.self, LeakyReLU.self, ELU.self,
        GELU.self, Tanh.self, Sigmoid.self, Softmax.self, RNN.self, LSTM.self, GRU.self, Conv1D.self, Conv2D.self,
        MaxPool1D.self, MaxPool2D.self, AveragePool1D.self, AveragePool2D.self, GlobalAveragePool.self,
        GlobalMaxPool.self, BatchNorm.self, SpeakerNorm.self, LayerNorm.self, Add.self, Concatenate.self, Mean.self,
        Multiply.self,
        AttentionPooling.self, AttentiveStatisticsPooling.self, StatisticsPooling.self, MeanNormalization.self,
        MultiHeadSelfAttention.self, AdditiveSelfAttention.self,
        SqueezeExcitation.self,
        TimeDistributed.self, Bidirectional.self,
    ]

    /// This registry and one more layer.
    /// - Throws: `KindTakenError` when another layer has its kind.
    public func adding(_ type: any Layer.Type) throws(KindTakenError) -> LayerRegistry {
        var copy = self
        try copy.registry.add(type, kind: type.kind)
        return copy
    }

    /// The kinds of layers known, in order.
    public var kinds: [String] { registry.kinds }

    /// For the `userInfo` of a decoder that is to read a graph, or a layer that wraps others, with these layers.
    ///
    /// ```swift
    /// let decoder = JSONDecoder()
    /// decoder.userInfo = try LayerRegistry.standard.adding(Swish.self).userInfo
    /// let graph = try decoder.decode(Graph.self, from: json)
    /// ```
    public var userInfo: [CodingUserInfoKey: any Sendable] { Self.key.userInfo(self) }

    private static let key = DecodingKey<LayerRegistry>("ser.layerRegistry")

    /// The registry that a decoder was given; the library's own layers where it was given none.
    package init(of decoder: any Decoder) {
        self = Self.key.value(of: decoder) ?? .standard
    }

    package subscript(kind: String) -> (any Layer.Type)? { registry[kind] }
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
        LayerCollector.note(type(of: layer), in: encoder)
        try container.encode(type(of: layer).kind, forKey: .kind)
        try layer.encode(to: container.superEncoder(forKey: .configuration))
    }

    public init(from decoder: any Decoder) throws {
        let registry = LayerRegistry(of: decoder)
        let container = try decoder.container(keyedBy: Keys.self)
        let kind = try container.decode(String.self, forKey: .kind)
        guard let type = registry[kind] else {
            throw UnknownLayerError(kind: kind, known: registry.kinds).decodingError(at: container.codingPath)
        }
        layer = try type.init(from: container.superDecoder(forKey: .configuration))
    }
}
