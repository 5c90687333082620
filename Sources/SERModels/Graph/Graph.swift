// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERSupport

/// A network as a list of nodes in the order in which they are computed, with every shape known to fit.
///
/// However a network is written, it becomes such a list: blocks, branches and names leave only paths behind.
public struct Graph: Sendable {
    /// Something that goes into the network.
    public struct Input: Sendable, Hashable, Codable {
        /// The name; `input` where there is one only.
        public let name: String
        /// The shape, without the batch axis.
        public let shape: Shape

        /// An input of the given name and shape, without the batch axis.
        public init(name: String, shape: Shape) {
            self.name = name
            self.shape = shape
        }
    }

    /// Something that comes out of the network.
    public struct Output: Sendable, Hashable, Codable {
        /// The name; `output` where none was given.
        public let name: String
        /// What it is the result of.
        public let source: Source

        private enum CodingKeys: String, CodingKey {
            case name
            case source = "node"
        }
    }

    /// One layer at its place.
    public struct Node: Sendable {
        /// Where the layer's parameters are found, such as `dense2`. Nodes that share a layer have the same path.
        public let path: String
        /// The node's name, which no other has: the path, unless the node uses the layer of an earlier one once more.
        public let name: String
        /// The layer.
        public let layer: any Layer
        /// What it reads.
        public let inputs: [Source]
        /// The shape that comes out, without the batch axis.
        public let shape: Shape
    }

    /// A node before its shape is known.
    package struct Description {
        var path: String
        var name: String
        var layer: any Layer
        var inputs: [Source]
        /// Takes the place of the hint in an error of the layer.
        var hint: String?

        /// A node of the given path; its name is the path, unless it shares the layer of another.
        package init(path: String, name: String? = nil, layer: any Layer, inputs: [Source], hint: String? = nil) {
            self.path = path
            self.name = name ?? path
            self.layer = layer
            self.inputs = inputs
            self.hint = hint
        }
    }

    /// What goes in.
    public let inputs: [Input]
    /// The nodes; each reads only from earlier ones. The last one's output is the network's, or one of the network's.
    public let nodes: [Node]
    /// What comes out.
    public let outputs: [Output]
    let scopes: [LayerScope]
    let parameterDeclarations: [(path: String, declaration: Declaration)]
    let stateDeclarations: [(path: String, declaration: Declaration)]

    /// The shape that goes in, without the batch axis; of several inputs the first.
    public var input: Shape { inputs.first?.shape ?? [] }

    /// The shape that comes out, without the batch axis; of several outputs the first.
    public var output: Shape { outputs.first.map { shape(of: $0.source) } ?? input }

    /// The shape of the output of a name, without the batch axis; nil where there is none.
    package func shape(ofOutput name: String) -> Shape? {
        outputs.first { $0.name == name }.map { shape(of: $0.source) }
    }

    /// The shape that a node, or an input of the network, gives.
    public func shape(of source: Source) -> Shape {
        switch source {
        case .input(let place): inputs[place].shape
        case .node(let place): nodes[place].shape
        }
    }

    /// The name of a node, or of an input of the network.
    public func name(of source: Source) -> String {
        switch source {
        case .input(let place): inputs[place].name
        case .node(let place): nodes[place].name
        }
    }

    static let tooManyNodes = ShapeError(
        layer: "network", expected: "at most \(LayerLimits.layers) layers", got: "more",
        hint: "Let the network be smaller.")

    /// Checks that every layer fits what it is given.
    /// - Throws: `ShapeError` naming the first layer that does not.
    public init(input: Shape, network: Block) throws(ShapeError) {
        try self.init(inputs: [Input(name: "input", shape: input)], outputs: [], network: network)
    }

    /// Checks that every layer fits what it is given.
    /// - Parameters:
    ///   - inputs: What goes in; where there are several, layers say which they read by `reading(_:)`.
    ///   - outputs: The names of the layers or blocks whose results come out; none for the last one's alone.
    ///   - network: The layers and how they are joined.
    /// - Throws: `ShapeError` naming the first layer that does not.
    public init(inputs: [Input], outputs: [String], network: Block) throws(ShapeError) {
        let lowered = try GraphLowering.lower(network, inputs: inputs, outputs: outputs)
        try self.init(inputs: inputs, nodes: lowered.nodes, outputs: lowered.outputs)
    }

    /// Nodes that read from earlier ones; the last one's result alone comes out.
    package init(inputs: [Input], nodes: [Description]) throws(ShapeError) {
        try self.init(
            inputs: inputs, nodes: nodes, outputs: [Output(name: "output", source: .node(nodes.count - 1))])
    }

    /// Nodes that read from earlier ones.
    init(inputs: [Input], nodes described: [Description], outputs: [Output]) throws(ShapeError) {
        guard described.count <= LayerLimits.layers else { throw Self.tooManyNodes }
        guard !described.isEmpty else {
            throw ShapeError(
                layer: "network", expected: "at least one layer", got: "none",
                hint: "Write the layers between the braces, one below the other.")
        }
        try Self.check(inputs)
        self.inputs = inputs
        self.outputs = outputs
        var nodes: [Node] = []
        var placing = Placing()
        var valueCount = 0
        for (index, node) in described.enumerated() {
            let kind = type(of: node.layer).kind
            guard !node.inputs.isEmpty, node.inputs.allSatisfy({ $0.exists(inputs: inputs.count, nodes: index) })
            else {
                throw ShapeError(
                    path: node.name, layer: kind, expected: "inputs that come before it", got: "\(node.inputs)",
                    hint: "Give it something to read.")
            }
            let sources = node.inputs.map { source in
                switch source {
                case .input(let place): inputs[place].shape
                case .node(let place): nodes[place].shape
                }
            }
            let shape = try Self.shape(of: node, from: sources)
            valueCount += Self.valueCount(of: shape)
            guard valueCount <= LayerLimits.valuesTogether else {
                throw Self.tooManyValues(valueCount, at: node, shape)
            }
            try placing.add(node, sources: sources)
            nodes.append(Node(path: node.path, name: node.name, layer: node.layer, inputs: node.inputs, shape: shape))
        }
        self.nodes = nodes
        scopes = placing.scopes
        parameterDeclarations = placing.parameters
        stateDeclarations = placing.states
        try checkUses()
        try checkTimes()
    }

    private static func shape(of node: Description, from sources: [Shape]) throws(ShapeError) -> Shape {
        let shape: Shape
        do throws(ShapeError) {
            try LayerLimits.check(node.layer)
            shape = try node.layer.outputShape(for: sources)
        } catch {
            var placed = error
            if placed.path.isEmpty { placed.path = node.name }
            if let hint = node.hint { placed.hint = hint }
            throw placed
        }
        guard isOfSensibleSize(shape) else {
            throw ShapeError(
                path: node.name, layer: type(of: node.layer).kind, expected: "a result that memory can hold",
                got: "\(shape)", hint: "Let the layer be smaller.")
        }
        return shape
    }

    /// The values of a result of sensible size, with the usual number of steps along time.
    private static func valueCount(of shape: Shape) -> Int {
        shape.dimensions.reduce(1) { $0 * ($1.length ?? ($1 == .time ? LayerLimits.steps : 1)) }
    }

    private static func tooManyValues(_ count: Int, at node: Description, _ shape: Shape) -> ShapeError {
        ShapeError(
            path: node.name, layer: type(of: node.layer).kind,
            expected: "at most \(LayerLimits.valuesTogether) values of a clip in all layers together",
            got: "\(count) up to this one, which gives \(shape)", hint: "Let the layers be smaller, or fewer.")
    }

    /// Whether a shape has at most one time axis, positive lengths, and a product of them that memory may hold.
    private static func isOfSensibleSize(_ shape: Shape) -> Bool {
        let lengths = shape.dimensions.compactMap(\.length)
        guard lengths.allSatisfy({ $0 > 0 }), shape.dimensions.filter({ $0 == .time }).count <= 1 else { return false }
        return product(of: lengths).map { $0 <= LayerLimits.values } ?? false
    }

    private static func check(_ inputs: [Input]) throws(ShapeError) {
        for input in inputs where input.shape.dimensions.isEmpty || !isOfSensibleSize(input.shape) {
            throw ShapeError(
                path: input.name, layer: "input", expected: "positive lengths and at most one time axis",
                got: "\(input.shape)",
                hint: "Write, say, [.time, 40] for sequences of 40 features, or [1, 40, 130] for an image.")
        }
        guard !inputs.isEmpty, Set(inputs.map(\.name)).count == inputs.count else {
            throw ShapeError(
                layer: "input", expected: "inputs, each with a name of its own",
                got: inputs.isEmpty ? "none" : inputs.map(\.name).joined(separator: ", "), hint: "Rename one.")
        }
    }

    /// Everything is read by something or comes out.
    private func checkUses() throws(ShapeError) {
        var isUsed = [Bool](repeating: false, count: inputs.count + nodes.count)
        for source in nodes.flatMap(\.inputs) + outputs.map(\.source) {
            isUsed[source.place(afterInputs: inputs.count)] = true
        }
        let place = "to be read by a layer, or to be one of the outputs"
        if let unused = inputs.indices.first(where: { !isUsed[$0] }) {
            throw ShapeError(
                path: inputs[unused].name, layer: "input", expected: place, got: "no reader",
                hint: "Let a layer read it with .reading(\"\(inputs[unused].name)\"), or leave it out.")
        }
        if let unused = zip(nodes, isUsed.dropFirst(inputs.count)).first(where: { !$0.1 })?.0 {
            throw ShapeError(
                path: unused.name, layer: type(of: unused.layer).kind, expected: place, got: "no reader",
                hint: "Let a layer read it with .reading(\"\(unused.name)\"), name it in outputs:, or leave it out.")
        }
        guard !outputs.isEmpty, Set(outputs.map(\.name)).count == outputs.count else {
            throw ShapeError(
                layer: "output", expected: "outputs, each with a name of its own",
                got: outputs.map(\.name).joined(separator: ", "), hint: "Name each once.")
        }
    }
}

/// The layers placed so far, and what they declare.
private struct Placing {
    var scopes: [LayerScope] = []
    var parameters: [(path: String, declaration: Declaration)] = []
    var states: [(path: String, declaration: Declaration)] = []
    private var firstUse: [String: Int] = [:]
    private var kinds: [String] = []
    private var names: Set<String> = []
    private var tensors: Set<String> = []
    private var scalarCount = 0
    private var registry = LayerRegistry.standard

    mutating func add(_ node: Graph.Description, sources: [Shape]) throws(ShapeError) {
        let kind = type(of: node.layer).kind
        do throws(KindTakenError) { registry = try registry.adding(type(of: node.layer)) } catch {
            throw ShapeError(
                path: node.name, layer: kind, expected: "a kind that no other type of layer has",
                got: "'\(kind)', the kind of \(error.owner)",
                hint: "Give \(error.newcomer) a static 'kind' of its own.")
        }
        guard names.insert(node.name).inserted else { throw Self.duplicate(node.name, kind) }
        let (learned, carried) = (node.layer.parameters(for: sources), node.layer.state(for: sources))
        kinds.append(kind)
        if let first = firstUse[node.path] {
            guard node.name != node.path else { throw Self.duplicate(node.name, kind) }
            let scope = scopes[first]
            let declared =
                scope.parameters.map { parameters[$0.index].declaration }
                + scope.states.map { states[$0.index].declaration }
            let isSame =
                kinds[first] == kind && declared.count == learned.count + carried.count
                && zip(declared, learned + carried).allSatisfy { $0.name == $1.name && $0.shape == $1.shape }
            guard isSame else {
                throw ShapeError(
                    path: node.name, layer: kind,
                    expected: "an input of the same features as the first use of '\(node.path)'",
                    got: sources.map(\.description).joined(separator: " and "),
                    hint: "A shared layer has one set of weights, which must fit all its uses.")
            }
            scopes.append(scope)
            return
        }
        firstUse[node.path] = scopes.count
        scopes.append(
            LayerScope(
                path: node.path,
                parameters: learned.enumerated().map { ($0.element.name, parameters.count + $0.offset) },
                states: carried.enumerated().map { ($0.element.name, states.count + $0.offset) }))
        for declaration in learned + carried { try claim(declaration, of: node, kind) }
        parameters += learned.map { ("\(node.path).\($0.name)", $0) }
        states += carried.map { ("\(node.path).\($0.name)", $0) }
    }

    /// Takes a path for a tensor, and room for its values.
    private mutating func claim(_ declaration: Declaration, of node: Graph.Description, _ kind: String)
        throws(ShapeError)
    {
        let path = "\(node.path).\(declaration.name)"
        guard tensors.insert(path).inserted else { throw Self.duplicate(path, kind) }
        let count = declaration.shape.allSatisfy { $0 >= 0 } ? product(of: declaration.shape) : nil
        guard let count, count <= LayerLimits.values, scalarCount + count <= LayerLimits.values else {
            throw ShapeError(
                path: node.name, layer: kind, expected: "at most 2^31 parameters in the network",
                got: "\(declaration.name) of shape \(declaration.shape)", hint: "Let the layer be smaller.")
        }
        scalarCount += count
    }

    private static func duplicate(_ path: String, _ kind: String) -> ShapeError {
        ShapeError(
            path: path, layer: kind, expected: "a path of its own", got: "one that stands twice",
            hint: "Give one of the two another name.")
    }
}

extension Graph {
    /// Clips of these many steps stand for all: strides up to 128 differ on one of them.
    private static let probes = Array(512..<640)

    /// Layers that merge get branches with as many time steps as each other, however long a clip is.
    private func checkTimes() throws(ShapeError) {
        let merging = nodes.filter { node in
            MergeRules.needsEqualTimes(node.layer) && node.inputs.filter { shape(of: $0).timeAxis != nil }.count > 1
        }
        guard !merging.isEmpty else { return }
        // How many steps each node gives for each of the clips.
        var steps: [[Int]] = []
        func stepCounts(after source: Source) -> [Int] { source.node.map { steps[$0] } ?? Self.probes }
        for node in nodes {
            let timed = node.inputs.filter { shape(of: $0).timeAxis != nil }
            guard node.shape.timeAxis != nil, let first = timed.first else {
                steps.append(Self.probes)
                continue
            }
            let incoming = stepCounts(after: first)
            if MergeRules.needsEqualTimes(node.layer),
                let other = timed.first(where: { stepCounts(after: $0) != incoming })
            {
                let different = Self.probes.indices.first { stepCounts(after: other)[$0] != incoming[$0] } ?? 0
                throw ShapeError(
                    path: node.name, layer: type(of: node.layer).kind, expected: "inputs of equally many time steps",
                    got:
                        "\(incoming[different]) steps from \(name(of: first)) and \(stepCounts(after: other)[different]) "
                        + "from \(name(of: other)) for a clip of \(Self.probes[different])",
                    hint: "Let all branches keep the time axis alike: padding: .same, and the same strides.")
            }
            steps.append(incoming.map(node.layer.outputLength))
        }
    }
}

/// The product, nil when it is too large for an integer.
private func product(of lengths: [Int]) -> Int? {
    var result = 1
    for length in lengths {
        let (product, isTooLarge) = result.multipliedReportingOverflow(by: length)
        if isTooLarge { return nil }
        result = product
    }
    return result
}
