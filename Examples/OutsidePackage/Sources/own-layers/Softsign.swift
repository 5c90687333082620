// SPDX-License-Identifier: Apache-2.0

import SERCore

/// x / (1 + |x|), with its derivative (1 - |y|)^2 written by hand.
struct Softsign: UnaryLayer {
    static let kind = "softsign"

    func outputShape(for input: Shape) -> Shape { input }

    func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor {
        differentiable([x], name: Self.kind) { inputs in
            inputs[0] / (abs(inputs[0]) + 1)
        } pullback: { upstream, _, y in
            [upstream * square(1 - abs(y))]
        }
    }
}
