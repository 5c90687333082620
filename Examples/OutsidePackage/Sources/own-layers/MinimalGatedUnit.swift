// SPDX-License-Identifier: Apache-2.0

import SERCore

/// A recurrent cell with one gate f: h' = (1 - f) h + f tanh(W x + U (f h)) (Zhou et al., 2016).
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
