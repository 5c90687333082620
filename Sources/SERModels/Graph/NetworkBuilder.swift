// SPDX-License-Identifier: Apache-2.0

import SERCore

/// A piece of a network: layers and pieces in order, each with a name or without one. What a network builder makes.
public struct Block: Sendable {
    /// One expression of a builder.
    struct Element: Sendable {
        var part: Part
        var name: String?
        /// The names of what it reads; nil for what stands before it.
        var sources: [String]?
    }

    enum Part: Sendable {
        case layer(any Layer)
        case sequence([Element])
        case residual([Element])
        case parallel(merge: any Layer, branches: [Element])
        case repeated(Int, [Element])
        case shared(String)
    }

    var elements: [Element]
    /// Whether this is one expression with a name or sources, which further names and sources go to.
    private var isElement = false

    init(elements: [Element]) { self.elements = elements }

    init(_ part: Part, name: String? = nil) {
        elements = [Element(part: part, name: name)]
        isElement = true
    }

    /// The layers of a builder, in order.
    public init(@NetworkBuilder _ network: () -> Block) { self = network() }

    /// The layers of a builder under a name, which begins their paths: `Block("features") { Dense(8) }` has the path
    /// `features.dense1`.
    public init(_ name: String, @NetworkBuilder _ network: () -> Block) {
        self.init(.sequence(network().elements), name: name)
    }

    /// The block as one expression of a builder.
    var expression: Block { isElement ? self : Block(.sequence(elements)) }
}

/// A piece of a network that is made of others. A type of one's own that conforms stands in a builder like a layer:
///
/// ```swift
/// struct ConvolutionUnit: Composite {
///     var filters: Int
///     var block: Block {
///         Block { Conv1D(filters, kernel: 5, padding: .same); BatchNorm(); ReLU() }
///     }
/// }
/// ```
public protocol Composite: Sendable {
    /// What the piece is made of.
    var block: Block { get }
}

extension Block: Composite {
    public var block: Block { self }
}

extension Composite {
    /// The piece under a name, which begins the paths of its layers, and by which ``reading(_:)`` finds what comes out of it.
    public func named(_ name: String) -> Block {
        var block = block.expression
        block.elements[0].name = name
        return block
    }

    /// The piece with other inputs than what stands before it: layers, blocks and inputs of the network by their names.
    public func reading(_ names: String...) -> Block {
        var block = block.expression
        block.elements[0].sources = names
        return block
    }
}

extension Layer {
    /// The layer under a given name instead of its kind and ordinal: `Dense(7).named("fc")` has the parameter `fc.weight`.
    public func named(_ name: String) -> Block { Block(.layer(self), name: name) }

    /// The layer with other inputs than what stands before it: layers, blocks and inputs of the network by their names.
    ///
    /// ```swift
    /// Concatenate().reading("speech", "prosody")
    /// ```
    public func reading(_ names: String...) -> Block {
        var block = Block(.layer(self))
        block.elements[0].sources = names
        return block
    }
}

/// Makes a ``Block`` of layers written one below the other, with `if`, `else`, `switch` and `for`.
@resultBuilder
public enum NetworkBuilder {
    /// A layer.
    public static func buildExpression(_ layer: some Layer) -> Block { Block(.layer(layer)) }
    /// A layer whose type is known when the program runs.
    public static func buildExpression(_ layer: any Layer) -> Block { Block(.layer(layer)) }
    /// A block, or another piece made of layers.
    public static func buildExpression(_ piece: some Composite) -> Block { piece.block.expression }
    /// A piece whose type is known when the program runs.
    public static func buildExpression(_ piece: any Composite) -> Block { piece.block.expression }
    /// Expressions one below the other.
    public static func buildBlock(_ blocks: Block...) -> Block { Block(elements: blocks.flatMap(\.elements)) }
    /// `if` without `else`: nothing where it is false.
    public static func buildOptional(_ block: Block?) -> Block { block ?? Block(elements: []) }
    /// The first branch of an `if` or `switch`.
    public static func buildEither(first block: Block) -> Block { block }
    /// The other branch of an `if` or `switch`.
    public static func buildEither(second block: Block) -> Block { block }
    /// The turns of a `for`, in order.
    public static func buildArray(_ blocks: [Block]) -> Block { Block(elements: blocks.flatMap(\.elements)) }
    /// What stands under `if #available`.
    public static func buildLimitedAvailability(_ block: Block) -> Block { block }
}
