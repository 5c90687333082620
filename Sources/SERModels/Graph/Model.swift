// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERSupport

/// A network with its weights: a plain value.
///
/// ```swift
/// let network = try Model(input: [.time, 40], seed: 1) {
///     GRU(128, layers: 2)
///     ReLU()
///     Dense(256); ReLU()
///     Dense(7)
/// }
/// ```
public struct Model: Sendable {
    /// The layers and how they are joined.
    public let graph: Graph
    /// What is learned, under paths such as `dense1.weight`.
    public var parameters: Parameters {
        get { weights }
        // In place, for whoever links the module too: an observer would copy all weights at each step of an optimiser.
        _modify {
            defer { prepared = PreparedWeights() }
            yield &weights
        }
    }
    /// What is carried without being learned, such as `batchNorm1.running_mean`.
    public var state: Parameters
    /// How the features were standardised that the weights were trained with; nil for weights of unknown origin.
    package var standardization: Standardization?
    private var weights: Parameters
    let plan: ExecutionPlan
    /// For each input, how many steps along time it needs.
    package let leastSteps: [LeastSteps?]
    /// Forms of `parameters` that inference keeps; copies of the model share them until their weights change.
    private var prepared = PreparedWeights()

    /// A network of one input with fresh weights.
    /// - Parameters:
    ///   - input: What one clip is, without the batch axis: `[.time, 40]`, `[40]` or `[1, 40, 130]`.
    ///   - outputs: The names of the layers or blocks whose results come out; none for the last one's alone.
    ///   - seed: Decides the weights; each depends on the seed and its path alone.
    ///   - network: The layers, one below the other.
    /// - Throws: `ShapeError` when a layer does not fit.
    public init(
        input: Shape, outputs: [String] = [], seed: UInt64 = 0, @NetworkBuilder _ network: () -> Block
    ) throws(ShapeError) {
        let inputs = [Graph.Input(name: "input", shape: input)]
        try self.init(graph: Graph(inputs: inputs, outputs: outputs, network: network()), seed: seed)
    }

    /// A network of several named inputs with fresh weights.
    ///
    /// ```swift
    /// let network = try Model(inputs: ["speech": [.time, 40], "prosody": [88]], outputs: ["emotion", "speaker"]) {
    ///     GRU(64).named("encoder").reading("speech")
    ///     Concatenate().reading("encoder", "prosody")
    ///     Dense(128).named("joint")
    ///     Dense(7).named("emotion")
    ///     Dense(2).named("speaker").reading("joint")
    /// }
    /// ```
    /// - Parameters:
    ///   - inputs: What goes in, by name; the shapes leave out the batch axis.
    ///   - outputs: The names of the layers or blocks whose results come out; none for the last one's alone.
    ///   - seed: Decides the weights; each depends on the seed and its path alone.
    ///   - network: The layers, one below the other.
    /// - Throws: `ShapeError` when a layer does not fit, a name is unknown or nobody reads a layer or input.
    public init(
        inputs: KeyValuePairs<String, Shape>, outputs: [String] = [], seed: UInt64 = 0,
        @NetworkBuilder _ network: () -> Block
    ) throws(ShapeError) {
        let inputs = inputs.map { Graph.Input(name: $0.key, shape: $0.value) }
        try self.init(graph: Graph(inputs: inputs, outputs: outputs, network: network()), seed: seed)
    }

    /// A network with fresh weights from a graph.
    public init(graph: Graph, seed: UInt64 = 0) {
        let key = RandomKey(seed: seed).derived("parameters")
        let fresh = { (path: String, declaration: Declaration) -> (path: String, tensor: Tensor) in
            (path, declaration.initializer(declaration.shape, key: key.derived(path)))
        }
        self.init(
            graph: graph, parameters: Parameters(graph.parameterDeclarations.map(fresh)),
            state: Parameters(graph.stateDeclarations.map(fresh)))
    }

    package init(graph: Graph, parameters: Parameters, state: Parameters) {
        self.graph = graph
        weights = parameters
        self.state = state
        plan = ExecutionPlan(graph)
        leastSteps = graph.leastSteps()
    }

    /// What the network makes of a batch, in inference: logits where it ends in a dense layer.
    /// - Parameters:
    ///   - values: [batch, ...], the rest as the network's input shape.
    ///   - lengths: For each row, how many positions along the time axis are real; nil when all are. Rows that are
    ///     shorter than the network's windows stop the program.
    public func callAsFunction(_ values: Tensor, lengths: [Int]? = nil) -> Tensor {
        run(values, lengths: lengths, mode: .inference).output.values
    }

    /// What a network of several inputs or outputs makes of a batch, in inference.
    /// - Parameters:
    ///   - values: For each input by name [batch, ...], the rest as the input's shape.
    ///   - lengths: For inputs with padded rows, how many positions of each along the time axis are real.
    /// - Returns: What comes out, by the names of the outputs.
    public func callAsFunction(_ values: [String: Tensor], lengths: [String: [Int]] = [:]) -> ModelOutputs {
        let signals = values.map { ($0, Signal($1, lengths: lengths[$0])) }
        return run(Dictionary(uniqueKeysWithValues: signals), mode: .inference).outputs
    }

    /// Runs a network of one input and one output on a batch.
    /// - Parameters:
    ///   - values: The rows of the batch: [batch, ...], the rest as the input's shape.
    ///   - lengths: How many positions of each row along the time axis are real; nil for all.
    ///   - parameters: Weights to use in place of the model's own, as `valueAndGradient(at:)` hands them out.
    ///   - mode: Training, with the key of its random numbers, or inference.
    /// - Returns: What comes out, and the state as the step leaves it.
    public func run(
        _ values: Tensor, lengths: [Int]? = nil, parameters: Parameters? = nil, mode: Mode
    ) -> (output: Signal, state: Parameters) {
        require(
            graph.inputs.count == 1 && graph.outputs.count == 1,
            "Model: it has inputs \(graph.inputs.map(\.name)) and outputs \(graph.outputs.map(\.name)); give them by name"
        )
        let (outputs, state) = outputs(values, lengths: lengths, parameters: parameters, mode: mode)
        return (outputs.signals[0], state)
    }

    /// Runs a network of one input on a batch: all that comes out, and the state as the step leaves it.
    /// - Parameter speakers: The rows of each speaker of a training batch; nil where nobody says who speaks.
    package func outputs(
        _ values: Tensor, lengths: [Int]?, parameters: Parameters? = nil, mode: Mode = .inference,
        speakers: [Range<Int>]? = nil
    ) -> (outputs: ModelOutputs, state: Parameters) {
        let (outputs, context) = computed(
            values, lengths: lengths, parameters: parameters, mode: mode, speakers: speakers)
        return (ModelOutputs(names: graph.outputs.map(\.name), signals: outputs), context.state)
    }

    /// Runs a network of one input on a batch: what comes out, and all that layers left in the context.
    func computed(
        _ values: Tensor, lengths: [Int]?, parameters: Parameters? = nil, mode: Mode = .inference,
        speakers: [Range<Int>]? = nil
    ) -> (outputs: [Signal], context: Context) {
        require(graph.inputs.count == 1, "Model: it has inputs \(graph.inputs.map(\.name)); give them by name")
        let signal = checked(Signal(values, lengths: lengths), for: 0)
        return plan.run(
            [signal], parameters: parameters ?? self.parameters, state: state, mode: mode,
            prepared: parameters == nil ? prepared : nil, speakers: speakers)
    }

    /// Runs a network of several inputs or outputs on a batch.
    /// - Parameters:
    ///   - inputs: For each input by name a batch, with lengths where rows are padded; all of equally many rows.
    ///   - parameters: Weights to use in place of the model's own, as `valueAndGradient(at:)` hands them out.
    ///   - mode: Training, with the key of its random numbers, or inference.
    /// - Returns: What comes out, by the names of the outputs, and the state as the step leaves it.
    public func run(
        _ inputs: [String: Signal], parameters: Parameters? = nil, mode: Mode
    ) -> (outputs: ModelOutputs, state: Parameters) {
        require(
            inputs.count == graph.inputs.count && graph.inputs.allSatisfy { inputs[$0.name] != nil },
            "Model: given \(inputs.keys.sorted()), but the inputs are \(graph.inputs.map(\.name))")
        let signals = graph.inputs.indices.compactMap { place in
            inputs[graph.inputs[place].name].map { checked($0, for: place) }
        }
        let rows = Set(signals.map { $0.values.shape[0] })
        require(rows.count == 1, "Model: inputs of \(rows.sorted()) rows; all must be of one batch")
        let (outputs, context) = plan.run(
            signals, parameters: parameters ?? self.parameters, state: state, mode: mode,
            prepared: parameters == nil ? prepared : nil)
        return (ModelOutputs(names: graph.outputs.map(\.name), signals: outputs), context.state)
    }

    /// An input with its time axis, when it fits.
    private func checked(_ signal: Signal, for place: Int) -> Signal {
        let (values, input) = (signal.values, graph.inputs[place])
        require(
            input.shape.accepts(values.shape),
            "Model: '\(input.name)' of shape \(values.shape) does not fit [batch] + \(input.shape)")
        let timeAxis = input.shape.timeAxis.map { $0 + 1 }
        requireLengths(
            signal.lengths, rows: values.shape[0], positions: timeAxis.map { values.shape[$0] } ?? .max,
            in: "Model: '\(input.name)'")
        let checked = Signal(values, lengths: timeAxis == nil ? nil : signal.lengths, timeAxis: timeAxis)
        requireLeastSteps(of: checked, input: place)
        return checked
    }
}

/// What comes out of a network of several outputs.
public struct ModelOutputs: Sendable {
    /// The names of the outputs, in the network's order.
    public let names: [String]
    let signals: [Signal]

    package init(names: [String], signals: [Signal]) {
        self.names = names
        self.signals = signals
    }

    /// The values of the output at a place of ``names``.
    package func values(at place: Int) -> Tensor { signals[place].values }

    /// The same values, as constants to differentiation.
    package var detached: ModelOutputs {
        let constants = signals.map { Signal($0.values.detached, lengths: $0.lengths, timeAxis: $0.timeAxis) }
        return ModelOutputs(names: names, signals: constants)
    }

    /// The output of a name: values [batch, ...], with lengths where it has a time axis. Stops the program when there is no
    /// such output, as a wrong index does.
    public subscript(name: String) -> Signal {
        guard let index = names.firstIndex(of: name) else { stop("Model: no output '\(name)'; there are \(names)") }
        return signals[index]
    }
}
