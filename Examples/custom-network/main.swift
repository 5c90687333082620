// SPDX-License-Identifier: Apache-2.0
// Composes a network, looks at it, and takes three training steps by hand: swift run -c release custom-network
import SERCore
import SERModels

var model = try Model(input: [.time, 40], seed: 1) {
    Conv1D(64, kernel: 5, padding: .same)
    BatchNorm()
    ReLU()
    LSTM(64, bidirectional: .concatenate)
    Dropout(0.2)
    Dense(7)
}
print(model.summary())

// A made-up batch: 8 clips of up to 50 frames, with the number of frames of each.
let key = RandomKey(seed: 7)
let clips = Tensor.normal([8, 50, 40], key: key)
let lengths = [50, 41, 33, 50, 12, 28, 45, 39]
let labels = [0, 1, 2, 3, 4, 5, 6, 0]
var optimizer = try Optimizer(.adam(learningRate: 0.01), for: model.parameters)
for step in 1...3 {
    let (loss, state, gradients) = valueAndGradient(at: model.parameters) { parameters in
        let (output, state) = model.run(
            clips, lengths: lengths, parameters: parameters, mode: .training(key.derived(step)))
        return (crossEntropy(logits: output.values, labels: labels), state)
    }
    model.state = state
    optimizer.update(&model.parameters, with: gradients)
    print("step \(step): loss \(loss.item)")
}
