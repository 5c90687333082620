// SPDX-License-Identifier: Apache-2.0

/// An optimiser at work on one set of parameters: its settings, its moments and the number of steps taken.
///
/// ```swift
/// var optimizer = try Optimizer(.adam(), for: parameters)
/// let (loss, gradients) = valueAndGradient(at: parameters) { ... }
/// optimizer.update(&parameters, with: gradients)
/// ```
/// A value: a copy is a snapshot. What it takes to resume is ``configuration``, ``steps`` and ``state``.
public struct Optimizer: Sendable {
    /// The settings it was made with.
    public let configuration: OptimizerConfiguration
    /// The size of the next step; a schedule sets it anew before each.
    public var learningRate: Double
    /// How many steps have been taken.
    public private(set) var steps: Int
    /// What the optimiser carries, under PyTorch's name and the parameter's path: `exp_avg.dense1.weight`.
    public private(set) var state: Parameters
    private let layout: ParameterLayout

    /// An optimiser that has not yet taken a step.
    ///
    /// Throws an ``OptimizerError`` when a setting makes no sense.
    public init(_ configuration: OptimizerConfiguration, for parameters: Parameters) throws(OptimizerError) {
        try configuration.validate()
        self.configuration = configuration
        learningRate = configuration.learningRate
        steps = 0
        layout = parameters.layout
        let stateLayout = ParameterLayout(
            configuration.rule.stateNames.flatMap { name in
                zip(parameters.layout.paths, parameters.layout.shapes).map { (path: "\(name).\($0)", shape: $1) }
            })
        state = Parameters(layout: stateLayout, storage: Buffer(zeros: stateLayout.scalarCount))
    }

    /// An optimiser that goes on where another, whose `steps` and `state` were saved, had come to.
    ///
    /// Throws an ``OptimizerError`` when the state belongs to other parameters or settings.
    public init(
        _ configuration: OptimizerConfiguration, for parameters: Parameters, steps: Int, state: Parameters
    ) throws(OptimizerError) {
        try self.init(configuration, for: parameters)
        guard steps >= 0 else { throw .state(expected: "0 steps or more", got: "\(steps)") }
        for (path, shape) in zip(self.state.layout.paths, self.state.layout.shapes) {
            guard state.contains(path) else { throw .state(expected: "'\(path)'", got: "no such tensor") }
            guard state[path].shape == shape else {
                throw .state(expected: "'\(path)' of shape \(shape)", got: "\(state[path].shape)")
            }
            self.state[path] = state[path]
        }
        guard state.paths.count == self.state.paths.count else {
            throw .state(expected: "\(self.state.paths.count) tensors", got: "\(state.paths.count)")
        }
        self.steps = steps
    }

    /// Takes one step against the gradients; in place, unless somebody else holds the parameters. Frozen tensors and
    /// what is carried for them stay as they are.
    ///
    /// - Parameters:
    ///   - parameters: Those the optimiser was made for, or others of the same paths and shapes.
    ///   - gradients: As `valueAndGradient(at:)` returns them.
    public mutating func update(_ parameters: inout Parameters, with gradients: Parameters) {
        require(
            hasLayout(parameters) && hasLayout(gradients),
            "Optimizer.update: parameters and gradients are not those the optimiser was made for")
        steps += 1
        let step = UpdateStep(
            number: steps, learningRate: learningRate, weightDecay: configuration.weightDecay)
        let rule = configuration.rule
        let pieces = rule.needsWholeTensors ? parameters.changeableTensors : parameters.changeable
        let stride = layout.scalarCount
        parameters.withMutablePointer { p in
            gradients.withPointer { g in
                state.withMutablePointer { s in
                    func update(_ start: Int, _ count: Int) {
                        let slice = UpdateSlice(
                            parameters: p, gradients: g, state: s, stride: stride, start: start, count: count)
                        rule.update(slice, in: step)
                    }
                    for piece in pieces {
                        guard !rule.needsWholeTensors else {
                            update(piece.start, piece.count)
                            continue
                        }
                        inChunks(piece.count) { start, count in update(piece.start + start, count) }
                    }
                }
            }
        }
    }

    private func hasLayout(_ other: Parameters) -> Bool {
        other.layout === layout || (other.layout.paths == layout.paths && other.layout.shapes == layout.shapes)
    }
}
