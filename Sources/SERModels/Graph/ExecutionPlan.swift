import SERCore

/// How a graph is computed: its nodes in order, those that are faster together as one step, each result let go after its
/// last use.
struct ExecutionPlan: Sendable {
    private struct Step: Sendable {
        /// The nodes that are computed; the first one's inputs go in, and the last one's result comes out.
        var nodes: Range<Int>
        /// Computes them together; nil for a single layer.
        var chain: ConvolutionChain?
    }

    private let steps: [Step]
    /// For each node, the last node that reads it.
    private let lastUse: [Int]

    init(_ graph: Graph) {
        var lastUse = [Int](repeating: graph.nodes.count, count: graph.nodes.count)
        for (index, node) in graph.nodes.enumerated() {
            for source in node.inputs where source >= 0 { lastUse[source] = index }
        }
        self.lastUse = lastUse
        var steps: [Step] = []
        var start = 0
        while start < graph.nodes.count {
            // Nodes that read each other and are read by nobody else.
            var end = start + 1
            while end < graph.nodes.count, graph.nodes[end].inputs == [end - 1], lastUse[end - 1] == end { end += 1 }
            let chain = ConvolutionChain(graph.nodes[start..<end].map(\.layer))
            steps.append(Step(nodes: start..<(start + (chain?.count ?? 1)), chain: chain))
            start += chain?.count ?? 1
        }
        self.steps = steps
    }

    func run(
        _ graph: Graph, _ input: Signal, parameters: Parameters, state: Parameters, mode: Mode,
        prepared: PreparedWeights?
    ) -> (output: Signal, state: Parameters) {
        guard let first = graph.scopes.first else { return (input, state) }
        var context = Context(mode: mode, parameters: parameters, state: state, scope: first, prepared: prepared)
        var results = [Signal?](repeating: nil, count: graph.nodes.count)
        for step in steps {
            let (entry, exit) = (step.nodes.lowerBound, step.nodes.upperBound - 1)
            let sources = graph.nodes[entry].inputs
            let inputs = sources.map { $0 < 0 ? input : (results[$0] ?? input) }
            for source in sources where source >= 0 && lastUse[source] == entry { results[source] = nil }
            var output: Signal
            if let chain = step.chain {
                output = chain(inputs[0], in: &context, scopes: graph.scopes[step.nodes])
            } else {
                context.scope = graph.scopes[entry]
                output = graph.nodes[entry].layer(inputs, in: &context)
            }
            output.timeAxis = graph.nodes[exit].shape.timeAxis.map { $0 + 1 }
            if output.timeAxis == nil { output.lengths = nil }
            results[exit] = output
        }
        return (results.last.flatMap { $0 } ?? input, context.state)
    }
}
