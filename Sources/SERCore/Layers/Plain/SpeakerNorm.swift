// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// Batch normalisation of each speaker by themselves: `[features]`, unchanged, of a clip's embedding, say.
///
/// What tells voices apart is taken from the embeddings, so that what is left tells how somebody speaks now. In training
/// the mean and the biased variance of each speaker's rows of the batch normalise them (``Context/speakers``; all rows where
/// nobody says who speaks), and the running ones move by `momentum` towards the average of the speakers' (the variance
/// unbiased). In inference the running ones normalise, as if an average voice spoke; who knows more of a speaker sets them to
/// that speaker's. Parameters `weight` and `bias`, state `running_mean` and `running_var`, as ``BatchNorm``.
public struct SpeakerNorm: UnaryLayer {
    public static let kind = "speakerNorm"

    /// Added to the variance.
    public var epsilon: Float
    /// The part of a batch's speakers in the running statistics.
    public var momentum: Float

    /// A normalisation by speaker.
    public init(epsilon: Float = 1e-3, momentum: Float = 0.1) {
        self.epsilon = epsilon
        self.momentum = momentum
    }

    /// What it does to a speaker whose mean and variance it is given.
    package var normalization: BatchNorm { BatchNorm(epsilon: epsilon, momentum: momentum) }

    /// What the running mean is called.
    package static let meanName = "running_mean"

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        guard input.rank == 1 else {
            throw ShapeError(
                layer: Self.kind, expected: "[features], one row a clip", got: "\(input)",
                hint: "Put it behind a pooling over time, where a clip is one vector.")
        }
        return try normalization.outputShape(for: input)
    }

    public func parameters(for input: Shape) -> [Declaration] { normalization.parameters(for: input) }

    public func state(for input: Shape) -> [Declaration] { normalization.state(for: input) }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        guard context.isTraining, !context.isFrozen(Self.meanName) else {
            context.collect(input.values)
            return normalization(input, in: &context)
        }
        let rows = input.values.shape[0]
        let speakers = context.speakers ?? [0..<rows]
        require(
            speakers.last?.upperBound == rows,
            "\(context.scope.path): speakers of \(speakers.last?.upperBound ?? 0) rows do not fit a batch of \(rows)")
        let (weight, bias) = (context.parameter("weight"), context.parameter("bias"))
        let each = speakers.map { range in
            batchNormalization(
                input.values.slice(axis: 0, range), gamma: weight, beta: bias, epsilon: epsilon, statistics: .batch)
        }
        follow(each.map(\.1), in: &context)
        return Signal(concatenate(each.map(\.0)))
    }

    /// Moves the running statistics towards the average speaker of a batch.
    private func follow(_ speakers: [BatchStatistics], in context: inout Context) {
        // One row has no variance.
        let known = speakers.filter { $0.count > 1 }
        guard !known.isEmpty else { return }
        func move(_ name: String, _ value: (BatchStatistics) -> (Tensor, Float)) {
            let old = context.state(name)
            let share = momentum / Float(known.count)
            context.update(
                name,
                to: known.reduce(old * (1 - momentum)) { sum, speaker in
                    let (tensor, scale) = value(speaker)
                    return sum + tensor * (scale * share)
                })
        }
        move(Self.meanName) { ($0.mean, 1) }
        move(BatchNorm.varianceName) { ($0.variance, Float($0.count) / Float($0.count - 1)) }
    }
}
