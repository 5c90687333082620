// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERModels
import Testing

/// Layers that the executor computes together give what they give one by one: a dropout of rate 0 keeps them apart.
@Suite struct ConvolutionChainTests {
    private struct Result {
        var value: Float
        var logits: [Float]
        var gradients: [Float]
        var state: [Float]
    }

    private func step(_ model: Model, _ x: Tensor, lengths: [Int]?, mode: Mode) -> Result {
        let labels = [0, 2, 1]
        let (value, rest, gradient) = valueAndGradient(at: model.parameters) { p in
            let (output, state) = model.run(x, lengths: lengths, parameters: p, mode: mode)
            return (crossEntropy(logits: output.values, labels: labels), (output.values.detached, state))
        }
        return Result(
            value: value.item, logits: rest.0.scalars, gradients: gradient.tensors.flatMap(\.scalars),
            state: rest.1.tensors.flatMap(\.scalars))
    }

    private func expectSame(_ a: [Float], _ b: [Float], _ what: String) {
        #expect(a.count == b.count, "\(what)")
        let most = b.reduce(0) { max($0, abs($1)) }
        let worst = zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(worst <= 1e-4 * most, "\(what): off by \(worst) of \(most)")
    }

    @Test(arguments: [false, true])
    func fusedLayersEqualSeparateOnes(isFrozen: Bool) throws {
        let together = try Model(input: [2, 10, .time], seed: 3) {
            Conv2D(5, kernel: 3, padding: .same); BatchNorm(isFrozen: isFrozen); ReLU(); MaxPool2D(2)
            Conv2D(4, kernel: 3, padding: .same); BatchNorm(); MaxPool2D(2)
            Conv2D(6, kernel: 3, padding: .same, bias: false); BatchNorm(); ReLU()
            GlobalAveragePool()
            Dense(3)
        }
        var apart = try Model(input: [2, 10, .time], seed: 4) {
            Conv2D(5, kernel: 3, padding: .same); Dropout(0); BatchNorm(isFrozen: isFrozen); ReLU(); MaxPool2D(2)
            Conv2D(4, kernel: 3, padding: .same); Dropout(0); BatchNorm(); MaxPool2D(2)
            Conv2D(6, kernel: 3, padding: .same, bias: false); Dropout(0); BatchNorm(); ReLU()
            GlobalAveragePool()
            Dense(3)
        }
        #expect(together.parameters.paths == apart.parameters.paths)
        apart.parameters = together.parameters
        let x = Tensor.normal([3, 2, 10, 17], key: RandomKey(seed: 5))
        for lengths in [nil, [17, 8, 11]] {
            for mode in [Mode.inference, .training(RandomKey(seed: 6))] {
                let (a, b) = (
                    step(together, x, lengths: lengths, mode: mode), step(apart, x, lengths: lengths, mode: mode)
                )
                expectSame(a.logits, b.logits, "logits")
                expectSame(a.gradients, b.gradients, "gradients")
                expectSame(a.state, b.state, "state")
                #expect(abs(a.value - b.value) < 1e-5)
            }
        }
    }
}
