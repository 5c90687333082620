// SPDX-License-Identifier: Apache-2.0

import SERCore

/// PyTorch's GRU as a cell of a user's own; the parameters are the built-in layer's.
struct GRUCell: RecurrentCell {
    static let kind = "ownGRU"
    var units: Int

    func parameters(inputs: Int) -> [Declaration] { pytorchParameters(gates: 3, units: units, inputs: inputs) }

    func prepare(_ x: Tensor, parameters p: CellParameters) -> Tensor {
        linear(x, weight: p["weight_ih"], bias: p["bias_ih"])
    }

    func step(_ x: Tensor, state: [Tensor], parameters p: CellParameters) -> [Tensor] {
        let h = state[0]
        let s = linear(h, weight: p["weight_hh"], bias: p["bias_hh"])
        func part(_ t: Tensor, _ i: Int) -> Tensor { t.slice(axis: 1, units * i..<units * (i + 1)) }
        let reset = sigmoid(part(x, 0) + part(s, 0)), update = sigmoid(part(x, 1) + part(s, 1))
        let new = tanh(part(x, 2) + reset * part(s, 2))
        return [new + update * (h - new)]
    }
}

/// PyTorch's LSTM as a cell of a user's own, which carries two tensors and prepares nothing.
struct LSTMCell: RecurrentCell {
    static let kind = "ownLSTM"
    var units: Int
    var stateSizes: [Int] { [units, units] }

    func parameters(inputs: Int) -> [Declaration] { pytorchParameters(gates: 4, units: units, inputs: inputs) }

    func step(_ x: Tensor, state: [Tensor], parameters p: CellParameters) -> [Tensor] {
        let sum =
            linear(x, weight: p["weight_ih"], bias: p["bias_ih"])
            + linear(state[0], weight: p["weight_hh"], bias: p["bias_hh"])
        func part(_ i: Int) -> Tensor { sum.slice(axis: 1, units * i..<units * (i + 1)) }
        let cell = sigmoid(part(1)) * state[1] + sigmoid(part(0)) * tanh(part(2))
        return [sigmoid(part(3)) * tanh(cell), cell]
    }
}

/// A gated unit with one gate (Zhou et al., 2016).
struct MinimalGatedUnit: RecurrentCell {
    static let kind = "minimalGatedUnit"
    var units: Int

    func parameters(inputs: Int) -> [Declaration] {
        [
            Declaration("weight_ih", shape: [2 * units, inputs], initializer: .glorotUniform),
            Declaration("bias_ih", shape: [2 * units], initializer: .zeros),
            Declaration("weight_fh", shape: [units, units], initializer: .orthogonal()),
            Declaration("weight_hh", shape: [units, units], initializer: .orthogonal()),
        ]
    }

    func prepare(_ x: Tensor, parameters p: CellParameters) -> Tensor {
        linear(x, weight: p["weight_ih"], bias: p["bias_ih"])
    }

    func step(_ x: Tensor, state: [Tensor], parameters p: CellParameters) -> [Tensor] {
        let h = state[0]
        let forget = sigmoid(x.slice(axis: 1, 0..<units) + linear(h, weight: p["weight_fh"]))
        let candidate = tanh(x.slice(axis: 1, units..<(2 * units)) + linear(forget * h, weight: p["weight_hh"]))
        return [h + forget * (candidate - h)]
    }
}

private func pytorchParameters(gates: Int, units: Int, inputs: Int) -> [Declaration] {
    let bound = 1 / Float(units).squareRoot()
    let shapes = [
        ("weight_ih", [gates * units, inputs]), ("weight_hh", [gates * units, units]), ("bias_ih", [gates * units]),
        ("bias_hh", [gates * units]),
    ]
    return shapes.map { Declaration($0, shape: $1, initializer: .uniform(-bound, bound)) }
}

extension Recurrent {
    /// With the built-in layers' way to say in which direction they read.
    init(
        _ cell: Cell, layers: Int, _ merge: BidirectionalMerge?, dropout: Float = 0, output: RecurrentOutput = .lastStep
    ) {
        self.init(
            cell, layers: layers, direction: merge.map { .both(merge: $0) } ?? .forward, dropout: dropout,
            output: output)
    }
}
