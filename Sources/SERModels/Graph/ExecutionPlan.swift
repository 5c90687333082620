import SERCore

/// How a graph is computed: its nodes in order, each result let go after its last use.
struct ExecutionPlan: Sendable {
    /// For each node, the last node that reads it.
    private let lastUse: [Int]

    init(_ graph: Graph) {
        var lastUse = [Int](repeating: graph.nodes.count, count: graph.nodes.count)
        for (index, node) in graph.nodes.enumerated() {
            for source in node.inputs where source >= 0 { lastUse[source] = index }
        }
        self.lastUse = lastUse
    }

    func run(
        _ graph: Graph, _ input: Signal, parameters: Parameters, state: Parameters, mode: Mode
    ) -> (output: Signal, state: Parameters) {
        guard let first = graph.scopes.first else { return (input, state) }
        var context = Context(mode: mode, parameters: parameters, state: state, scope: first)
        var results = [Signal?](repeating: nil, count: graph.nodes.count)
        for (index, node) in graph.nodes.enumerated() {
            let inputs = node.inputs.map { $0 < 0 ? input : (results[$0] ?? input) }
            for source in node.inputs where source >= 0 && lastUse[source] == index { results[source] = nil }
            context.scope = graph.scopes[index]
            var output = node.layer(inputs, in: &context)
            output.timeAxis = node.shape.timeAxis.map { $0 + 1 }
            if output.timeAxis == nil { output.lengths = nil }
            results[index] = output
        }
        return (results.last.flatMap { $0 } ?? input, context.state)
    }
}
