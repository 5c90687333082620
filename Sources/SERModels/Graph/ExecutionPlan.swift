import SERCore

/// How a graph is computed: its nodes in order, those that are faster together as one step, each result let go after its
/// last use.
struct ExecutionPlan: Sendable {
    private enum Step: Sendable {
        case layer(Int)
        case convolutionBlock(ConvolutionChain)

        /// The node whose result the step yields.
        var output: Int {
            switch self {
            case .layer(let node): return node
            case .convolutionBlock(let chain): return chain.nodes.upperBound - 1
            }
        }

        /// The node whose inputs the step reads.
        var entry: Int {
            switch self {
            case .layer(let node): return node
            case .convolutionBlock(let chain): return chain.nodes.lowerBound
            }
        }
    }

    private let steps: [Step]
    /// For each node, the last node that reads it.
    private let lastUse: [Int]

    init(_ graph: Graph, fusing: Bool = true) {
        var lastUse = [Int](repeating: graph.nodes.count, count: graph.nodes.count)
        for (index, node) in graph.nodes.enumerated() {
            for source in node.inputs where source >= 0 { lastUse[source] = index }
        }
        self.lastUse = lastUse
        var steps: [Step] = []
        var index = 0
        while index < graph.nodes.count {
            if fusing, let chain = ConvolutionChain(in: graph, at: index) {
                steps.append(.convolutionBlock(chain))
                index = chain.nodes.upperBound
            } else {
                steps.append(.layer(index))
                index += 1
            }
        }
        self.steps = steps
    }

    func run(
        _ graph: Graph, _ input: Signal, parameters: Parameters, state: Parameters, mode: Mode
    ) -> (output: Signal, state: Parameters) {
        guard let first = graph.scopes.first else { return (input, state) }
        var context = Context(mode: mode, parameters: parameters, state: state, scope: first)
        var results = [Signal?](repeating: nil, count: graph.nodes.count)
        for step in steps {
            let sources = graph.nodes[step.entry].inputs
            let inputs = sources.map { $0 < 0 ? input : (results[$0] ?? input) }
            for source in sources where source >= 0 && lastUse[source] == step.entry { results[source] = nil }
            var output: Signal
            switch step {
            case .layer(let node):
                context.scope = graph.scopes[node]
                output = graph.nodes[node].layer(inputs, in: &context)
            case .convolutionBlock(let chain):
                output = chain.run(inputs[0], graph, in: &context)
            }
            output.timeAxis = graph.nodes[step.output].shape.timeAxis.map { $0 + 1 }
            if output.timeAxis == nil { output.lengths = nil }
            results[step.output] = output
        }
        return (results.last.flatMap { $0 } ?? input, context.state)
    }
}

/// Convolution, batch normalisation, ReLU and max pooling that follow each other, nobody else reading what lies between:
/// computed as one operation, which does not write the images between them to memory.
struct ConvolutionChain: Sendable {
    let nodes: Range<Int>
    private let convolution: Conv2D
    private let normalization: BatchNorm
    private let rectifies: Bool
    private let pooling: MaxPool2D?

    init?(in graph: Graph, at start: Int) {
        func follows(_ index: Int) -> Bool {
            index < graph.nodes.count && graph.nodes[index].inputs == [index - 1]
                && !graph.nodes.indices.contains { $0 != index && graph.nodes[$0].inputs.contains(index - 1) }
        }
        guard let convolution = graph.nodes[start].layer as? Conv2D, follows(start + 1),
            let normalization = graph.nodes[start + 1].layer as? BatchNorm
        else { return nil }
        self.convolution = convolution
        self.normalization = normalization
        var end = start + 2
        rectifies = follows(end) && graph.nodes[end].layer is ReLU
        if rectifies { end += 1 }
        if follows(end), let pooling = graph.nodes[end].layer as? MaxPool2D, pooling.stride == pooling.window,
            pooling.padding == .valid {
            self.pooling = pooling
            end += 1
        } else {
            pooling = nil
        }
        nodes = start..<end
    }

    func run(_ input: Signal, _ graph: Graph, in context: inout Context) -> Signal {
        let (convolutionScope, normalizationScope) = (graph.scopes[nodes.lowerBound], graph.scopes[nodes.lowerBound + 1])
        context.scope = convolutionScope
        let weight = context.parameter("weight")
        let bias = convolution.bias ? context.parameter("bias") : nil
        context.scope = normalizationScope
        let operation = ConvolutionBlockOperation(
            x: input.values, weight: weight, bias: bias, gamma: context.parameter("weight"),
            beta: context.parameter("bias"), epsilon: normalization.epsilon, geometry: convolution.geometry,
            groups: convolution.groups, rectifies: rectifies, pool: pooling?.window ?? 1, lengths: input.partialLengths)
        guard !operation.isEmpty else { return runLayers(input, graph, in: &context) }
        let (values, used) = operation(normalization.statistics(in: context))
        normalization.follow(used, in: &context)
        let lengths = input.lengths?.map { length in
            nodes.reduce(length) { graph.nodes[$1].layer.outputLength(for: $0) }
        }
        return Signal(values, lengths: lengths, timeAxis: input.timeAxis)
    }

    private func runLayers(_ input: Signal, _ graph: Graph, in context: inout Context) -> Signal {
        nodes.reduce(input) { signal, node in
            context.scope = graph.scopes[node]
            return graph.nodes[node].layer([signal], in: &context)
        }
    }
}
