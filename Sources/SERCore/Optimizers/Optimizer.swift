// SPDX-License-Identifier: Apache-2.0

import CSERKernels

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
            configuration.stateNames.flatMap { name in
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

    /// Takes one step against the gradients; in place, unless somebody else holds the parameters. Frozen tensors and what
    /// is carried for them stay as they are.
    ///
    /// - Parameters:
    ///   - parameters: Those the optimiser was made for, or others of the same paths and shapes.
    ///   - gradients: As `valueAndGradient(at:)` returns them.
    public mutating func update(_ parameters: inout Parameters, with gradients: Parameters) {
        require(
            hasLayout(parameters) && hasLayout(gradients),
            "Optimizer.update: parameters and gradients are not those the optimiser was made for")
        steps += 1
        let (stride, pieces) = (layout.scalarCount, parameters.changeable)
        let kernel = kernel()
        parameters.withMutablePointer { p in
            gradients.withPointer { g in
                state.withMutablePointer { s in
                    let whole = Place(parameters: p, gradients: g, state: s, stride: stride)
                    for piece in pieces {
                        let place = whole.advanced(by: piece.start)
                        inChunks(piece.count) { start, length in kernel(place.advanced(by: start), Int64(length)) }
                    }
                }
            }
        }
    }

    private func hasLayout(_ other: Parameters) -> Bool {
        other.layout === layout || (other.layout.paths == layout.paths && other.layout.shapes == layout.shapes)
    }

    private typealias Kernel = (Place, Int64) -> Void

    /// The pass over a piece of the buffers; what depends on the step alone is computed here, in double precision.
    private func kernel() -> Kernel {
        let (rate, decay) = (learningRate, configuration.weightDecay)
        switch configuration.rule {
        case .sgd(let momentum, let nesterov):
            let settings = ser_sgd(
                rate: Float(rate), weight_decay: Float(decay), momentum: Float(momentum), nesterov: nesterov)
            return { at, count in
                ser_sgd_step(at.parameters, at.gradients, momentum > 0 ? at.state(0) : nil, count, settings)
            }
        case .adam(let beta1, let beta2, let epsilon, let decoupled):
            let settings = ser_adam(
                keep: Float(decoupled ? 1 - rate * decay : 1), weight_decay: Float(decoupled ? 0 : decay),
                one_minus_beta1: Float(1 - beta1), beta2: Float(beta2), one_minus_beta2: Float(1 - beta2),
                step: Float(rate / (1 - power(beta1, steps))),
                root_scale: Float(1 / (1 - power(beta2, steps)).squareRoot()), epsilon: Float(epsilon))
            return { at, count in ser_adam_step(at.parameters, at.gradients, at.state(0), at.state(1), count, settings)
            }
        case .rmsprop(let alpha, let epsilon, let momentum, let centered):
            let settings = ser_rmsprop(
                rate: Float(rate), weight_decay: Float(decay), alpha: Float(alpha), one_minus_alpha: Float(1 - alpha),
                epsilon: Float(epsilon), momentum: Float(momentum))
            return { at, count in
                ser_rmsprop_step(
                    at.parameters, at.gradients, at.state(0), centered ? at.state(1) : nil,
                    momentum > 0 ? at.state(centered ? 2 : 1) : nil, count, settings)
            }
        }
    }
}

/// Where a piece of the parameters, their gradients and the optimiser's state lie.
private struct Place {
    var parameters: UnsafeMutablePointer<Float>
    var gradients: UnsafePointer<Float>
    var state: UnsafeMutablePointer<Float>
    var stride: Int

    func state(_ index: Int) -> UnsafeMutablePointer<Float> { state + index * stride }

    func advanced(by offset: Int) -> Place {
        Place(parameters: parameters + offset, gradients: gradients + offset, state: state + offset, stride: stride)
    }
}

/// base^exponent by squaring, for whole exponents.
private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
        if rest & 1 == 1 { result *= square }
        square *= square
        rest >>= 1
    }
    return result
}
