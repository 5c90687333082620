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
        GlobalMaxPool.self, BatchNorm.self, LayerNorm.self, Add.self, Concatenate.self, Mean.self, Multiply.self,
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
