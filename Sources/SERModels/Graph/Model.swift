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
    public var parameters: Parameters { didSet { prepared = PreparedWeights() } }
    /// What is carried without being learned, such as `batchNorm1.running_mean`.
    public var state: Parameters
    let plan: ExecutionPlan
    /// Forms of `parameters` that inference keeps; copies of the model share them until their weights change.
    private var prepared = PreparedWeights()

    /// A network with fresh weights.
    /// - Parameters:
    ///   - input: What one clip is, without the batch axis: `[.time, 40]`, `[40]` or `[1, 40, 130]`.
    ///   - seed: Decides the weights; each depends on the seed and its path alone.
    /// - Throws: ``ShapeError`` when a layer does not fit.
    public init(input: Shape, seed: UInt64 = 0, @NetworkBuilder _ network: () -> Block) throws(ShapeError) {
        try self.init(graph: Graph(input: input, network: network()), seed: seed)
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

    init(graph: Graph, parameters: Parameters, state: Parameters) {
        self.graph = graph
        self.parameters = parameters
        self.state = state
        plan = ExecutionPlan(graph)
    }

    /// What the network makes of a batch, in inference: logits where it ends in a dense layer.
    /// - Parameters:
    ///   - values: [batch, ...], the rest as the network's input shape.
    ///   - lengths: For each row, how many positions along the time axis are real; nil when all are.
    public func callAsFunction(_ values: Tensor, lengths: [Int]? = nil) -> Tensor {
        run(values, lengths: lengths, mode: .inference).output.values
    }

    /// Runs the network on a batch.
    /// - Parameter parameters: Weights to use in place of the model's own, as ``valueAndGradient(at:_:)`` hands them out.
    /// - Returns: What comes out, and the state as the step leaves it.
    public func run(
        _ values: Tensor, lengths: [Int]? = nil, parameters: Parameters? = nil, mode: Mode
    ) -> (output: Signal, state: Parameters) {
        precondition(
            graph.input.accepts(values.shape),
            "Model: input of shape \(values.shape) does not fit [batch] + \(graph.input)")
        precondition(
            lengths == nil || lengths?.count == values.shape[0],
            "Model: \(lengths?.count ?? 0) lengths for a batch of \(values.shape[0])")
        let timeAxis = graph.input.timeAxis.map { $0 + 1 }
        let signal = Signal(values, lengths: timeAxis == nil ? nil : lengths, timeAxis: timeAxis)
        return plan.run(
            graph, signal, parameters: parameters ?? self.parameters, state: state, mode: mode,
            prepared: parameters == nil ? prepared : nil)
    }
}
