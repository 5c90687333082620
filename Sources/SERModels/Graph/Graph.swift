import SERCore

/// A network as a list of nodes in the order in which they are computed, with every shape known to fit.
public struct Graph: Sendable {
    /// One layer at its place.
    public struct Node: Sendable {
        /// Where the layer's parameters are found, such as `dense2`.
        public let path: String
        /// The layer.
        public let layer: any Layer
        /// Which nodes feed it; -1 is the input of the network.
        public let inputs: [Int]
        /// The shape that comes out, without the batch axis.
        public let shape: Shape
    }

    /// The shape that goes in, without the batch axis.
    public let input: Shape
    /// The nodes; each reads only from earlier ones. The last one's output is the network's.
    public let nodes: [Node]
    let scopes: [LayerScope]
    let parameterDeclarations: [(path: String, declaration: Declaration)]
    let stateDeclarations: [(path: String, declaration: Declaration)]

    /// The shape that comes out, without the batch axis.
    public var output: Shape { nodes.last?.shape ?? input }

    /// Checks that every layer fits what it is given.
    /// - Throws: ``ShapeError`` naming the first layer that does not.
    public init(input: Shape, network: Block) throws(ShapeError) {
        try self.init(input: input, nodes: Graph.place(network.parts, prefix: "").map { ($0.path, $0.layer, nil) })
    }

    /// Nodes that name their inputs; nil stands for the node before.
    init(input: Shape, nodes described: [(path: String, layer: any Layer, inputs: [Int]?)]) throws(ShapeError) {
        try Graph.check(input)
        var nodes: [Node] = []
        var scopes: [LayerScope] = []
        var parameters: [(path: String, declaration: Declaration)] = []
        var states: [(path: String, declaration: Declaration)] = []
        var taken: Set<String> = []
        for (index, described) in described.enumerated() {
            let kind = type(of: described.layer).kind
            guard taken.insert(described.path).inserted else {
                throw ShapeError(
                    path: described.path, layer: kind, expected: "a path of its own", got: "one that stands twice",
                    hint: "Give one of the two another name.")
            }
            let sources = described.inputs ?? [index - 1]
            let shapes = sources.map { $0 < 0 ? input : nodes[$0].shape }
            let shape: Shape
            do throws(ShapeError) {
                shape = try described.layer.outputShape(for: shapes)
            } catch {
                var placed = error
                if placed.path.isEmpty { placed.path = described.path }
                throw placed
            }
            try Graph.checkSize(of: shape, path: described.path, layer: kind)
            let learned = described.layer.parameters(for: shapes)
            let carried = described.layer.state(for: shapes)
            try Graph.checkSize(of: learned + carried, path: described.path, layer: kind)
            scopes.append(
                LayerScope(
                    path: described.path,
                    parameters: learned.enumerated().map { ($0.element.name, parameters.count + $0.offset) },
                    states: carried.enumerated().map { ($0.element.name, states.count + $0.offset) }))
            parameters += learned.map { ("\(described.path).\($0.name)", $0) }
            states += carried.map { ("\(described.path).\($0.name)", $0) }
            nodes.append(Node(path: described.path, layer: described.layer, inputs: sources, shape: shape))
        }
        self.input = input
        self.nodes = nodes
        self.scopes = scopes
        parameterDeclarations = parameters
        stateDeclarations = states
    }

    private static func check(_ input: Shape) throws(ShapeError) {
        let lengths = input.dimensions.compactMap(\.length)
        guard !input.dimensions.isEmpty, lengths.allSatisfy({ $0 > 0 }),
            input.dimensions.filter({ $0 == .time }).count <= 1
        else {
            throw ShapeError(
                layer: "input", expected: "positive lengths and at most one time axis", got: "\(input)",
                hint: "Write, say, [.time, 40] for sequences of 40 features, or [1, 40, 130] for an image.")
        }
        try checkSize(of: input, path: "", layer: "input")
    }

    /// Paths: the given name, or the kind and its ordinal within the block.
    private static func place(_ parts: [Block.Part], prefix: String) -> [(path: String, layer: any Layer)] {
        var ordinals: [String: Int] = [:]
        return parts.flatMap { part -> [(path: String, layer: any Layer)] in
            switch part {
            case .layer(let element):
                let kind = type(of: element.layer).kind
                ordinals[kind, default: 0] += 1
                return [(prefix + (element.name ?? "\(kind)\(ordinals[kind, default: 1])"), element.layer)]
            case .named(let name, let parts):
                return place(parts, prefix: "\(prefix)\(name).")
            }
        }
    }
}
