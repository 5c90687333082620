// SPDX-License-Identifier: Apache-2.0

/// The mean and the standard deviation over time, side by side, as in x-vectors (Snyder et al., 2018).
///
/// `[time, features]` to `[2 features]`: all means, then all deviations sqrt(variance + epsilon), over the valid steps.
/// The variance is the biased one (divided by the number of steps), so that a clip of one step has the deviation
/// sqrt(epsilon), and the epsilon keeps the gradient of a constant feature finite.
public struct StatisticsPooling: UnaryLayer {
    public static let kind = "statisticsPooling"

    /// Added to the variance.
    public var epsilon: Float

    /// A pooling to mean and standard deviation.
    public init(epsilon: Float = 1e-5) { self.epsilon = epsilon }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        guard epsilon > 0, epsilon.isFinite else {
            throw ShapeError(
                layer: Self.kind, expected: "an epsilon above 0", got: "\(epsilon)",
                hint: "The square root has no derivative at 0; 1e-5 is the default.")
        }
        let features = try SequenceRules.check(Self.kind, input, .valid)
        guard features <= 1 << 30 else {
            throw ShapeError(
                layer: Self.kind, expected: "at most 2^30 features", got: "\(features)", hint: "Use fewer features.")
        }
        return [.fixed(2 * features)]
    }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        let x = input.clearingPadding().values
        let lengths = input.partialLengths
        let mean = globalAveragePooling(x, lengths: lengths)
        let distances = x - mean.expandingDimension(at: 1)
        let variance = globalAveragePooling(square(distances), lengths: lengths)
        return Signal(SERCore.concatenate([mean, sqrt(variance + epsilon)], axis: 1))
    }
}
