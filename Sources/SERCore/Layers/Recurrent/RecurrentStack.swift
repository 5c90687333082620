// SPDX-License-Identifier: Apache-2.0

import CSERKernels

/// How the two directions of a bidirectional recurrent layer become one result.
public enum BidirectionalMerge: String, Sendable, Hashable, Codable {
    /// Forward and backward states side by side: twice the units.
    case concatenate
    /// The sum of the two.
    case sum
    /// The mean of the two.
    case mean
}

/// What a recurrent layer hands on.
public enum RecurrentOutput: String, Sendable, Hashable, Codable {
    /// The state after each row's last valid step: `[units]`. Of a bidirectional layer, the state each direction ends
    /// in.
    case lastStep
    /// The states after all steps: `[time, units]`, zeros past a row's length.
    case allSteps
}

/// A recurrent layer that is computed as one stack: LSTM, GRU and RNN.
protocol StackedRecurrent: UnaryLayer {
    /// The layer's settings with its equations.
    var stack: RecurrentStack { get }
}

extension StackedRecurrent {
    public func outputShape(for input: Shape) throws(ShapeError) -> Shape { try stack.outputShape(for: input) }

    public func parameters(for input: Shape) -> [Declaration] { stack.parameters(for: input) }

    public func callAsFunction(_ input: Signal, in context: inout Context) -> Signal { stack.run(input, in: &context) }
}

/// What LSTM, GRU and RNN have in common: layers stacked over each other, one or two directions, PyTorch's parameter
/// names (`weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, with `_reverse` for the backward direction) and
/// PyTorch's beginnings, U(-1/sqrt(units), 1/sqrt(units)).
struct RecurrentStack {
    let layer: String
    let cell: RecurrentEquations
    let units: Int
    let layers: Int
    let bidirectional: BidirectionalMerge?
    let dropout: Float
    let output: RecurrentOutput

    /// Features that one layer hands to the next.
    private var width: Int { bidirectional == .concatenate ? 2 * units : units }

    private var directions: [String] { bidirectional == nil ? [""] : ["", "_reverse"] }

    func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        guard (1...1 << 20).contains(units), (1...1024).contains(layers) else {
            throw ShapeError(
                layer: layer, expected: "1 to \(1 << 20) units and 1 to 1024 layers",
                got: "\(units) units, \(layers) layers", hint: "Ask for as many as the network needs.")
        }
        try DropoutRules.check(layer, dropout)
        guard input.rank == 2, input.last?.length != nil else {
            throw ShapeError(
                layer: layer, expected: "[time, features] with a known number of features", got: "\(input)",
                hint: "Reshape or permute first, or ask the recurrent layer before for output: .allSteps.")
        }
        return output == .allSteps ? [input[0], .fixed(width)] : [.fixed(width)]
    }

    func parameters(for input: Shape) -> [Declaration] {
        guard let features = input.last?.length else { return [] }
        let bound = 1 / Float(units).squareRoot()
        let rows = cell.gates * units
        return (0..<layers).flatMap { index in
            directions.flatMap { direction in
                [
                    ("weight_ih", [rows, index == 0 ? features : width]), ("weight_hh", [rows, units]),
                    ("bias_ih", [rows]), ("bias_hh", [rows]),
                ].map { name, shape in
                    Declaration("\(name)_l\(index)\(direction)", shape: shape, initializer: .uniform(-bound, bound))
                }
            }
        }
    }

    func run(_ input: Signal, in context: inout Context) -> Signal {
        let lengths = input.partialLengths
        var values = input.values
        for index in 0..<layers {
            if index > 0 { values = dropped(values, in: &context) }
            let isLast = index == layers - 1
            values = merged(
                recurrent(
                    values, lengths: lengths, cell: cell, weights: weights(index, "", in: context),
                    reverseWeights: bidirectional == nil ? nil : weights(index, "_reverse", in: context),
                    allSteps: !isLast || output == .allSteps))
        }
        return output == .allSteps ? Signal(values, lengths: input.lengths, timeAxis: 1) : Signal(values)
    }

    private func weights(_ index: Int, _ direction: String, in context: Context) -> RecurrentWeights {
        let suffix = "_l\(index)\(direction)"
        var weights = RecurrentWeights(
            inputWeight: context.parameter("weight_ih" + suffix), stateWeight: context.parameter("weight_hh" + suffix),
            inputBias: context.parameter("bias_ih" + suffix), stateBias: context.parameter("bias_hh" + suffix))
        weights.packed = context.prepared("packed" + suffix, count: weights.packedCount(cell)) {
            weights.pack(cell, into: $0)
        }
        return weights
    }

    private func merged(_ values: Tensor) -> Tensor {
        guard let bidirectional, bidirectional != .concatenate else { return values }
        let pairs = values.reshaped(values.shape.dropLast() + [2, units])
        return bidirectional == .sum ? pairs.sum(axes: [-2]) : pairs.mean(axes: [-2])
    }

    /// Inverted dropout between layers, in training.
    private func dropped(_ values: Tensor, in context: inout Context) -> Tensor {
        guard dropout > 0, let key = context.randomKey() else { return values }
        let mask = Tensor(shape: values.shape) {
            ser_random_dropout_mask($0, Int64(values.count), key.bits, dropout)
        }
        return values * mask
    }
}
