// SPDX-License-Identifier: Apache-2.0
// A layer of one's own: it composes, differentiates and is checked like the library's: swift run -c release custom-layer
import SERCore
import SERModels

/// Swish with a slope that is learned for each feature: y = x sigmoid(a x) (Ramachandran et al., 2017).
struct LearnedSwish: UnaryLayer {
    static let kind = "learnedSwish"

    func outputShape(for input: Shape) -> Shape { input }

    func parameters(for input: Shape) -> [Declaration] {
        [Declaration("slope", shape: [input.last?.length ?? 1], initializer: .ones)]
    }

    func callAsFunction(_ x: Tensor, in context: inout Context) -> Tensor {
        x * sigmoid(x * context.parameter("slope"))
    }
}

let model = try Model(input: [12], seed: 1) {
    Dense(16)
    LearnedSwish()
    Dense(3)
}
print(model.summary())

let clips = Tensor.normal([5, 12], key: RandomKey(seed: 2))
let report = try checkGradients(at: model.parameters) { parameters in
    model.run(clips, parameters: parameters, mode: .inference).output.values
}
print("gradients agree with central differences: \(report)")
