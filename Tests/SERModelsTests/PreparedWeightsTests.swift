// SPDX-License-Identifier: Apache-2.0

import SERCore
import SERModels
import Testing

/// Weights that a model keeps packed for inference are those of the layer that asks for them.
@Suite struct PreparedWeightsTests {
    /// Training packs anew at each step and nothing in these networks differs between the modes.
    @Test func bothWaysOfAWrapperKeepTheirOwn() throws {
        let layers: [any Layer] = [
            Bidirectional(GRU(8)), Bidirectional(LSTM(8, layers: 2)), Bidirectional(RNN(8, output: .allSteps)),
            Bidirectional(Conv1D(8, kernel: 3)),
        ]
        for layer in layers {
            let model = try Model(input: [.time, 5], seed: 2) { layer }
            let x = Tensor.normal([3, 7, 5], key: RandomKey(seed: 1))
            let trained = model.run(x, lengths: [7, 4, 5], mode: .training(RandomKey(seed: 3))).output.values.scalars
            let first = model(x, lengths: [7, 4, 5]).scalars
            for (a, b) in zip(first, trained) { #expect(abs(a - b) < 1e-5, "\(layer)") }
            #expect(model(x, lengths: [7, 4, 5]).scalars == first)
        }
    }
}
