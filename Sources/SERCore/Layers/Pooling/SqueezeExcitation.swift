// SPDX-License-Identifier: Apache-2.0

/// Scales each channel by what all channels are on average over the clip (Hu, Shen and Sun, 2018).
///
/// `[channels, height, width]` or `[time, features]`, unchanged; the width may be time, and features are the channels
/// of a sequence. The channels' means over the valid positions pass two dense layers, ReLU between them and a sigmoid
/// behind: `fc1.weight` [squeezed, channels], `fc1.bias` [squeezed], `fc2.weight` [channels, squeezed], `fc2.bias`
/// [channels], with squeezed = channels / reduction (at least 1), drawn as PyTorch's `Linear`.
public struct SqueezeExcitation: UnaryLayer {
    public static let kind = "squeezeExcitation"

    /// How many times fewer values the hidden layer has than there are channels.
    public var reduction: Int

    /// A squeeze-and-excitation.
    public init(reduction: Int = 16) { self.reduction = reduction }

    public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        guard reduction > 0 else {
            throw ShapeError(
                layer: Self.kind, expected: "a reduction of at least 1", got: "\(reduction)",
                hint: "16 is the paper's.")
        }
        if input.rank == 3 {
            _ = try ImageRules.check(Self.kind, input)
        } else {
            _ = try SequenceRules.check(Self.kind, input, .valid)
        }
        return input
    }

    public func parameters(for input: Shape) -> [Declaration] {
        guard let channels = (input.rank == 3 ? input[0] : input.last)?.length else { return [] }
        let squeezed = max(1, channels / reduction)
        return dense("fc1", units: squeezed, inputs: channels) + dense("fc2", units: channels, inputs: squeezed)
    }

    private func dense(_ name: String, units: Int, inputs: Int) -> [Declaration] {
        let bound = 1 / Float(inputs).squareRoot()
        return [
            Declaration("\(name).weight", shape: [units, inputs], initializer: .uniform(-bound, bound)),
            Declaration("\(name).bias", shape: [units], initializer: .uniform(-bound, bound)),
        ]
    }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal {
        let lengths = input.partialLengths
        // Images are large, so the operation that scales them clears what lies past a row's length as it goes.
        let x = input.values.rank == 4 ? input.values : input.clearingPadding().values
        let means = globalAveragePooling(x, lengths: lengths)
        let hidden = relu(linear(means, weight: context.parameter("fc1.weight"), bias: context.parameter("fc1.bias")))
        let gates = sigmoid(
            linear(hidden, weight: context.parameter("fc2.weight"), bias: context.parameter("fc2.bias")))
        let y =
            x.rank == 4
            ? scalingChannels(x, by: gates, lengths: lengths) : x * gates.expandingDimension(at: 1)
        return Signal(y, lengths: input.lengths, timeAxis: input.timeAxis)
    }
}
