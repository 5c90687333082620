// SPDX-License-Identifier: Apache-2.0

import SERCore

/// A dense layer whose outputs pass a gate of their own: (W x + b) sigmoid(V x + c) (Dauphin et al., 2017).
struct GatedDense: UnaryLayer {
    static let kind = "gatedDense"
    var units: Int

    func outputShape(for input: Shape) throws(ShapeError) -> Shape {
        guard units > 0, input.last?.length != nil else {
            throw ShapeError(
                layer: Self.kind, expected: "a known number of features, and at least 1 unit",
                got: "\(input), \(units) units", hint: "Pool over time first, or move the features to the last axis.")
        }
        return Shape(input.dimensions.dropLast() + [.fixed(units)])
    }

    func parameters(for input: Shape) -> [Declaration] {
        [
            Declaration("weight", shape: [2 * units, input.last?.length ?? 1], initializer: .glorotUniform),
            Declaration("bias", shape: [2 * units], initializer: .zeros),
        ]
    }

    func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor {
        let both = linear(x, weight: context.parameter("weight"), bias: context.parameter("bias"))
        return both.slice(axis: -1, 0..<units) * sigmoid(both.slice(axis: -1, units..<(2 * units)))
    }
}
