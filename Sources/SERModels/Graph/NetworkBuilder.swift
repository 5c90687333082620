import SERCore

/// A piece of a network: layers in order, each with a name or without one. What a network builder makes.
public struct Block: Sendable {
    struct Element: Sendable {
        var layer: any Layer
        var name: String?
    }

    enum Part: Sendable {
        case layer(Element)
        /// Layers under a common prefix of their paths, with ordinals of their own.
        case named(String, [Part])
    }

    var parts: [Part]

    init(parts: [Part]) { self.parts = parts }

    /// The layers of a builder, in order.
    public init(@NetworkBuilder _ network: () -> Block) { self = network() }

    /// The layers of a builder under a name, which begins their paths: `Block("features") { Dense(8) }` has the path
    /// `features.dense1`.
    public init(_ name: String, @NetworkBuilder _ network: () -> Block) {
        parts = [.named(name, network().parts)]
    }
}

extension Layer {
    /// The layer under a given name instead of its kind and ordinal: `Dense(7).named("fc")` has the parameter `fc.weight`.
    public func named(_ name: String) -> Block { Block(parts: [.layer(.init(layer: self, name: name))]) }
}

/// Makes a ``Block`` of layers written one below the other, with `if`, `else`, `switch` and `for`.
@resultBuilder
public enum NetworkBuilder {
    public static func buildExpression(_ layer: some Layer) -> Block {
        Block(parts: [.layer(.init(layer: layer, name: nil))])
    }
    public static func buildExpression(_ layer: any Layer) -> Block {
        Block(parts: [.layer(.init(layer: layer, name: nil))])
    }
    public static func buildExpression(_ block: Block) -> Block { block }
    public static func buildBlock(_ blocks: Block...) -> Block { Block(parts: blocks.flatMap(\.parts)) }
    public static func buildOptional(_ block: Block?) -> Block { block ?? Block(parts: []) }
    public static func buildEither(first block: Block) -> Block { block }
    public static func buildEither(second block: Block) -> Block { block }
    public static func buildArray(_ blocks: [Block]) -> Block { Block(parts: blocks.flatMap(\.parts)) }
    public static func buildLimitedAvailability(_ block: Block) -> Block { block }
}
