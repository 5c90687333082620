// SPDX-License-Identifier: Apache-2.0

import SERCore

/// How a graph is computed: its nodes in order, those that are faster together as one step, each result let go after its
/// last use.
struct ExecutionPlan: Sendable {
    private struct Step: Sendable {
        var layer: any Layer
        /// Computes several nodes together; nil for a single layer.
        var chain: (any LayerChain)?
        /// Where the parameters of the nodes lie; one entry for a single layer.
        var scopes: ArraySlice<LayerScope>
        /// The places of what goes in.
        var sources: [Int]
        /// Those of the sources that nobody reads after this step.
        var released: [Int]
        /// The place of what comes out.
        var target: Int
        var timeAxis: Int?
    }

    private let steps: [Step]
    private let outputs: [Int]
    /// Inputs of the network have the first places, and node i has place `inputCount + i`.
    private let placeCount: Int
    private let start: LayerScope

    init(_ graph: Graph) {
        let (nodes, inputCount) = (graph.nodes, graph.inputs.count)
        let place = { (source: Graph.Source) in source.place(afterInputs: inputCount) }
        // For each place, the last node that reads it; outputs are read by whoever runs the plan.
        var lastUse = [Int](repeating: nodes.count, count: inputCount + nodes.count)
        for (index, node) in nodes.enumerated() {
            for source in node.inputs { lastUse[place(source)] = index }
        }
        outputs = graph.outputs.map { place($0.source) }
        for output in outputs { lastUse[output] = nodes.count }
        var steps: [Step] = []
        var entry = 0
        while entry < nodes.count {
            // Nodes that read each other and are read by nobody else.
            var end = entry + 1
            while end < nodes.count, nodes[end].inputs == [.node(end - 1)], lastUse[inputCount + end - 1] == end {
                end += 1
            }
            let row = nodes[entry..<end].map(\.layer)
            let chain: (any LayerChain)? = ConvolutionChain(row) ?? DenseChain(row)
            let exit = entry + (chain?.count ?? 1) - 1
            let sources = nodes[entry].inputs.map(place)
            steps.append(
                Step(
                    layer: nodes[entry].layer, chain: chain, scopes: graph.scopes[entry...exit], sources: sources,
                    released: sources.filter { lastUse[$0] == entry }, target: inputCount + exit,
                    timeAxis: nodes[exit].shape.timeAxis.map { $0 + 1 }))
            entry = exit + 1
        }
        self.steps = steps
        placeCount = inputCount + nodes.count
        start = graph.scopes.first ?? LayerScope(path: "", parameters: [], states: [])
    }

    /// Computes all outputs, in the order of the graph's; the context is as the last layer left it.
    func run(
        _ inputs: [Signal], parameters: Parameters, state: Parameters, mode: Mode, prepared: PreparedWeights?,
        speakers: [Range<Int>]? = nil
    ) -> (outputs: [Signal], context: Context) {
        var context = Context(
            mode: mode, parameters: parameters, state: state, scope: start, prepared: prepared, speakers: speakers)
        var values = [Signal?](repeating: nil, count: placeCount)
        for (place, input) in inputs.enumerated() { values[place] = input }
        for step in steps {
            let sources = step.sources.compactMap { values[$0] }
            for place in step.released { values[place] = nil }
            var output: Signal
            if let chain = step.chain {
                output = chain(sources[0], in: &context, scopes: step.scopes)
            } else {
                if let scope = step.scopes.first { context.scope = scope }
                output = step.layer(sources, in: &context)
            }
            output.timeAxis = step.timeAxis
            if output.timeAxis == nil { output.lengths = nil }
            values[step.target] = output
        }
        return (outputs.compactMap { values[$0] }, context)
    }
}
