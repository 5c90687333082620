// SPDX-License-Identifier: Apache-2.0

import SERCore

/// The first input, weighed by the second squashed to 0 to 1: a merging layer of a user's own.
struct Gate: Layer {
    static let kind = "gate"
    func outputShape(for inputs: [Shape]) throws(ShapeError) -> Shape {
        guard inputs.count == 2, inputs[0] == inputs[1] else {
            throw ShapeError(
                layer: Self.kind, expected: "two inputs of one shape", got: "\(inputs)",
                hint: "Give it a value and a gate.")
        }
        return inputs[0]
    }
    func callAsFunction(_ inputs: [Signal], in context: inout Context) -> Signal {
        var output = inputs[0]
        output.values = inputs[0].values * sigmoid(inputs[1].values)
        return output
    }
}
