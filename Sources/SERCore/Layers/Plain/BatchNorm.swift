// SPDX-License-Identifier: Apache-2.0

/// Batch normalisation (Ioffe and Szegedy, 2015), as PyTorch's `BatchNorm1d` and `BatchNorm2d`.
///
/// `[features]`, `[time, features]` or `[channels, height, width]`, unchanged; the width may be time. Parameters `weight` and
/// `bias`, state `running_mean` and `running_var`. In training the batch's mean and biased variance normalise, and the
/// running ones move towards them (the variance unbiased) by `momentum`; in inference the running ones normalise.
/// Positions past a row's length do not count, and come out as zero.
public struct BatchNorm: UnaryLayer {
    public static let kind = "batchNorm"

    /// Added to the variance.
    public var epsilon: Float
    /// The part of the batch's statistics in the running ones.
    public var momentum: Float
    /// Whether training too normalises with the running statistics, and leaves them as they are.
    public var isFrozen: Bool

    /// A batch normalisation.
    public init(epsilon: Float = 1e-5, momentum: Float = 0.1, isFrozen: Bool = false) {
        self.epsilon = epsilon
        self.momentum = momentum
        self.isFrozen = isFrozen
    }

    /// What the running variance is called.
    package static let varianceName = "running_var"

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        guard epsilon >= 0, epsilon.isFinite, (0...1).contains(momentum) else {
            throw ShapeError(
                layer: Self.kind, expected: "an epsilon of at least 0 and a momentum of 0 to 1",
                got: "\(epsilon) and \(momentum)", hint: "PyTorch's defaults are 1e-5 and 0.1.")
        }
        guard channels(of: input) != nil else {
            throw ShapeError(
                layer: Self.kind, expected: "[features], [time, features] or [channels, height, width]",
                got: "\(input)",
                hint: "Reshape first.")
        }
        if input.rank == 3 { _ = try ImageRules.check(Self.kind, input) }
        return input
    }

    private func channels(of input: Shape) -> Int? {
        switch input.rank {
        case 1, 2: return input.last?.length
        case 3: return input[0].length
        default: return nil
        }
    }

    public func parameters(for input: Shape) -> [Declaration] {
        guard let channels = channels(of: input) else { return [] }
        return [
            Declaration("weight", shape: [channels], initializer: .ones),
            Declaration("bias", shape: [channels], initializer: .zeros),
        ]
    }

    public func state(for input: Shape) -> [Declaration] {
        guard let channels = channels(of: input) else { return [] }
        return [
            Declaration("running_mean", shape: [channels], initializer: .zeros),
            Declaration(Self.varianceName, shape: [channels], initializer: .ones),
        ]
    }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        let (y, used) = batchNormalization(
            input.values, gamma: context.parameter("weight"), beta: context.parameter("bias"), epsilon: epsilon,
            statistics: statistics(in: context), lengths: input.partialLengths)
        follow(used, in: &context)
        return Signal(y, lengths: input.lengths, timeAxis: input.timeAxis)
    }

    /// Which statistics normalise in this mode; `context` stands at this layer.
    package func statistics(in context: Context) -> NormalizationStatistics {
        if context.isTraining && !isHeld(in: context) { return .batch }
        return .fixed(mean: context.state("running_mean"), variance: context.state(Self.varianceName))
    }

    /// Moves the running statistics towards those of a training batch; `context` stands at this layer.
    package func follow(_ used: BatchStatistics, in context: inout Context) {
        guard context.isTraining, !isHeld(in: context), used.count > 0 else { return }
        let unbiased = Float(used.count) / Float(max(used.count - 1, 1))
        context.update("running_mean", to: blend(context.state("running_mean"), used.mean, scale: 1))
        context.update(Self.varianceName, to: blend(context.state(Self.varianceName), used.variance, scale: unbiased))
    }

    /// Whether the layer was made frozen, or its place in the network is.
    private func isHeld(in context: Context) -> Bool {
        isFrozen || context.isFrozen("running_mean") || context.isFrozen(Self.varianceName)
    }

    private func blend(_ running: Tensor, _ batch: Tensor, scale: Float) -> Tensor {
        Tensor(shape: running.shape) { out in
            withPointers(running, batch) { old, new in
                for i in 0..<running.count { out[i] = (1 - momentum) * old[i] + momentum * (scale * new[i]) }
            }
        }
    }
}
